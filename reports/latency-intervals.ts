/**
 * How sure the latencies of a flight are: intervals of their mean and of their quantiles, read off
 * the histogram. They take the calls for independent draws, which neighbours in a queue are not.
 */
import { meanInterval, quantileRanks, type Interval } from './interval.js';
import type { CurvePoint, Latencies } from './latency.js';

/** Intervals in µs of the quantiles with these shares of calls above them, in any order. */
export function quantileIntervals(
  latencies: Latencies,
  tails: readonly number[],
): readonly (Interval | null)[] {
  const ranks = tails.map((tail) => quantileRanks(latencies.count, tail));
  const known = ranks.filter((pair) => pair !== null);
  const low = valuesAt(latencies, new Set(known.map((pair) => pair[0])), 'low');
  const high = valuesAt(latencies, new Set(known.map((pair) => pair[1])), 'high');
  return ranks.map((pair) => (pair === null ? null : [low(pair[0]), high(pair[1])]));
}

/** Intervals of the points of the curve. */
export function curveIntervals(
  latencies: Latencies,
  curve: readonly CurvePoint[],
): readonly (Interval | null)[] {
  return quantileIntervals(
    latencies,
    curve.map(([x]) => 1 / x),
  );
}

/** Student's, in µs. The sum of squares is off by what buckets are wide, at most 0.1 %. */
export function latencyMeanInterval(latencies: Latencies): Interval | null {
  const { mean, min, max } = latencies;
  if (mean === null || min === null || max === null) return null;
  let squares = 0;
  latencies.forEach((us, count) => (squares += count * (us - mean) * (us - mean)));
  const around = meanInterval(mean, squares, latencies.count);
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
