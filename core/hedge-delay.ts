/**
 * How long an attempt may be silent until a hedge is worth its while: the 95th percentile of the
 * time to the first event, a function at a time. Nothing is said before enough was seen.
 */

export interface HedgeDelays {
  /** An attempt of this function said its first word after so long. */
  saw(fn: string, us: number): void;
  /** µs, or undefined while too little is known. */
  delayUs(fn: string): number | undefined;
}

/** Of the last so many attempts. */
const SAMPLES = 256;
/** Fewer than this say nothing of a 95th percentile. */
const ENOUGH = 64;
/** It is reckoned anew after so many samples: sorting at each would cost more than the hedge. */
const EVERY = 32;
/** Functions that are remembered; all are forgotten when there are more. */
const FUNCTIONS_MAX = 1000;
const QUANTILE = 0.95;

interface Seen {
  readonly us: number[];
  count: number;
  delayUs: number | undefined;
}

export function createHedgeDelays(): HedgeDelays {
  const functions = new Map<string, Seen>();
  return {
    saw(fn, us) {
      let seen = functions.get(fn);
      if (seen === undefined) {
        if (functions.size >= FUNCTIONS_MAX) functions.clear();
        seen = { us: [], count: 0, delayUs: undefined };
        functions.set(fn, seen);
      }
      seen.us[seen.count % SAMPLES] = us;
      seen.count += 1;
      if (seen.count < ENOUGH || seen.count % EVERY !== 0) return;
      const sorted = [...seen.us].sort((a, b) => a - b);
      seen.delayUs = sorted[Math.ceil(QUANTILE * sorted.length) - 1];
    },
    delayUs: (fn) => functions.get(fn)?.delayUs,
  };
}
