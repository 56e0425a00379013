/** `windtunnel run`: flies scenarios in one of the two worlds, prints summaries, writes outputs. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { placerByName } from '../core/index.js';
import { flightResult, renderReport, summarize, type Flight } from '../reports/index.js';
import type { Scenario } from '../sim/index.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutput, readScenario, type Output } from './files.js';
import { exitOf, worst } from './flight.js';
import { flyGrpc } from './fly-grpc.js';
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
  readonly report: string | undefined;
  readonly json: string | undefined;
  readonly record: string | undefined;
}

interface Planned {
  readonly file: string;
  readonly scenario: Scenario;
  readonly placer: string | undefined;
}

export async function run(files: readonly string[], options: RunOptions): Promise<ExitCode> {
  const planned = plan(files, options);
  const toStdout = options.json === '-';
  // With `--json -` stdout is the result's alone; words for people go to stderr then.
  const say = (text: string): void => void (toStdout ? process.stderr : process.stdout).write(text);
  const interrupt = createInterrupt();
  const outputs = openOutputs(options, files);
  // However the program ends, what it has not finished leaves no trace.
  process.once('exit', outputs.discard);
  try {
    const flights: Flight[] = [];
    for (const { file, scenario, placer } of planned) {
      const { on, sets } = options;
      const seed = options.seed ?? scenario.seed;
      const { runners, dialect } = options;
      const header = headerOf(scenario, { file, on, seed, placer, sets, runners, dialect });
      say(`${scenario.name} on ${on}, seed ${seed}: ${header.words.join('; ')}\n`);
      const flight =
        on === 'sim'
          ? await flySim(scenario, header, outputs.record, interrupt)
          : await flyGrpc(scenario, header, outputs.record, interrupt, options, say);
      say(summarize(flight));
      flights.push(flight);
    }
    interrupt.check();
    writeAll(flights, options, outputs, say);
    const code = worst(flights.map(exitOf));
    const failed = flights.find((flight) => exitOf(flight) === code && code !== EXIT.fine);
    if (failed !== undefined) say(`replay: ${failed.header.replay}\n`);
    return code;
  } finally {
    outputs.discard();
    process.off('exit', outputs.discard);
  }
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

interface Outputs {
  readonly report: Output | undefined;
  readonly json: Output | undefined;
  readonly record: Output | undefined;
  /** Leaves no trace of those that are not committed. */
  readonly discard: () => void;
}

function openOutputs(options: RunOptions, inputs: readonly string[]): Outputs {
  const opened: Output[] = [];
  const named = [options.report, options.json, options.record]
    .filter((file) => file !== undefined && file !== '-')
    .map((file) => placeOf(file as string));
  const twice = named.find((file, index) => named.indexOf(file) !== index);
  if (twice !== undefined) throw new CliError([`${twice}: two outputs have the same file`]);
  const input = inputs.find((file) => named.includes(placeOf(file)));
  if (input !== undefined) throw new CliError([`${input}: an output would replace the scenario`]);
  const open = (file: string | undefined, option: string): Output | undefined => {
    if (file === undefined || (file === '-' && option === '--json')) return undefined;
    if (file === '-') throw new CliError([`${option} -: only --json can go to stdout`]);
    const output = createOutput(file, option);
    opened.push(output);
    return output;
  };
  // The last first: a folder that was made for several goes with the one it was made for.
  const discard = (): void => {
    for (const output of [...opened].reverse()) output.discard();
  };
  try {
    return {
      discard,
      report: open(options.report, '--report'),
      json: open(options.json, '--json'),
      record: open(options.record, '--record'),
    };
  } catch (error) {
    discard();
    throw error;
  }
}

function writeAll(
  flights: readonly Flight[],
  options: RunOptions,
  outputs: Outputs,
  say: (text: string) => void,
): void {
  const results = flights.map((flight) => flightResult.parse(flight.result));
  const json = `${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`;
  outputs.json?.write(json);
  outputs.report?.write(renderReport(flights));
  outputs.record?.commit();
  outputs.json?.commit();
  outputs.report?.commit();
  if (options.report !== undefined) say(`report: ${options.report}\n`);
  if (options.json === '-') process.stdout.write(json);
}
