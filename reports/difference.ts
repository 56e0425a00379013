/**
 * The rows of a comparison: each metric of a side beside that of the base, how it changed, and
 * whether that is more than noise. It only judges; tables of it are drawn elsewhere.
 */
import { changeInterval, estimate, pairs, type Estimate } from './estimate.js';
import type { Flight } from './flight.js';
import type { Interval } from './interval.js';
import type { FlightResult } from './result.js';

/** One side: what was flown for it, with one seed or several. */
export interface Side {
  readonly name: string;
  readonly results: readonly FlightResult[];
  /** The flights behind the results, where more is known than them; else none. */
  readonly flights: readonly Flight[];
}

/** `unsure`: nothing says how large the noise is. `even`: not changed at all. */
export type Change = 'better' | 'worse' | 'changed' | 'noise' | 'even' | 'unsure';

export interface Difference {
  readonly metric: string;
  readonly from: Estimate;
  readonly to: Estimate;
  /** null where one of the two has no value. */
  readonly change: number | null;
  readonly interval: Interval | null;
  readonly verdict: Change;
}

type Better = 'lower' | 'higher' | 'neither';

/** Rows in reading order. More calls offered is neither good nor bad. */
const ROWS: readonly (readonly [metric: string, better: Better])[] = [
  ['calls.offered', 'neither'],
  ['okRatio', 'higher'],
  ['calls.failed', 'lower'],
  ['calls.refused', 'lower'],
  ['calls.expired', 'lower'],
  ['calls.canceled', 'lower'],
  ['latencyMs.p50', 'lower'],
  ['latencyMs.p90', 'lower'],
  ['latencyMs.p99', 'lower'],
  ['latencyMs.p999', 'lower'],
  ['latencyMs.max', 'lower'],
  ['latencyMs.mean', 'lower'],
  ['goodputPerSec', 'higher'],
  ['attempts.perCall', 'lower'],
];

export function differencesOf(from: Side, to: Side): readonly Difference[] {
  return ROWS.map(([metric, better]) => differenceOf(from, to, metric, better));
}

/** One metric, whichever way is better. */
export function differenceOf(
  from: Side,
  to: Side,
  metric: string,
  better: Better = 'neither',
): Difference {
  const [a, b] = [estimate(from.results, metric), estimate(to.results, metric)];
  const change = a.value === null || b.value === null ? null : b.value - a.value;
  const interval = change === null ? null : changeInterval(from.results, to.results, metric);
  return { metric, from: a, to: b, change, interval, verdict: verdict(change, interval, better) };
}

function verdict(change: number | null, interval: Interval | null, better: Better): Change {
  if (change === 0) return 'even';
  if (change === null || interval === null) return 'unsure';
  if (interval[0] <= 0 && interval[1] >= 0) return 'noise';
  if (better === 'neither') return 'changed';
  return change > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** In percent of the base; null where the base is nothing or none. */
export function percentOf(part: number | null, { value }: Estimate): number | null {
  return part === null || value === null || value === 0 ? null : (100 * part) / Math.abs(value);
}

export function percentInterval(interval: Interval | null, base: Estimate): Interval | null {
  const [low, high] = [0, 1].map((end) => percentOf(interval?.[end] ?? null, base));
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : null;
}

/** How the intervals came about, and what the two sides do not have in common. */
export function methodWords(from: Side, to: Side): readonly string[] {
  const [a, b] = [from.results, to.results];
  const paired = pairs(a, b);
  const single = [a, b].filter((results) => results.length === 1).length;
  const words: string[] = [];
  if (paired !== null) {
    words.push(`Noise: the ${paired.length} seeds are compared one by one (Student, 95 %).`);
  } else if (single === 2) {
    words.push(
      'Noise: 95 % intervals of the calls of a flight (Wilson, Poisson, Student, binomial ranks).' +
        ' Calls that wait for one another count for less; where they hang together so much that one' +
        ' flight cannot tell, it is unsure, and several seeds a side can.',
    );
  } else {
    words.push('Noise: 95 % intervals from the spread between seeds where a side has several.');
  }
  if (single < 2) words.push('Values of several seeds are the means of theirs, the slowest too.');
  const differ = (what: string, of: (result: FlightResult) => string): void => {
    const [ours, theirs] = [a, b].map((results) => [...new Set(results.map(of))].sort().join(', '));
    if (ours !== theirs) words.push(`Different ${what}: ${ours} against ${theirs}.`);
  };
  differ('scenarios', ({ scenario }) => scenario);
  differ('worlds', ({ on }) => on);
  const seeds = [a, b].map((results) => [...new Set(results.map(({ seed }) => seed))]);
  const [ours, theirs] = seeds.map((list) => JSON.stringify(list.sort((x, y) => x - y)));
  if (ours !== theirs) words.push('Different seeds: other calls arrived at other instants.');
  return words;
}
