/**
 * How a runner's free slots are found out: an offer that is taken raises more tokens two round
 * trips later, twice as many each time, for as long as offers are taken and somebody waits. So a
 * thousand slots are found in ten steps, and at most about half of the offers are in vain.
 */
import type { Clock, Timer } from './clock.js';
import type { HeldStanding } from './standing.js';

/** Tokens at once: more calls than this are not sent on a guess. */
const TOKENS_MAX = 1024;

export class Discoveries {
  private readonly timers = new Map<HeldStanding, Timer>();
  /** The tokens that are being raised, and where. */
  private raising: { readonly standing: HeldStanding; readonly tokens: number } | undefined;

  /** `more`: so many more slots may be free. */
  constructor(
    private readonly clock: Clock,
    private readonly more: (standing: HeldStanding, tokens: number) => void,
  ) {}

  /** An offer of it is under way. */
  goOn(standing: HeldStanding): void {
    if (this.timers.has(standing)) return;
    const before = this.raising?.standing === standing ? this.raising.tokens : 0.5;
    const tokens = Math.min(TOKENS_MAX, 2 * before);
    const again = this.clock.after(2 * standing.roundTripUs, () => {
      this.timers.delete(standing);
      if (!standing.discovering) return;
      this.raising = { standing, tokens };
      this.more(standing, tokens);
      this.raising = undefined;
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
