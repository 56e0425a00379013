/**
 * Round robin: each round starts one runner further than the last and visits each runner once.
 * Good when runners are alike and calls are short; blind to load, so it finds busy runners by NACK.
 * The start is random, so that several LBs do not march in step; the step is per round and not per
 * attempt, so that concurrent calls cannot make one round visit a runner twice.
 */
import type { Placer } from '../placer.js';
import type { Rng } from '../rng.js';

/** Large enough for any pool; rounds wrap around it. */
const STARTS = 1_000_000_007;

export function naive(rng: Rng): Placer {
  let start = rng.int(STARTS);
  return {
    order(_call, runners) {
      start = (start + 1) % STARTS;
      let index = runners.length > 0 ? start % runners.length : 0;
      let left = runners.length;
      return {
        next() {
          if (left === 0) return undefined;
          left -= 1;
          const runner = runners[index];
          index = index + 1 === runners.length ? 0 : index + 1;
          return runner;
        },
      };
    },
  };
}
