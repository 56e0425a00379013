/**
 * Consistent hashing with bounded loads: a function's home is always the same runner, for as long
 * as that has no more than its share of this LB's calls and a quarter; above that the function goes
 * on to runners of its own choice, which are warm for it after a while, too. Good when a cold start
 * is dear and some functions are hot. Its assumption is that calls here tell how busy a runner is,
 * and that all LBs have the runners in one order: a change elsewhere than at its end moves homes.
 *
 * Load ≤ ⌈(1+ε)·mean⌉: Mirrokni, Thorup, Zadimoghaddam (arXiv 1608.01350). The next runner is
 * drawn and not the neighbour, on which all that overflows here would fall (arXiv 1908.08762). The
 * home is by jump hash (arXiv 1406.2294) as published: the original's passes over a runner.
 */
import type { Placer } from '../placer.js';
import { seededRng } from '../rng.js';
import type { Standing } from '../standing.js';
import { Draw } from './choose.js';
import { keyHash } from './hash.js';

/** ε: what a runner may have above its share. Envoy's users have 0.2 to 1, HAProxy's 0.25. */
const EPSILON = 0.25;

/** Functions whose home is remembered; the memory is thrown away when it is full. */
const REMEMBERED_MAX = 10_000;

/** Of all LBs the same, so that a function overflows to the same runners from each. */
const CHOICES = seededRng(0);

export function hashBounded(): Placer {
  const homes = new Map<string, { count: number; home: number }>();

  const homeOf = (fn: string, count: number): number => {
    let entry = homes.get(fn);
    if (entry?.count !== count) {
      if (homes.size >= REMEMBERED_MAX) homes.clear();
      entry = { count, home: jumpHash(keyHash(fn), count) };
      homes.set(fn, entry);
    }
    return entry.home;
  };

  return {
    order<S extends Standing>(call: { fn: { id: string } }, runners: readonly S[], now: number) {
      const fn = call.fn.id;
      // A sum over all for each call: it is one pass, and nothing else keeps it.
      let inFlight = 1;
      let weights = 0;
      for (const standing of runners) {
        // Who cannot be asked has no share: else the others would all be above theirs.
        if (!standing.usable(now)) continue;
        inFlight += standing.inFlight;
        weights += standing.weight(now);
      }
      const most = (standing: S): number =>
        Math.ceil(((1 + EPSILON) * inFlight * standing.weight(now)) / weights);
      const full: S[] = [];
      let draw: Draw | undefined;
      let home = runners.length === 0 ? -1 : homeOf(fn, runners.length);
      const skipped = home;
      return {
        next(): S | undefined {
          for (;;) {
            let index = home;
            home = -1;
            if (index === -1) {
              draw ??= new Draw(runners.length, CHOICES.split(fn));
              index = draw.next();
              if (index === -1) return full.shift();
              if (index === skipped) continue;
            }
            const standing = runners[index] as S;
            if (!standing.usable(now)) continue;
            if (standing.inFlight + 1 <= most(standing)) return standing;
            full.push(standing);
          }
        },
      };
    },
  };
}

/** A runner more at the end moves a key only to that one, with a chance of one in their number. */
export function jumpHash(key: bigint, count: number): number {
  let at = -1;
  let next = 0;
  let state = key;
  while (next < count) {
    at = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor((at + 1) * (2147483648 / (Number(state >> 33n) + 1)));
  }
  return at;
}
