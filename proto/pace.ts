/**
 * Cancels are paced a connection. Node's HTTP/2 servers drop a connection after 1000 stream resets
 * (burst 1000, then 33 a second), with every innocent call on it: measured, 4 000 cancels killed 96
 * others. So the LB stays at half of that; above the pace an attempt is abandoned: a message tells
 * its runner that nobody waits, and its stream stays open until the runner ends it.
 */
import type { Clock } from '../core/clock.js';

/** Cancels at once: half of Node's own burst of 1000. */
export const CANCEL_BURST = 500;
/** Below Node's own 33 a second. */
const PER_SECOND = 25;

/** A token bucket: `take` says whether one more reset may go out now. */
export interface Pace {
  take(): boolean;
}

/** `burst` at once, and `perSecond` more; by default what a runner's server takes from an LB. */
export function createPace(
  clock: Pick<Clock, 'now'>,
  burst = CANCEL_BURST,
  perSecond = PER_SECOND,
): Pace {
  let tokens = burst;
  let filledAt = clock.now();
  return {
    take() {
      const now = clock.now();
      tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000_000);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
