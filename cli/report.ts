/** `windtunnel report`: makes of records what `run` makes of flights. It judges nothing. */
import type { Flight } from '../reports/index.js';
import type { Assets } from './assets.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutputs } from './files.js';
import { openFlightFiles, refuseSameFile, renderJson, type FlightFiles } from './flight-files.js';
import { readRecords } from './records.js';

/** A page of more flights is one that nobody reads. */
const FLIGHTS_MAX = 64;

export function report(records: readonly string[], files: FlightFiles, assets: Assets): ExitCode {
  const wanted = Object.values(files).filter((file) => file !== undefined) as string[];
  if (wanted.length === 0) {
    throw new CliError(['--out FILE.html, or another output, is needed: there is nothing to make']);
  }
  refuseSameFile(wanted, records, 'record');
  const outputs = createOutputs();
  try {
    const opened = openFlightFiles(outputs, files, { report: '--out' }, assets);
    const flights: Flight[] = [];
    for (const record of records) {
      flights.push(...readRecords(record));
      if (flights.length > FLIGHTS_MAX) {
        throw new CliError([
          `${record}: more than ${FLIGHTS_MAX} flights are too many for one page`,
        ]);
      }
    }
    opened.write(flights);
    opened.commit();
    if (files.json === '-') process.stdout.write(renderJson(flights));
    else process.stdout.write(`${wanted.join('\n')}\n`);
    return EXIT.fine;
  } finally {
    outputs.close();
  }
}
