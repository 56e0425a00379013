/** PORT Placer: orders runners for a call. It owns no time and opens nothing. */
import type { Call } from './call.js';
import type { Clock } from './clock.js';
import { ewma } from './placers/ewma.js';
import { hashBounded } from './placers/hash-bounded.js';
import { hash } from './placers/hash.js';
import { least } from './placers/least.js';
import { naive } from './placers/naive.js';
import { p2c } from './placers/p2c.js';
import { prequal } from './placers/prequal.js';
import type { Rng } from './rng.js';
import type { Standing } from './standing.js';

/** The runners of one round, one after the other; undefined when the round is over. */
export interface Order<S extends Standing = Standing> {
  next(): S | undefined;
}

export interface Placer {
  /**
   * An order over the runners of a group, produced lazily: each that is usable exactly once, one
   * that is not at most once. `runners` is in the pool's order; `now` is the LB's instant, µs.
   */
  order<S extends Standing>(call: Call, runners: readonly S[], now: number): Order<S>;
  /** Lets go of what it holds beside the calls, such as probes under way. */
  close?(): void;
}

/** An order that ends by itself: one that repeats runners would be asked for ever. */
export function atMost<S extends Standing>(count: number, order: Order<S>): Order<S> {
  let left = count;
  return {
    next() {
      if (left === 0) return undefined;
      left -= 1;
      return order.next();
    },
  };
}

/** What a placer is made of. Each group has a placer of its own. */
export interface PlacerParts {
  /** A stream of its own. */
  readonly rng: Rng;
  /** For a placer that asks runners how they are between calls; an order itself takes no time. */
  readonly clock: Clock;
}

export type MakePlacer = (parts: PlacerParts) => Placer;

export type PlacerName = 'naive' | 'hash' | 'hash-bounded' | 'least' | 'p2c' | 'ewma' | 'prequal';

/** A placer by its name in options and scenarios. Each makes its own state from the stream. */
export const placerByName: Readonly<Record<PlacerName, MakePlacer>> = {
  naive,
  hash,
  'hash-bounded': hashBounded,
  least,
  p2c,
  ewma,
  prequal,
};
