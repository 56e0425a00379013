/** A jittered beat of a group in which somebody waits: constant, so that no LB is starved by it. */
import type { Clock, Timer } from './clock.js';
import type { Rng } from './rng.js';

/** The tick varies by this much either way, so that several LBs do not march in step. */
const TICK_JITTER = 0.25;

export class Tick {
  private timer: Timer | undefined;

  /** `beat` says whether it goes on. */
  constructor(
    private readonly clock: Clock,
    private readonly everyUs: number,
    private readonly chance: Rng,
    private readonly beat: () => boolean,
  ) {}

  /** Does nothing where it goes already. */
  start(): void {
    this.timer ??= this.clock.after(this.drawUs(), () => {
      this.timer = undefined;
      if (this.beat()) this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private drawUs(): number {
    return Math.round(this.everyUs * (1 + TICK_JITTER * (2 * this.chance.float() - 1)));
  }
}
