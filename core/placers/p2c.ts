/**
 * The better of two: of two runners drawn at random the one that has less of this LB's calls for
 * its weight, and refuses less; the other one is next. Good with many runners and several LBs: it
 * does nearly as well as a look at all of them, and LBs do not all run to the same one. Its
 * assumption is that calls here tell how busy a runner is: it sees neither other LBs' calls, save
 * in refusals, nor that a runner is slow, save in what piles up there. Both are drawn with the same
 * chance, so of n runners none has more than 2/n of the calls, whatever its weight.
 *
 * Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001). Two that differ:
 * envoyproxy/envoy#4481, where a runner compared with itself wins however busy it is.
 * The discount by acceptance is ours: a runner that refuses all looks idle, and attracts calls.
 */
import type { Placer, PlacerParts } from '../placer.js';
import { Hands, type Choice, type Score } from './choose.js';

/**
 * (in flight + 1) / acceptance, for a share of 1: the calls there, and the offers that it takes
 * until one is taken. To that comes a part of a call, drawn anew each time: so idle runners share
 * calls by their weights, where otherwise the heaviest would have them all, and ties are broken.
 */
export const demand: Score = (standing, now, chance, share) =>
  ((standing.inFlight + chance.float()) / share + 1) / standing.acceptance(now);

export function p2c({ rng }: Pick<PlacerParts, 'rng'>): Placer {
  const choice: Choice = { score: demand, size: 2, chance: rng };
  return { order: (_call, runners, now) => new Hands(choice, runners, now) };
}
