/**
 * 95 % confidence intervals: of a share, of a mean, of a quantile's rank, and of the difference of
 * two values that each have one. Numbers in, numbers out; it knows nothing of calls or flights.
 */

export type Interval = readonly [low: number, high: number];

/** What an interval is to cover, of all repetitions. */
export const LEVEL = 0.95;
/** The normal quantile that leaves half of the rest above it. */
const Z = 1.959963984540054;
/** Student's quantile at 1 to 30 degrees of freedom. */
const STUDENT = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099,
  2.17881, 2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387,
  2.06866, 2.0639, 2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227,
] as const;

/** Student's t: for large degrees of freedom the first terms of Cornish and Fisher, to 5 digits. */
export function student(degrees: number): number {
  const known = STUDENT[degrees - 1];
  if (known !== undefined) return known;
  const cube = Z * Z * Z;
  const second = (5 * cube * Z * Z + 16 * cube + 3 * Z) / 96;
  return Z + (cube + Z) / 4 / degrees + second / (degrees * degrees);
}

/** Wilson's score interval of a share: sound at 0 and at 1 too, and never beyond them. */
export function shareInterval(part: number, whole: number): Interval | null {
  if (whole === 0) return null;
  const share = part / whole;
  const spread = (Z * Z) / whole;
  const middle = (share + spread / 2) / (1 + spread);
  const reach = (Z * Math.sqrt((share * (1 - share) + spread / 4) / whole)) / (1 + spread);
  return [
    part === 0 ? 0 : Math.max(0, middle - reach),
    part === whole ? 1 : Math.min(1, middle + reach),
  ];
}

/**
 * Of how many there are to be expected where `count` came at random instants (Poisson, by the score
 * of Rao, as Wilson's of a share is). A rate has it too: how many came in a time of chance.
 */
export function countInterval(count: number): Interval {
  const middle = count + (Z * Z) / 2;
  const reach = Z * Math.sqrt(count + (Z * Z) / 4);
  return [count === 0 ? 0 : middle - reach, middle + reach];
}

/** Student's interval of a mean, from the squares of the distances to it. One value has none. */
export function meanInterval(mean: number, squares: number, n: number): Interval | null {
  if (n < 2) return null;
  const reach = student(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return [mean - reach, mean + reach];
}

/** The interval of the mean of a few values, such as one a seed. */
export function intervalOf(values: readonly number[]): Interval | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return meanInterval(mean, squares, values.length);
}

/** A value that has an interval. */
export interface Known {
  readonly value: number;
  readonly interval: Interval;
}

/**
 * The interval of `to − from`, by recovery of their variances (MOVER; for shares it is Newcombe's).
 * To ask whether two intervals overlap would call too much noise.
 */
export function differenceInterval(from: Known, to: Known): Interval {
  const change = to.value - from.value;
  const below = Math.hypot(to.value - to.interval[0], from.interval[1] - from.value);
  const above = Math.hypot(to.interval[1] - to.value, from.value - from.interval[0]);
  return [change - below, change + above];
}

/** Beyond so many standard deviations a binomial has no weight that a double would notice. */
const FAR = 8;

/**
 * Ranks, from 1, of the two of n values that enclose a quantile, whatever the distribution: the
 * number of values below it is binomial. `tail` is the share above it: 0.01 for p99. Null where so
 * few values are no bound on one of the sides.
 */
export function quantileRanks(
  n: number,
  tail: number,
): readonly [low: number, high: number] | null {
  if (n === 0 || tail <= 0 || tail >= 1) return null;
  // Counted from the top, as values above the quantile: p99 and p99.99 stay exact.
  const odds = tail / (1 - tail);
  const mode = Math.min(n, Math.floor((n + 1) * tail));
  const reach = Math.ceil(FAR * Math.sqrt(n * tail * (1 - tail))) + 20;
  const first = Math.max(0, mode - reach);
  const last = Math.min(n, mode + reach);
  // Weights relative to the mode's: neither a factorial nor a power that could overflow.
  const weights = new Float64Array(last - first + 1);
  weights[mode - first] = 1;
  for (let k = mode; k < last; k++) {
    weights[k + 1 - first] = (weights[k - first]! * odds * (n - k)) / (k + 1);
  }
  for (let k = mode; k > first; k--) {
    weights[k - 1 - first] = (weights[k - first]! * k) / (odds * (n - k + 1));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const missed = ((1 - LEVEL) / 2) * total;
  // The most from the top that is still above the quantile but once in forty, and the other way.
  const high = edge(weights, missed, 1) + first;
  const low = last - edge(weights, missed, -1) + 1;
  return high < 1 || low > n ? null : [n - low + 1, n - high + 1];
}

/** How many weights from one end sum up to at most `most`. */
function edge(weights: Float64Array, most: number, step: 1 | -1): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[step === 1 ? i : weights.length - 1 - i]!;
    if (sum > most) return i;
  }
  return weights.length;
}
