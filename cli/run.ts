/** `windtunnel run`: flies scenarios in one of the two worlds, prints summaries, writes outputs. */
import { placerByName } from '../core/index.js';
import { createCallTrace, summarize, type Flight } from '../reports/index.js';
import type { Scenario } from '../sim/index.js';
import type { Assets } from './assets.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutputs, readScenario } from './files.js';
import { exitOf, worst } from './flight.js';
import {
  openFile,
  openFlightFiles,
  refuseSameFile,
  renderJson,
  type FlightFiles,
} from './flight-files.js';
import { flySim } from './fly-sim.js';
import { headerOf } from './header.js';
import { createInterrupt } from './interrupt.js';

export interface RunOptions {
  readonly on: 'sim' | 'grpc';
  readonly runners: readonly string[];
  readonly dialect: 's' | 'head';
  readonly seed: number | undefined;
  readonly placers: readonly string[];
  readonly sets: readonly string[];
  readonly record: string | undefined;
  readonly trace: string | undefined;
  /** Calls of a flight that the trace follows. */
  readonly traceCalls: number;
  readonly files: FlightFiles;
  readonly assets: Assets;
}

interface Planned {
  readonly file: string;
  readonly scenario: Scenario;
  readonly placer: string | undefined;
}

export async function run(files: readonly string[], options: RunOptions): Promise<ExitCode> {
  const planned = plan(files, options);
  const { files: wanted } = options;
  const toStdout = wanted.json === '-';
  // With `--json -` stdout is the result's alone; words for people go to stderr then.
  const say = (text: string): void => void (toStdout ? process.stderr : process.stdout).write(text);
  const interrupt = createInterrupt();
  const outputs = createOutputs();
  try {
    const places = Object.values(wanted) as (string | undefined)[];
    refuseSameFile([...places, options.record, options.trace], files, 'scenario');
    const opened = openFlightFiles(outputs, wanted, {}, options.assets);
    const record = openFile(outputs, options.record, '--record');
    const traced = openFile(outputs, options.trace, '--trace');
    const trace = traced && createCallTrace((text) => traced.write(text), options.traceCalls);
    const listeners = { record, report: wanted.report, trace };
    const flights: Flight[] = [];
    for (const { file, scenario, placer } of planned) {
      const { on, sets } = options;
      const seed = options.seed ?? scenario.seed;
      const { runners, dialect } = options;
      const header = headerOf(scenario, { file, on, seed, placer, sets, runners, dialect });
      say(`${scenario.name} on ${on}, seed ${seed}: ${header.words.join('; ')}\n`);
      const flight =
        on === 'sim'
          ? await flySim(scenario, header, listeners, interrupt)
          : await (
              await import('./fly-grpc.js')
            ).flyGrpc(scenario, header, listeners, interrupt, options, say);
      say(summarize(flight));
      flights.push(flight);
    }
    interrupt.check();
    trace?.close();
    opened.write(flights);
    record?.commit();
    traced?.commit();
    opened.commit();
    if (wanted.report !== undefined) say(`report: ${wanted.report}\n`);
    if (toStdout) process.stdout.write(renderJson(flights));
    const code = worst(flights.map(exitOf));
    const failed = flights.find((flight) => exitOf(flight) === code && code !== EXIT.fine);
    if (failed !== undefined) say(`replay: ${failed.header.replay}\n`);
    return code;
  } finally {
    outputs.close();
  }
}

/** All scenarios are read before the first flies: bad input costs nothing. */
function plan(files: readonly string[], options: RunOptions): Planned[] {
  const known = Object.keys(placerByName);
  for (const placer of options.placers) {
    if (known.includes(placer)) continue;
    throw new CliError([`--placer ${placer}: unknown placer, known: ${known.join(', ')}`]);
  }
  if (options.on === 'sim' && options.runners.length > 0) {
    throw new CliError(['--runners: needs --on grpc']);
  }
  const placers = options.placers.length > 0 ? options.placers : [undefined];
  return files.flatMap((file) =>
    placers.map((placer) => {
      const sets = placer === undefined ? [] : [`placement.placer=${placer}`];
      return { file, placer, scenario: readScenario(file, [...options.sets, ...sets]) };
    }),
  );
}
