/** Virtual time in tests: a clock that runs for so long, or until nothing is left to run. */
import { createVirtualClock, type VirtualClock } from '../../sim/clock.js';

export { createVirtualClock, type VirtualClock };

/** More events than any test needs: reaching it means that something never ends. */
const EVENTS_MAX = 1_000_000;

/** Runs what is due within the next `us` µs, that instant included. */
export function advance(clock: VirtualClock, us: number): void {
  let reached = false;
  clock.after(us, () => {
    // One turn later, so that work scheduled earlier for the same instant has run.
    clock.after(0, () => (reached = true));
  });
  clock.run(EVENTS_MAX, () => reached);
}

/** Runs until nothing is left. */
export function drain(clock: VirtualClock): void {
  const ran = clock.run(EVENTS_MAX);
  if (ran === EVENTS_MAX) throw new Error('the clock never runs dry');
}

export const MS = 1000;
export const SECOND = 1_000_000;
