/**
 * How late this process is: its clock's timers run late while it is busy with itself, and then the
 * news from all runners is late too. Measured while attempts are open, so that nothing is held
 * when there are none. In virtual time it is always 0.
 */
import type { Clock, Timer } from './clock.js';

export interface Lag {
  /** The lateness of the last beat, or of the one that is overdue now; µs. */
  readonly us: number;
  /** An attempt opened, or ended: the first starts the beat, the last stops it. */
  enter(): void;
  leave(): void;
}

/** Between two looks: short against the timeouts that it is to correct. */
const BEAT_US = 50_000;

export function createLag(clock: Clock): Lag {
  let open = 0;
  let dueAt = 0;
  let last = 0;
  let timer: Timer | undefined;
  const beat = (): void => {
    dueAt = clock.now() + BEAT_US;
    timer = clock.after(BEAT_US, () => {
      last = Math.max(0, clock.now() - dueAt);
      beat();
    });
  };
  return {
    get us() {
      return open === 0 ? 0 : Math.max(last, clock.now() - dueAt);
    },
    enter() {
      open += 1;
      if (open === 1) beat();
    },
    leave() {
      open -= 1;
      if (open > 0) return;
      last = 0;
      timer?.cancel();
    },
  };
}
