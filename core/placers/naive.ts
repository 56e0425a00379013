/**
 * Round robin: each round starts one runner further than the last and visits each runner once.
 * Good when runners are alike and calls are short; blind to load, so it finds busy runners by NACK.
 * The start is random, so that several LBs do not march in step; the step is per round and not per
 * attempt, so that concurrent calls cannot make one round visit a runner twice. While weights
 * differ, the start of each round is drawn by weight instead.
 */
import type { Placer, PlacerParts } from '../placer.js';
import type { Rng } from '../rng.js';
import type { Standing } from '../standing.js';
import { around } from './around.js';

/** Large enough for any pool; rounds wrap around it. */
const STARTS = 1_000_000_007;

export function naive({ rng }: Pick<PlacerParts, 'rng'>): Placer {
  let start = rng.int(STARTS);
  return {
    order(_call, runners, now) {
      if (differ(runners, now)) return around(runners, drawn(runners, now, rng));
      start = (start + 1) % STARTS;
      return around(runners, runners.length > 0 ? start % runners.length : 0);
    },
  };
}

function differ(runners: readonly Standing[], now: number): boolean {
  const first = runners[0]?.weight(now);
  return runners.some((standing) => standing.weight(now) !== first);
}

function drawn(runners: readonly Standing[], now: number, rng: Rng): number {
  let left = rng.float() * runners.reduce((sum, standing) => sum + standing.weight(now), 0);
  const index = runners.findIndex((standing) => (left -= standing.weight(now)) < 0);
  // Rounding can leave a hair's breadth behind the last one.
  return index === -1 ? runners.length - 1 : index;
}
