/** A row of the suite: a law, its figure by theory and as measured, and whether they agree. */

/** What is flown for a row, by seed. */
export interface Law {
  /** The row's chart and table. */
  readonly law: string;
  readonly parameters: string;
  /** Where it is drawn, and as which line. */
  readonly x: number;
  readonly series: string;
  readonly theory: number;
  /** What the figure counts as, for its name in the table. */
  readonly what: string;
  /** Measures a flight, and says how many samples that was. */
  readonly measure: (seed: number) => Sample;
  /** Beside chance: what theory leaves out, as a share of its figure, and why. Default: nothing. */
  readonly bias?: { readonly share: number; readonly why: string };
  /** Nothing is left to chance: measured and theory are equal. */
  readonly exact?: boolean;
}

export interface Sample {
  readonly value: number;
  readonly count: number;
}

export interface Row extends Omit<Law, 'measure'> {
  readonly measured: number;
  readonly count: number;
  /** Of the mean over the seeds. */
  readonly standardError: number;
  /** How far the two may be apart. */
  readonly tolerance: number;
  readonly holds: boolean;
}

/** What is flown once a seed, for several rows. */
export function bySeed<T>(fly: (seed: number) => T): (seed: number) => T {
  const flights = new Map<number, T>();
  return (seed) => {
    const flown = flights.has(seed) ? (flights.get(seed) as T) : fly(seed);
    flights.set(seed, flown);
    return flown;
  };
}

/** Seeds of every row. */
export const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Student's t, two-sided, 99.9 %, nine degrees of freedom: of a hundred rows one in ten suites. */
const T = 4.781;

/** A mean that is less sure than this, as a share of the figure, shows nothing. */
export const ERROR_MAX = 0.05;

export function measure({ measure: fly, ...law }: Law, seeds: readonly number[] = SEEDS): Row {
  const samples = seeds.map(fly);
  const values = samples.map(({ value }) => value);
  const measured = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - measured) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  const count = samples.reduce((sum, sample) => sum + sample.count, 0);
  const { exact = false, theory, bias } = law;
  const tolerance = exact ? 0 : T * standardError + (bias?.share ?? 0) * theory;
  const sure = standardError <= ERROR_MAX * Math.max(theory, 1e-9) || exact;
  const holds = sure && Math.abs(measured - theory) <= tolerance;
  return { ...law, measured, count, standardError, tolerance, holds };
}
