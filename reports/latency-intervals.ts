/**
 * How sure the latencies of a flight are: intervals of their mean and of their quantiles, read off
 * the histogram. `together` is by how much calls that wait for one another count for less than as
 * many independent ones (`together.ts`): 1 takes them for independent, and Infinity for one.
 */
import { meanInterval, quantileRanks, type Interval } from './interval.js';
import type { CurvePoint, Latencies } from './latency.js';

/** Intervals in µs of the quantiles with these shares of calls above them, in any order. */
export function quantileIntervals(
  latencies: Latencies,
  tails: readonly number[],
  together = 1,
): readonly (Interval | null)[] {
  const ranks = tails.map((tail) => ranksOf(latencies.count, tail, together));
  const known = ranks.filter((pair) => pair !== null);
  const low = valuesAt(latencies, new Set(known.map((pair) => pair[0])), 'low');
  const high = valuesAt(latencies, new Set(known.map((pair) => pair[1])), 'high');
  return ranks.map((pair) => (pair === null ? null : [low(pair[0]), high(pair[1])]));
}

/** Intervals of the points of the curve. */
export function curveIntervals(
  latencies: Latencies,
  curve: readonly CurvePoint[],
  together = 1,
): readonly (Interval | null)[] {
  const tails = curve.map(([x]) => 1 / x);
  return quantileIntervals(latencies, tails, together);
}

/** As of fewer calls, at the same shares of all. */
function ranksOf(n: number, tail: number, together: number): Interval | null {
  const few = Math.floor(n / together);
  const ranks = quantileRanks(few, tail);
  if (ranks === null || few === n) return ranks;
  return [Math.floor(((ranks[0] - 1) / few) * n) + 1, Math.ceil((ranks[1] / few) * n)];
}

/** The sum of squares of the distances from the mean; buckets put it off by at most 0.1 %. */
export function squaresOf(latencies: Latencies): number {
  const mean = latencies.mean ?? 0;
  let squares = 0;
  latencies.forEach((us, count) => (squares += count * (us - mean) * (us - mean)));
  return squares;
}

/** Student's, in µs. */
export function latencyMeanInterval(latencies: Latencies, together = 1): Interval | null {
  const { mean, min, max, count } = latencies;
  if (mean === null || min === null || max === null) return null;
  const around = meanInterval(mean, squaresOf(latencies) / together, count / together);
  return around && [Math.max(min, around[0]), Math.min(max, around[1])];
}

/** Values at ranks in one walk over the buckets, rounded outward but not beyond the data. */
function valuesAt(
  { buckets, min, max }: Latencies,
  ranks: ReadonlySet<number>,
  end: 'low' | 'high',
): (rank: number) => number {
  const values = new Map<number, number>();
  const ascending = [...ranks].sort((a, b) => a - b);
  let seen = 0;
  for (let i = 0, next = 0; i < buckets.countsArrayLength && next < ascending.length; i++) {
    seen += buckets.getCountAtIndex(i);
    for (; next < ascending.length && ascending[next]! <= seen; next++) {
      const from = buckets.valueFromIndex(i);
      const to = buckets.highestEquivalentValue(from);
      values.set(
        ascending[next]!,
        end === 'low' ? Math.max(from, min ?? 0) : Math.min(to, max ?? to),
      );
    }
  }
  return (rank) => values.get(rank) ?? 0;
}
