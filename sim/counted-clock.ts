/** A clock that knows how many of its timers are set: one owner's share of the flight's clock. */
import type { Clock, Timer } from '../core/clock.js';

export interface CountedClock extends Clock {
  /** Timers that were neither canceled nor have come. */
  readonly pending: number;
}

export function createCountedClock(clock: Clock): CountedClock {
  let pending = 0;
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    get pending() {
      return pending;
    },
    after(us, work): Timer {
      let set = true;
      pending += 1;
      const over = (): void => {
        if (set) pending -= 1;
        set = false;
      };
      const timer = clock.after(us, () => {
        over();
        work();
      });
      return {
        cancel() {
          over();
          timer.cancel();
        },
      };
    },
  };
}
