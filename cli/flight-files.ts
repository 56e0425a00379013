/**
 * The files that a command makes of flights: opened before anything flies or is read, so that a bad
 * place is known at once, and put in place together at the end. It knows no format itself.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  flightResult,
  renderHdrLog,
  renderJunit,
  renderMarkdown,
  renderPercentilesCsv,
  renderReport,
  type Flight,
  type PageOptions,
} from '../reports/index.js';
import { openLibrary, type Assets } from './assets.js';
import { CliError } from './exit.js';
import type { Output, Outputs } from './files.js';

/** Where each goes; only JSON may be `-`, which is stdout. */
export interface FlightFiles {
  readonly report?: string | undefined;
  readonly json?: string | undefined;
  readonly csv?: string | undefined;
  readonly hdr?: string | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
}

type Format = keyof FlightFiles;

type Render = (flights: readonly Flight[], page: PageOptions) => string;

const FORMATS: Readonly<Record<Format, Render>> = {
  json: renderJson,
  report: renderReport,
  csv: renderPercentilesCsv,
  hdr: renderHdrLog,
  junit: renderJunit,
  markdown: renderMarkdown,
};

export interface OpenFiles {
  write(flights: readonly Flight[]): void;
  commit(): void;
}

/**
 * @param names What the option of a format is called, where it is not the format's own name.
 */
export function openFlightFiles(
  outputs: Outputs,
  files: FlightFiles,
  names: Partial<Record<Format, string>> = {},
  assets: Assets = 'inline',
): OpenFiles {
  const opened: { format: Format; output: Output }[] = [];
  for (const format of Object.keys(FORMATS) as Format[]) {
    const file = files[format];
    const option = names[format] ?? `--${format}`;
    if (file === '-' && format === 'json') continue;
    const output = openFile(outputs, file, option);
    if (output !== undefined) opened.push({ format, output });
  }
  const library = openLibrary(outputs, assets, files.report);
  return {
    write(flights) {
      for (const { format, output } of opened) {
        output.write(FORMATS[format](flights, library?.page ?? {}));
      }
    },
    commit() {
      library?.commit();
      for (const { output } of opened) output.commit();
    },
  };
}

/** Nothing for an option that was not given. */
export function openFile(
  outputs: Outputs,
  file: string | undefined,
  option: string,
): Output | undefined {
  if (file === '-') throw new CliError([`${option} -: only --json can go to stdout`]);
  return file === undefined ? undefined : outputs.open(file, option);
}

export function renderJson(flights: readonly Flight[]): string {
  const results = flights.map((flight) => flightResult.parse(flight.result));
  return `${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`;
}

/** No two outputs are one file, and none is a file that is read. */
export function refuseSameFile(
  outputs: readonly (string | undefined)[],
  inputs: readonly string[],
  what: string,
): void {
  const named = outputs
    .filter((file) => file !== undefined && file !== '-')
    .map((file) => placeOf(file as string));
  const twice = named.find((file, index) => named.indexOf(file) !== index);
  if (twice !== undefined) throw new CliError([`${twice}: two outputs have the same file`]);
  const input = inputs.find((file) => named.includes(placeOf(file)));
  if (input !== undefined) throw new CliError([`${input}: an output would replace the ${what}`]);
}

/** Where the working directory is gone there is no absolute path: opening it will say so. */
function absolute(file: string): string {
  try {
    return resolve(file);
  } catch {
    return file;
  }
}

/** One place, however it is spelled or linked. */
function placeOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return absolute(file);
  }
}
