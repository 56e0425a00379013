/**
 * How many calls took how long, bin by bin: rows of latency, evenly spaced on a log axis from the
 * fastest call to the slowest, so that nothing is shown where nothing was measured. It reads the
 * histograms of the time bins and keeps none of its own.
 */
import type { LatencyMap } from './flight.js';
import type { Latencies } from './latency.js';
import { roundTo } from './result.js';

/** More rows are not told apart on a chart. */
const ROWS_MAX = 36;
/** Lower rows would alias with the buckets they are counted from, which are up to 1 % wide. */
const ROW_RATIO_MIN = 1.08;

/** @param bins Histograms of 2 digits, undefined where a bin has no call. */
export function latencyMap(bins: readonly (Latencies | undefined)[]): LatencyMap {
  const filled = bins.filter((bin) => bin !== undefined && bin.count > 0) as readonly Latencies[];
  if (filled.length === 0) return { edgesMs: [], counts: [] };
  // A call of 0 µs has no place on a log axis.
  const least = Math.max(1, Math.min(...filled.map((bin) => bin.min ?? Infinity)));
  const most = Math.max(least, ...filled.map((bin) => bin.max ?? 0));
  const decades = Math.log(most / least);
  const fitting = Math.floor(decades / Math.log(ROW_RATIO_MIN));
  const rows = Math.max(1, Math.min(ROWS_MAX, fitting));
  const counts = Array.from({ length: rows }, () => bins.map(() => 0));
  bins.forEach((bin, i) => {
    bin?.forEach((us, calls) => {
      const share = decades > 0 ? Math.log(Math.max(us, least) / least) / decades : 0;
      counts[Math.min(rows - 1, Math.floor(share * rows))]![i]! += calls;
    });
  });
  const edges = Array.from({ length: rows + 1 }, (_, row) => {
    return row === rows ? most : least * Math.exp((decades * row) / rows);
  });
  return { edgesMs: edges.map((us) => roundTo(us / 1000, 4)), counts };
}
