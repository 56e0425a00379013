/**
 * What `compare` reads: each file, a record of `run --record` or a result of `run --json`, is one
 * side with the flights of one policy, one for each seed; of several policies it is as many sides.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { flightResult, type Flight, type FlightResult, type Side } from '../reports/index.js';
import { CliError, reason } from './exit.js';
import { readText } from './files.js';
import { readRecords } from './records.js';

/** A result takes some 2 kB, and some 100 B more for each runner. */
const RESULT_MAX_BYTES = 32 * 1024 * 1024;
/** Colours, letters and a table end there. */
const SIDES_MAX = 6;
const FLIGHTS_MAX = 1000;

interface Read {
  readonly result: FlightResult;
  readonly flight: Flight | undefined;
}

export function readSides(files: readonly string[]): readonly Side[] {
  const groups = files.flatMap((file) => {
    const read = isRecord(file)
      ? readRecords(file).map((flight): Read => ({ result: flight.result, flight }))
      : readResults(file).map((result): Read => ({ result, flight: undefined }));
    return groupsOf(file, read).map((flights) => ({ file, flights }));
  });
  if (groups.length < 2) {
    throw new CliError(['nothing to compare with: two files are needed, or two policies in one']);
  }
  if (groups.length > SIDES_MAX) {
    throw new CliError([`${groups.length} sides, at most ${SIDES_MAX} are one comparison`]);
  }
  const several = new Set(groups.map(({ flights }) => flights[0]?.result.placer)).size > 1;
  return groups.map(({ file, flights }, i) => {
    const placer = several ? ` · ${flights[0]?.result.placer ?? ''}` : '';
    const seeds = flights.length > 1 ? ` · ${flights.length} seeds` : '';
    return {
      name: `${String.fromCharCode(65 + i)} · ${basename(file)}${placer}${seeds}`,
      results: flights.map(({ result }) => result),
      flights: flights.flatMap(({ flight }) => (flight === undefined ? [] : [flight])),
    };
  });
}

/** By policy; a mixture of scenarios has no mean that means anything. */
function groupsOf(file: string, flights: readonly Read[]): readonly (readonly Read[])[] {
  if (flights.length === 0) throw new CliError([`${file}: holds no flight`]);
  if (flights.length > FLIGHTS_MAX) {
    throw new CliError([`${file}: ${flights.length} flights, at most ${FLIGHTS_MAX} are a side`]);
  }
  const scenarios = [...new Set(flights.map(({ result }) => result.scenario))];
  if (scenarios.length > 1) {
    throw new CliError([
      `${file}: flights of ${scenarios.slice(0, 3).join(' and ')}: a side is of one scenario`,
    ]);
  }
  const groups = new Map<string, Read[]>();
  const flown = new Set<string>();
  for (const one of flights) {
    const { placer, on, seed, digest } = one.result;
    const key = JSON.stringify([placer, on]);
    // The same flight again would look like a spread of nothing.
    const again = digest !== null && flown.size === flown.add(`${key} ${seed} ${digest}`).size;
    if (again) throw new CliError([`${file}: seed ${seed} of ${placer} is there twice`]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** A record begins with the header of a flight. */
function isRecord(file: string): boolean {
  const bytes = Buffer.alloc(64);
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const length = readSync(handle, bytes, 0, bytes.length, 0);
    return /^\s*\{\s*"kind"/.test(bytes.toString('utf8', 0, length));
  } catch (error) {
    throw new CliError([`${file}: ${reason(error)}`]);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function readResults(file: string): readonly FlightResult[] {
  const text = readText(file, RESULT_MAX_BYTES, 'a result');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError([`${file}: neither a record (run --record) nor a result (run --json)`]);
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each, i) => {
    const parsed = flightResult.safeParse(each);
    if (parsed.success) return addedUp(parsed.data, file);
    const [issue] = parsed.error.issues;
    const path = [...(Array.isArray(value) ? [i] : []), ...(issue?.path ?? [])].join('.');
    const where = path === '' ? file : `${file}: ${path}`;
    throw new CliError([`${where}: no result of run --json, ${issue?.message ?? ''}`]);
  });
}

/** More ok calls than there were would be a share that no interval holds. */
function addedUp(result: FlightResult, file: string): FlightResult {
  const { offered, ...outcomes } = result.calls;
  const ended = Object.values(outcomes).reduce((sum, calls) => sum + calls, 0);
  if (ended === offered) return result;
  throw new CliError([
    `${file}: calls: ${offered} offered, but their outcomes are ${ended} in all`,
  ]);
}
