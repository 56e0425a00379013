/**
 * What one side of a comparison says of a metric: a value, and how sure it is. One flight has the
 * interval of its calls; several flights of one side differ by seed, and their spread is the honest
 * one, for calls of one flight wait for one another.
 */
import { intervalOf, differenceInterval, type Interval } from './interval.js';
import { countIntervals } from './result-intervals.js';
import { metricsOf, type FlightResult } from './result.js';

export interface Estimate {
  /** Of several flights the mean; null where one of them has no value. */
  readonly value: number | null;
  readonly interval: Interval | null;
}

export function estimate(results: readonly FlightResult[], metric: string): Estimate {
  const values = valuesOf(results, metric);
  if (values === null) return { value: null, interval: null };
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  const own = (): readonly (Interval | null)[] => results.map((each) => ownInterval(each, metric));
  const interval = results.length > 1 ? ofSeeds(values, own) : own()[0]!;
  return { value, interval };
}

/**
 * The interval of the change from one side to another. Flights of the same seeds had the same calls
 * to place, so they are compared seed by seed: what the seeds have in common drops out.
 */
export function changeInterval(
  from: readonly FlightResult[],
  to: readonly FlightResult[],
  metric: string,
): Interval | null {
  const paired = pairs(from, to);
  if (paired !== null) {
    const [ours, theirs] = [paired.map((pair) => pair[0]), paired.map((pair) => pair[1])];
    const [before, after] = [valuesOf(ours, metric), valuesOf(theirs, metric)];
    if (before === null || after === null) return null;
    const changes = after.map((value, i) => value - before[i]!);
    return ofSeeds(changes, () => paired.map(([a, b]) => changeInterval([a], [b], metric)));
  }
  const [a, b] = [estimate(from, metric), estimate(to, metric)];
  if (a.value === null || a.interval === null) return null;
  if (b.value === null || b.interval === null) return null;
  return differenceInterval(
    { value: a.value, interval: a.interval },
    { value: b.value, interval: b.interval },
  );
}

type Pair = readonly [FlightResult, FlightResult];

/** Flights with the same seed, where both sides flew the same two or more seeds of one scenario. */
export function pairs(
  from: readonly FlightResult[],
  to: readonly FlightResult[],
): readonly Pair[] | null {
  if (from.length < 2 || from.length !== to.length) return null;
  const bySeed = new Map(to.map((result) => [result.seed, result]));
  const found = from.flatMap((result): readonly Pair[] => {
    const other = bySeed.get(result.seed);
    return other?.scenario === result.scenario ? [[result, other]] : [];
  });
  return bySeed.size === to.length && found.length === from.length ? found : null;
}

function valuesOf(results: readonly FlightResult[], metric: string): readonly number[] | null {
  const values = results.map((result) => metricsOf(result)[metric] ?? null);
  return values.length === 0 || values.includes(null) ? null : (values as readonly number[]);
}

/** Differences of shares are off by what a double cannot hold. */
const EQUAL = 1e-9;

/**
 * Student's interval. Values that are all the same, such as one failed call in each of two flights,
 * would have one of no width, which is more than they tell: then what each says of itself counts.
 */
function ofSeeds(
  values: readonly number[],
  own: () => readonly (Interval | null)[],
): Interval | null {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (most - least > EQUAL * Math.max(Math.abs(least), Math.abs(most))) return intervalOf(values);
  const known = own().filter((interval) => interval !== null);
  if (known.length < values.length) return null;
  const mean = (end: 0 | 1): number =>
    known.reduce((sum, interval) => sum + interval[end], 0) / known.length;
  return [mean(0), mean(1)];
}

function ownInterval(result: FlightResult, metric: string): Interval | null {
  const counted = countIntervals(result.calls, result.goodputPerSec);
  const known: Readonly<Record<string, Interval | null>> = { ...counted, ...result.intervals };
  return known[metric] ?? null;
}
