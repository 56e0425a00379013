/**
 * Picking without replacement, shared by the placers that compare runners: a hand of so many is
 * drawn at random and given out best first, then the next hand. Lazily: a call that is taken at
 * once has looked at one hand only, however many runners there are.
 */
import type { Order } from '../placer.js';
import type { Rng } from '../rng.js';
import type { Standing } from '../standing.js';

/**
 * The lower, the sooner. Read when a runner is picked, not when it is drawn. `share` is its weight
 * over the mean of its hand: whatever the unit of weights, 1 is like the others.
 */
export type Score = (standing: Standing, now: number, chance: Rng, share: number) => number;

/** Up to so many runners are cheap enough to look at all of them for each call. */
export const SCAN_MAX = 16;

/** The indices below `count` in random order, one at a time, without a list of them. */
export class Draw {
  private drawn = 0;
  /** A shuffle that keeps only the places that are not as they were. Most calls draw few. */
  private readonly moved = new Map<number, number>();

  constructor(
    private readonly count: number,
    private readonly chance: Rng,
  ) {}

  /** -1 when all were drawn. */
  next(): number {
    const { moved, drawn, count } = this;
    if (drawn === count) return -1;
    this.drawn = drawn + 1;
    const place = drawn + this.chance.int(count - drawn);
    const index = moved.get(place) ?? place;
    if (place !== drawn) moved.set(place, moved.get(drawn) ?? drawn);
    return index;
  }
}

/** What a hand is made of and compared by. */
export interface Choice {
  readonly score: Score;
  /** Runners of one hand; of as many or fewer runners the hand is all of them. */
  readonly size: number;
  readonly chance: Rng;
}

/** A class, since one is made for each call. */
export class Hands<S extends Standing> implements Order<S> {
  private readonly hand: S[] = [];
  private draw: Draw | undefined;
  private readAll = false;

  /** `except`: indices of `runners` that are not to be given. */
  constructor(
    private readonly choice: Choice,
    private readonly runners: readonly S[],
    private readonly now: number,
    private readonly except: readonly number[] = NONE,
  ) {}

  next(): S | undefined {
    const { hand } = this;
    if (hand.length === 0) this.fill();
    const last = hand.pop();
    if (last === undefined || hand.length === 0) return last;
    const best = this.best(last);
    if (best === -1) return last;
    const given = hand[best];
    hand[best] = last;
    return given;
  }

  /** The place of the lowest score in the hand; -1 where that is `last`. Equals take turns. */
  private best(last: S): number {
    const { hand, now, choice } = this;
    const { score, chance } = choice;
    let weights = last.weight(now);
    for (const standing of hand) weights += standing.weight(now);
    const mean = weights / (hand.length + 1);
    let best = -1;
    let lowest = score(last, now, chance, last.weight(now) / mean);
    let equals = 1;
    for (let i = 0; i < hand.length; i++) {
      const standing = hand[i]!;
      const other = score(standing, now, chance, standing.weight(now) / mean);
      if (other > lowest) continue;
      equals = other < lowest ? 1 : equals + 1;
      // Of equals each is taken with the same chance, without a second look at them.
      if (equals === 1 || chance.int(equals) === 0) best = i;
      lowest = other;
    }
    return best;
  }

  private fill(): void {
    const { choice, runners, hand } = this;
    if (choice.size >= runners.length) {
      if (!this.readAll) for (let i = 0; i < runners.length; i++) this.take(i);
      this.readAll = true;
      return;
    }
    this.draw ??= new Draw(runners.length, choice.chance);
    while (hand.length < choice.size) {
      const index = this.draw.next();
      if (index === -1) return;
      this.take(index);
    }
  }

  private take(index: number): void {
    const standing = this.runners[index]!;
    if (standing.usable(this.now) && !this.except.includes(index)) this.hand.push(standing);
  }
}

const NONE: readonly number[] = [];
