/** Laws of a clock that draws the order of an instant: it permutes, and changes nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../core/clock.js';
import { seededRng } from '../core/rng.js';
import { createVirtualClock, drain, type VirtualClock } from '../test/support/virtual.js';

const drawn = (seed: number): VirtualClock => createVirtualClock(seededRng(seed));

/** A timer, and what it does when it runs. */
interface Plan {
  readonly us: number;
  /** Sets another one, so far from then. */
  readonly thenUs: number | undefined;
  /** Cancels one of the first ones, which may have run. */
  readonly cancels: number | undefined;
}
interface Ran {
  readonly id: string;
  readonly due: number;
  readonly at: number;
}

/** Plays plans to their end. What becomes of a timer that was cancelled after it ran is no news. */
function play(clock: VirtualClock, plans: readonly Plan[]) {
  const ran: Ran[] = [];
  const cancelled = new Set<string>();
  const set = (id: string, us: number, work: () => void): Timer => {
    const due = clock.now() + us;
    return clock.after(us, () => {
      ran.push({ id, due, at: clock.now() });
      work();
    });
  };
  const timers = plans.map(({ us, thenUs, cancels }, index): Timer => {
    return set(`${index}`, us, () => {
      if (thenUs !== undefined) set(`${index}, then`, thenUs, () => undefined);
      if (cancels === undefined) return;
      const other = cancels % plans.length;
      timers[other]?.cancel();
      if (!ran.some(({ id }) => id === `${other}`)) cancelled.add(`${other}`);
    });
  });
  drain(clock);
  return { ran, cancelled };
}

const maybe = fc.option(fc.nat(50), { nil: undefined, freq: 1 });
const plan = fc.record({ us: fc.nat(3), thenUs: maybe.map((n) => n && n % 4), cancels: maybe });
const plans = fc.array(plan, { minLength: 1, maxLength: 200, size: 'max' });
const seed = fc.nat();

describe('whatever order is drawn', () => {
  it('a timer runs at its instant, and once, or never when it was cancelled before', () => {
    fc.assert(
      fc.property(seed, plans, (drawnBy, all) => {
        const clock = drawn(drawnBy);
        const { ran, cancelled } = play(clock, all);
        for (const [index, { at, due }] of ran.entries()) {
          expect(at).toBe(due);
          expect(at).toBeGreaterThanOrEqual(ran[index - 1]?.at ?? 0);
        }
        const expected = all.flatMap(({ thenUs }, index) => {
          if (cancelled.has(`${index}`)) return [];
          return thenUs === undefined ? [`${index}`] : [`${index}`, `${index}, then`];
        });
        expect(ran.map(({ id }) => id).sort()).toEqual(expected.sort());
        expect([clock.pending, clock.events]).toEqual([0, ran.length]);
      }),
    );
  });

  it('the same seed draws the same order', () => {
    fc.assert(
      fc.property(seed, plans, (drawnBy, all) => {
        expect(play(drawn(drawnBy), all)).toEqual(play(drawn(drawnBy), all));
      }),
    );
  });
});

describe('seeds', () => {
  /** The orders that so many of them give so many timers of one instant. */
  const orders = (seeds: number, count: number): string[] => {
    const all = Array<Plan>(count).fill({ us: 5, thenUs: undefined, cancels: undefined });
    return Array.from({ length: seeds }, (_, drawnBy) =>
      play(drawn(drawnBy), all)
        .ran.map(({ id }) => id)
        .join(' '),
    );
  };

  it('reach every order of four timers', () => {
    expect(new Set(orders(1000, 4)).size).toBe(24);
  });

  it('reach what shuffling alone would not: a burst as it came, and turned round', () => {
    // By chance one seed of 9! would.
    const reached = new Set(orders(1000, 9));
    expect(reached).toContain('0 1 2 3 4 5 6 7 8');
    expect(reached).toContain('8 7 6 5 4 3 2 1 0');
    expect(reached.size).toBeGreaterThan(100);
  });

  it('do not keep to one way: hundreds are hardly ever as they came', () => {
    const untouched = Array.from({ length: 300 }, (_, index) => index).join(' ');
    const reached = orders(100, 300);
    expect(reached.filter((order) => order === untouched).length).toBeLessThan(10);
  });
});
