/**
 * How a runner's free slots are found out: an offer that is taken raises another token two round
 * trips later, for as long as offers are taken and somebody waits.
 */
import type { Clock, Timer } from './clock.js';
import type { HeldStanding } from './standing.js';

export class Discoveries {
  private readonly timers = new Map<HeldStanding, Timer>();

  /** `more`: there may be one more slot free. */
  constructor(
    private readonly clock: Clock,
    private readonly more: (standing: HeldStanding) => void,
  ) {}

  goOn(standing: HeldStanding): void {
    this.stop(standing);
    const again = this.clock.after(2 * standing.roundTripUs, () => {
      this.timers.delete(standing);
      if (standing.discovering) this.more(standing);
    });
    this.timers.set(standing, again);
  }

  stop(standing: HeldStanding): void {
    this.timers.get(standing)?.cancel();
    this.timers.delete(standing);
  }

  stopAll(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }
}
