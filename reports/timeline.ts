/**
 * The series of a flight over time: counts bin by bin, and a small histogram of latencies for each
 * bin. It is told instants and numbers and knows no calls.
 */
import type { Bins, LatencyMap } from './flight.js';
import type { Grid, Row } from './grid.js';
import { createLatencies, type Latencies, type Share } from './latency.js';
import { latencyMap } from './latency-map.js';
import { roundTo } from './result.js';
import type { Batch } from './together.js';

const SERIES = [
  'offered',
  'ok',
  'failed',
  'refused',
  'expired',
  'canceled',
  'attempts',
  'nacks',
] as const;
type Counts = Readonly<Record<(typeof SERIES)[number], Row>>;

export interface Timeline {
  /** One row a series, indexed by `grid.index(at)`. */
  readonly counts: Counts;
  latency(at: number, us: number): void;
  bins(): Bins;
  latencyMap(): LatencyMap;
  /** The latencies of each bin, in µs. */
  latencyBatches(): readonly Batch[];
  /** The attempts of each bin, beside the calls that came in it. */
  attemptBatches(): readonly Batch[];
}

const SHARES: readonly Share[] = [
  [50, 100],
  [99, 100],
];

export function createTimeline(grid: Grid): Timeline {
  const counts = Object.fromEntries(SERIES.map((name) => [name, grid.row()])) as Counts;
  let waits: (Latencies | undefined)[] = [];
  grid.onMerge(() => {
    waits = mergePairs(waits);
  });
  const list = (row: Row): number[] => [...row.subarray(0, grid.used)];
  return {
    counts,
    latency(at, us) {
      const bin = grid.index(at);
      (waits[bin] ??= createLatencies(2)).record(us);
    },
    attemptBatches: () =>
      list(counts.offered).map((calls, bin) => ({ calls, sum: counts.attempts[bin]! })),
    latencyBatches: () =>
      Array.from({ length: grid.used }, (_, bin) => {
        const { count = 0, mean } = waits[bin] ?? {};
        return { calls: count, sum: (mean ?? 0) * count };
      }),
    latencyMap: () => latencyMap(Array.from({ length: grid.used }, (_, bin) => waits[bin])),
    bins() {
      const slices = Array.from({ length: grid.used }, (_, bin) => {
        const [p50, p99] = waits[bin]?.quantiles(SHARES) ?? [];
        return { p50: toMs(p50), p99: toMs(p99), max: toMs(waits[bin]?.max) };
      });
      return {
        widthMs: grid.width / 1000,
        durationMs: grid.duration / 1000,
        offered: list(counts.offered),
        ok: list(counts.ok),
        failed: list(counts.failed),
        refused: list(counts.refused),
        expired: list(counts.expired),
        canceled: list(counts.canceled),
        attempts: list(counts.attempts),
        nacks: list(counts.nacks),
        p50: slices.map((slice) => slice.p50),
        p99: slices.map((slice) => slice.p99),
        max: slices.map((slice) => slice.max),
      };
    },
  };
}

function mergePairs(bins: readonly (Latencies | undefined)[]): (Latencies | undefined)[] {
  const merged: (Latencies | undefined)[] = [];
  bins.forEach((bin, i) => {
    const into = merged[i >> 1];
    if (into !== undefined && bin !== undefined) into.add(bin);
    else merged[i >> 1] = into ?? bin;
  });
  return merged;
}

function toMs(us: number | null | undefined): number | null {
  return us === null || us === undefined ? null : roundTo(us / 1000, 3);
}
