/**
 * Latency as a histogram: what was recorded, by nearest rank. It keeps buckets, never samples, and
 * knows nothing of calls or of time.
 *
 * Estimator: the p-quantile of n values is the value of rank ceil(p·n), read from an HDR histogram.
 * It is never below the exact one and at most 0.1 % (3 digits) or 1 % (2 digits) above it, and
 * never above the recorded maximum.
 */
import { encodeIntoCompressedBase64, Int32Histogram } from 'hdr-histogram-js';

/** A share as a ratio of integers, so that ranks carry no rounding error: 99.9 % is [999, 1000]. */
export type Share = readonly [part: number, whole: number];

/** One point of the percentile curve: x = 1/(1−p), and the latency there in µs. */
export type CurvePoint = readonly [x: number, us: number];

export interface Latencies {
  record(us: number): void;
  /** Takes in all that another one of the same precision has recorded. */
  add(other: Latencies): void;
  readonly count: number;
  /** Exact. */
  readonly max: number | null;
  /** Exact. */
  readonly min: number | null;
  /** Exact. */
  readonly mean: number | null;
  /** Values in µs at the given shares, which must ascend; null where nothing was recorded. */
  quantiles(shares: readonly Share[]): readonly (number | null)[];
  /** The whole distribution, evenly spaced on the log axis; ends at x = n with the maximum. */
  curve(): readonly CurvePoint[];
  /** Each filled bucket from the fastest: its middle, within what was recorded, and its count. */
  forEach(visit: (us: number, count: number) => void): void;
  /** All of it as the tools of HdrHistogram keep it: V2, compressed, in base64. */
  packed(): string;
  /** The buckets, for `add`. */
  readonly buckets: Int32Histogram;
}

/** 24 points for each further nine: enough for a smooth line, 130 points at 200 000 calls. */
const POINTS_PER_DECADE = 24;
/** Keeps a product that is whole in theory from climbing to the next rank. */
const RANK_SLACK = 1e-9;

export function createLatencies(digits: 2 | 3): Latencies {
  const buckets = new Int32Histogram(1, 2, digits);
  buckets.autoResize = true;
  let count = 0;
  let sum = 0;
  let max = 0;
  let min = Infinity;
  const atRanks = (ranks: readonly number[]): number[] => valuesAtRanks(buckets, ranks, max);
  return {
    record(us) {
      const value = us > 0 ? Math.round(us) : 0;
      buckets.recordValue(value);
      count++;
      sum += value;
      if (value > max) max = value;
      if (value < min) min = value;
    },
    add(other) {
      buckets.add(other.buckets);
      count += other.count;
      sum += (other.mean ?? 0) * other.count;
      max = Math.max(max, other.max ?? 0);
      min = Math.min(min, other.min ?? Infinity);
    },
    get count() {
      return count;
    },
    get max() {
      return count === 0 ? null : max;
    },
    get min() {
      return count === 0 ? null : min;
    },
    get mean() {
      return count === 0 ? null : sum / count;
    },
    quantiles(shares) {
      if (count === 0) return shares.map(() => null);
      return atRanks(shares.map(([part, whole]) => Math.max(1, Math.ceil((part * count) / whole))));
    },
    curve() {
      if (count === 0) return [];
      const xs: number[] = [];
      for (let k = 0; ; k++) {
        const x = Math.pow(10, k / POINTS_PER_DECADE);
        if (x >= count) break;
        xs.push(x);
      }
      const ranks = xs.map((x) => Math.max(1, Math.ceil(count * (1 - 1 / x) - RANK_SLACK)));
      const values = atRanks(ranks);
      return [...xs.map((x, i): CurvePoint => [x, values[i] ?? max]), [count, max]];
    },
    forEach(visit) {
      for (let i = 0, seen = 0; i < buckets.countsArrayLength && seen < count; i++) {
        const here = buckets.getCountAtIndex(i);
        if (here === 0) continue;
        seen += here;
        const middle = buckets.medianEquivalentValue(buckets.valueFromIndex(i));
        visit(Math.max(min, Math.min(max, middle)), here);
      }
    },
    packed: () => encodeIntoCompressedBase64(buckets),
    buckets,
  };
}

/** Reads all ranks in one walk over the buckets; the ranks must ascend. */
function valuesAtRanks(buckets: Int32Histogram, ranks: readonly number[], max: number): number[] {
  const values: number[] = [];
  let seen = 0;
  for (let i = 0; i < buckets.countsArrayLength && values.length < ranks.length; i++) {
    seen += buckets.getCountAtIndex(i);
    while (values.length < ranks.length && ranks[values.length]! <= seen) {
      values.push(Math.min(buckets.highestEquivalentValue(buckets.valueFromIndex(i)), max));
    }
  }
  return values;
}
