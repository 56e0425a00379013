/**
 * The 95 % intervals of a result: which of its metrics have one, and from what. Each takes calls as
 * independent draws; what differs between seeds only several flights can tell (`estimate.ts`).
 */
import { z } from 'zod';
import { countInterval, meanInterval, shareInterval, type Interval } from './interval.js';
import { latencyMeanInterval, quantileIntervals } from './latency-intervals.js';
import type { Latencies } from './latency.js';
import type { SpreadBar } from './spread.js';
import { togetherness, type Batch } from './together.js';

const interval = z
  .tuple([z.number(), z.number()])
  .readonly()
  .nullable()
  .describe(
    'From, to; null where so few calls, or calls that hang together so much, bound nothing',
  );

export const resultIntervals = z
  .object({
    'calls.ok': interval,
    'calls.failed': interval,
    'calls.refused': interval,
    'calls.expired': interval,
    'calls.canceled': interval,
    'attempts.perCall': interval,
    'latencyMs.mean': interval,
    'latencyMs.p50': interval,
    'latencyMs.p90': interval,
    'latencyMs.p99': interval,
    'latencyMs.p999': interval,
    goodputPerSec: interval,
    okRatio: interval,
    refusedRatio: interval,
  })
  .readonly()
  .describe(
    '95 % confidence intervals by metric, as if calls were independent: counts and ratios ' +
      'Wilson, rates Poisson, means Student, percentiles order statistics of binomial ranks',
  );

export type ResultIntervals = z.infer<typeof resultIntervals>;

interface Counts {
  readonly offered: number;
  readonly ok: number;
  readonly failed: number;
  readonly refused: number;
  readonly expired: number;
  readonly canceled: number;
}

type OfCounts = Omit<
  ResultIntervals,
  'attempts.perCall' | `latencyMs.${'mean' | 'p50' | 'p90' | 'p99' | 'p999'}`
>;

/** What follows from the counts alone, as in results from before there were intervals. */
export function countIntervals(calls: Counts, goodputPerSec: number | null): OfCounts {
  const of = (part: number, scale: number): Interval | null =>
    scaled(shareInterval(part, calls.offered), scale, 6);
  const count = (part: number): Interval | null => of(part, calls.offered);
  // Ok calls a second over ok calls is what a count is worth; with none, nothing is known of it.
  const rate = calls.ok === 0 ? 0 : (goodputPerSec ?? 0) / calls.ok;
  return {
    'calls.ok': count(calls.ok),
    'calls.failed': count(calls.failed),
    'calls.refused': count(calls.refused),
    'calls.expired': count(calls.expired),
    'calls.canceled': count(calls.canceled),
    // How long so many calls took to come is chance too: a share of them would know nothing of it.
    goodputPerSec: rate === 0 ? null : scaled(countInterval(calls.ok), rate, 6),
    okRatio: of(calls.ok, 1),
    refusedRatio: of(calls.refused, 1),
  };
}

export interface Measures {
  readonly calls: Counts;
  readonly goodputPerSec: number | null;
  readonly attemptsPerCall: number | null;
  readonly latencies: Latencies;
  /** How much calls hang together: `together.ts`. */
  readonly together: number;
  readonly attemptBatches: readonly Batch[];
  /** How many calls had how many attempts. */
  readonly attempts: readonly SpreadBar[];
}

/** Of a flight that cannot tell. */
const NOTHING: ResultIntervals = Object.freeze(
  Object.fromEntries(Object.keys(resultIntervals.unwrap().shape).map((metric) => [metric, null])),
) as ResultIntervals;

export function intervalsOf(measures: Measures): ResultIntervals {
  const { calls, goodputPerSec, latencies, together } = measures;
  if (together === Infinity) return NOTHING;
  const tails = [0.5, 0.1, 0.01, 0.001];
  const [p50, p90, p99, p999] = quantileIntervals(latencies, tails, together).map(toMs);
  const {
    goodputPerSec: _share,
    okRatio,
    refusedRatio,
    ...counts
  } = countIntervals(calls, goodputPerSec);
  return {
    ...counts,
    'attempts.perCall': attemptsInterval(measures),
    'latencyMs.mean': toMs(latencyMeanInterval(latencies, together)),
    'latencyMs.p50': p50 ?? null,
    'latencyMs.p90': p90 ?? null,
    'latencyMs.p99': p99 ?? null,
    'latencyMs.p999': p999 ?? null,
    goodputPerSec: goodputInterval(measures),
    okRatio,
    refusedRatio,
  };
}

function attemptsInterval(measures: Measures): Interval | null {
  const { calls, attemptsPerCall: mean, attempts, attemptBatches } = measures;
  if (mean === null) return null;
  // Beyond 16 attempts only a range is known; its middle stands for it.
  const squares = attempts.reduce((sum, bar) => {
    const far = (bar.from + bar.to) / 2 - mean;
    return sum + bar.calls * far * far;
  }, 0);
  const together = togetherness(attemptBatches, squares);
  const around = meanInterval(mean, squares / together, calls.offered / together);
  return scaled(around === null ? null : [Math.max(0, around[0]), around[1]], 1, 4);
}

/** A flight is over with its slowest call, so its time is by chance what that call was. */
function goodputInterval({ calls, goodputPerSec, latencies }: Measures): Interval | null {
  const of = countIntervals(calls, goodputPerSec).goodputPerSec;
  if (of === null || goodputPerSec === null) return null;
  const end = Math.min(1, (latencies.max ?? 0) / (1e6 * (calls.ok / goodputPerSec)));
  return scaled([of[0] * (1 - end), of[1] * (1 + end)], 1, 6);
}

const toMs = (us: Interval | null): Interval | null => scaled(us, 1 / 1000, 3);

/** Rounded outward: an interval never shrinks. */
function scaled(of: Interval | null, factor: number, decimals: number): Interval | null {
  if (of === null) return null;
  const grid = Math.pow(10, decimals);
  const slack = 1e-6;
  return [
    Math.floor(of[0] * factor * grid + slack) / grid,
    Math.ceil(of[1] * factor * grid - slack) / grid,
  ];
}
