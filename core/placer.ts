/** PORT Placer: orders runners for a call. It owns no time and opens nothing. */
import type { Call } from './call.js';
import { hash } from './placers/hash.js';
import { naive } from './placers/naive.js';
import type { Rng } from './rng.js';
import type { Runner } from './runner.js';

/** The runners of one round, one after the other; undefined when the round is over. */
export interface Order {
  next(): Runner | undefined;
}

export interface Placer {
  /** A permutation of `runners` (each exactly once), produced lazily. */
  order(call: Call, runners: readonly Runner[]): Order;
}

export type PlacerName = 'naive' | 'hash';

/** A placer by its name in options and scenarios. Each makes its own state from the stream. */
export const placerByName: Readonly<Record<PlacerName, (rng: Rng) => Placer>> = { naive, hash };
