/** `windtunnel report`: makes of records what `run` makes of flights. It judges nothing. */
import { createCallTrace, type Flight } from '../reports/index.js';
import type { Assets } from './assets.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutputs } from './files.js';
import {
  openFile,
  openFlightFiles,
  refuseSameFile,
  renderJson,
  type FlightFiles,
} from './flight-files.js';
import { readRecords } from './records.js';

/** A page of more flights is one that nobody reads. */
const FLIGHTS_MAX = 64;

export interface ReportOptions {
  readonly files: FlightFiles;
  readonly trace: string | undefined;
  /** Calls of a flight that the trace follows. */
  readonly traceCalls: number;
  readonly assets: Assets;
}

export function report(records: readonly string[], options: ReportOptions): ExitCode {
  const { files, assets } = options;
  const given = [...(Object.values(files) as (string | undefined)[]), options.trace];
  const wanted = given.filter((file) => file !== undefined);
  if (wanted.length === 0) {
    throw new CliError(['--out FILE.html, or another output, is needed: there is nothing to make']);
  }
  refuseSameFile(wanted, records, 'record');
  const outputs = createOutputs();
  try {
    const opened = openFlightFiles(outputs, files, { report: '--out' }, assets);
    const traced = openFile(outputs, options.trace, '--trace');
    const trace = traced && createCallTrace((text) => traced.write(text), options.traceCalls);
    const flights: Flight[] = [];
    for (const record of records) {
      flights.push(...readRecords(record, trace));
      if (flights.length > FLIGHTS_MAX) {
        throw new CliError([
          `${record}: more than ${FLIGHTS_MAX} flights are too many for one page`,
        ]);
      }
    }
    trace?.close();
    opened.write(flights);
    traced?.commit();
    opened.commit();
    if (files.json === '-') process.stdout.write(renderJson(flights));
    else process.stdout.write(`${wanted.join('\n')}\n`);
    return EXIT.fine;
  } finally {
    outputs.close();
  }
}
