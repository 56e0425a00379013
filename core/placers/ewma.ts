/**
 * Peak EWMA: the runner with the lowest expected wait, which is how long executions take there
 * times how many of this LB's calls are there, for its weight and its acceptance. Good when some
 * runners are slower than others, or become so. Its assumption is that a slow answer tells of the
 * runner: where functions differ much in how long they take, it blames the runner that had the
 * long ones.
 *
 * Finagle's `PeakEwma` (twitter/finagle, finagle-core loadbalancer/p2c), over two choices. The
 * acceptance is ours: a refusal is no execution, and here it counts against a runner. As in Finagle
 * of two that are idle and as fast the heavier has the call; weights tell where both have calls.
 */
import type { Placer, PlacerParts } from '../placer.js';
import { Hands, type Choice, type Score } from './choose.js';

/** More µs than anything takes: who is unknown and has a call already comes after all known. */
const UNKNOWN_US = 1e12;

/** Acceptance above which a refusal is long forgotten. */
const TRUSTED = 0.9;

const wait: Score = (standing, now, _chance, share) => {
  const acceptance = standing.acceptance(now);
  const known = standing.latencyUs(now);
  // Unknown and idle is tried at once, to know it: but not who refused lately, for whoever refuses
  // everything stays unknown for ever.
  if (known === 0 && standing.inFlight === 0 && acceptance > TRUSTED) return 0;
  const us = known === 0 ? UNKNOWN_US : known;
  return (us * (standing.inFlight + 1)) / (share * acceptance);
};

export function ewma({ rng }: Pick<PlacerParts, 'rng'>): Placer {
  const choice: Choice = { score: wait, size: 2, chance: rng };
  return { order: (_call, runners, now) => new Hands(choice, runners, now) };
}
