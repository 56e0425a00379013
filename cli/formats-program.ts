/** The options of all that is made of flights, and the command that makes it of records. */
import { Command, Option } from 'commander';
import { callCount } from './arguments.js';
import type { Assets } from './assets.js';
import type { ExitCode } from './exit.js';
import type { FlightFiles } from './flight-files.js';

export const assetsOption = (): Option =>
  new Option('--assets <how>', 'the chart library: in each report, or a file beside all of them')
    .choices(['inline', 'shared'])
    .default('inline');

/** What `run` and `report` write beside the page. */
export const withFormats = (command: Command): Command =>
  command
    .option('--json <file>', 'write the result as JSON; - is stdout')
    .option('--csv <file.csv>', 'write the percentiles as a table')
    .option('--hdr <file.hlog>', 'write the latencies as an HDR histogram log')
    .option('--junit <file.xml>', 'write the verdict as JUnit test cases')
    .option('--markdown <file.md>', 'write a summary for a pull request')
    .option('--trace <file.json>', 'write the first calls as a trace for Perfetto')
    .addOption(
      new Option('--trace-calls <n>', 'calls of a flight that the trace follows')
        .argParser(callCount)
        .default(10_000),
    )
    .addOption(assetsOption());

export const formatsOf = ({ json, csv, hdr, junit, markdown }: FlightFiles): FlightFiles => {
  return { json, csv, hdr, junit, markdown };
};

interface ReportFlags extends FlightFiles {
  readonly out?: string;
  readonly trace?: string;
  readonly traceCalls: number;
  readonly assets: Assets;
}

export const reportCommand = (done: (code: ExitCode) => void): Command =>
  withFormats(new Command('report'))
    .description('make a report, or other files, of records')
    .argument('<record...>', 'files that run --record wrote')
    .option('--out <file.html>', 'the report')
    .action(async (records: string[], { out, trace, traceCalls, assets, ...rest }: ReportFlags) => {
      const { report } = await import('./report.js');
      const files = { ...formatsOf(rest), report: out };
      done(report(records, { files, trace, traceCalls, assets }));
    });
