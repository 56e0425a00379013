/** Percentiles of flights as a table, RFC 4180: what their chart shows, for other tools. */
import { decodeFromCompressedBase64, type Int32Histogram } from 'hdr-histogram-js';
import { flightNames } from './comparison.js';
import type { Flight } from './flight.js';
import { roundTo } from './result.js';

type Buckets = Pick<
  Int32Histogram,
  | 'totalCount'
  | 'countsArrayLength'
  | 'getCountAtIndex'
  | 'valueFromIndex'
  | 'highestEquivalentValue'
>;

/** Shares as ratios of integers, so that a rank carries no rounding error. */
const SHARES: readonly (readonly [part: number, whole: number])[] = [
  ...[0, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 95].map((part) => [part, 100] as const),
  ...[100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap((whole) => [
    [whole - 1, whole] as const,
    [2 * whole - 1, 2 * whole] as const,
  ]),
];

/**
 * One line a percentile; `totalCount` is how many calls were at most so slow. Shares that are finer
 * than one call of the flight are left out, and the slowest call ends it.
 */
export function renderPercentilesCsv(flights: readonly Flight[]): string {
  const names = flightNames(flights);
  const lines = flights.flatMap((flight, i) => {
    const rows = percentileRows(flight);
    return rows.map((row) => [csvCell(names[i] ?? ''), ...row].join(','));
  });
  return `${['flight,percentile,latencyMs,totalCount,1/(1-p)', ...lines].join('\r\n')}\r\n`;
}

function percentileRows({ latencies, result }: Flight): readonly (readonly (string | number)[])[] {
  const { max } = result.latencyMs;
  if (max === null) return [];
  // Without WebAssembly that is what it makes of 32 bits.
  const buckets = decodeFromCompressedBase64(latencies, 32, false) as unknown as Buckets;
  const n = buckets.totalCount;
  const rows: (string | number)[][] = [];
  const take = (rank: number): readonly [number, number] => {
    const [us, seen] = atRank(buckets, rank);
    return [Math.min(roundTo(us / 1000, 3), max), seen];
  };
  for (const [part, whole] of SHARES) {
    if (whole > n * (whole - part)) continue;
    const percentile = roundTo((100 * part) / whole, 7);
    const x = roundTo(whole / (whole - part), 6);
    rows.push([percentile, ...take(Math.max(1, Math.ceil((part * n) / whole))), x]);
  }
  // 1/(1 − p) of the slowest call is no number.
  return [...rows, [100, ...take(n), '']];
}

/** What a rank reads as, and how many are at most so much. */
function atRank(buckets: Buckets, rank: number): readonly [us: number, seen: number] {
  let seen = 0;
  for (let i = 0; i < buckets.countsArrayLength; i++) {
    seen += buckets.getCountAtIndex(i);
    if (seen >= rank) return [buckets.highestEquivalentValue(buckets.valueFromIndex(i)), seen];
  }
  throw new Error(`rank ${rank} of ${seen} values`);
}

function csvCell(text: string): string {
  // A spreadsheet takes what begins so for a formula.
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
