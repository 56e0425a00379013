/** What the metrics keep of a call between its `arrive` and its `end`, and nothing longer. */
import type { AttemptOutcome } from '../call.js';

/** An instant that has not come. */
export const NEVER = -1;

/** A class, since one is made for every call. Instants on the LB's clock, µs. */
export class Course {
  /** Its body was cached: what the original calls its start. */
  cachedAt = NEVER;
  /** The search for a runner began. */
  soughtAt = NEVER;
  /** The last attempt was opened. */
  attemptAt = NEVER;
  /** How the last attempt ended. */
  last: AttemptOutcome | 'open' | 'none' = 'none';
  /** The LB cut the last attempt: its deadline passed, or nobody wanted it any more. */
  cut = false;
  /** What its function took, as its runners reported it, µs. */
  userUs = 0;

  constructor(readonly arrivedAt: number) {}

  /** The call was handed to the placer. */
  get sought(): boolean {
    return this.soughtAt !== NEVER;
  }

  /** A runner has, or may have, executed it. */
  get placed(): boolean {
    return this.last !== 'none' && this.last !== 'open' && this.last !== 'nacked';
  }
}
