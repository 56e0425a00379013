/** Laws of the waiting room, against a model that sorts and searches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standingOf } from '../test/conformance/standing.js';
import { scriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { Room, type Seat, type Waiter } from './room.js';

const runner = standingOf(scriptedRunner(createVirtualClock(), 'r', []));
const NO_LIMITS = { perFunctionMax: 1e9, totalMax: 1e9 };

interface Waits extends Waiter {
  readonly id: number;
  barred: boolean;
  large: boolean;
}

const notBack = (key: string, value: unknown): unknown => (key === 'queue' ? '' : value);
const entries = (part: unknown): unknown => (part instanceof Map ? [...part] : typeof part);

const waiter = (id: number, fn: string, giveUpAt: number): Waits => ({
  ...{ id, fn, giveUpAt, barred: false, large: false },
  mayUse() {
    return !this.barred;
  },
  tooBigFor() {
    return this.large;
  },
});

type Command =
  | { readonly does: 'enter'; readonly fn: string; readonly giveUpAt: number }
  | { readonly does: 'leave'; readonly nth: number }
  | { readonly does: 'bar' | 'enlarge'; readonly nth: number }
  | { readonly does: 'next'; readonly except: string | undefined };

const fns = fc.constantFrom('a', 'b', 'c');
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ does: fc.constant('enter' as const), fn: fns, giveUpAt: fc.nat(20) }),
  fc.record({ does: fc.constant('leave' as const), nth: fc.nat(50) }),
  fc.record({ does: fc.constantFrom('bar' as const, 'enlarge' as const), nth: fc.nat(50) }),
  fc.record({ does: fc.constant('next' as const), except: fc.option(fns, { nil: undefined }) }),
);

describe('a waiting room', () => {
  it('calls up in turns by function, and of one function who gives up first', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        let emptied = 0;
        const room = new Room<Waits>(NO_LIMITS, () => (emptied += 1));
        /** Who waits, in the order of coming; functions, in the order of their turns. */
        const there: { readonly waits: Waits; readonly seat: Seat }[] = [];
        let turns: string[] = [];
        let ids = 0;
        let left = 0;
        const remove = (index: number): void => {
          const [gone] = there.splice(index, 1);
          const { fn } = gone!.waits;
          if (!there.some(({ waits }) => waits.fn === fn)) turns = turns.filter((f) => f !== fn);
          if (there.length === 0) left += 1;
        };
        const first = (fn: string, may: (waits: Waits) => boolean): Waits | undefined =>
          there
            .map(({ waits }) => waits)
            .filter((waits) => waits.fn === fn && may(waits))
            .sort((a, b) => a.giveUpAt - b.giveUpAt || a.id - b.id)[0];
        const expected = (except: string | undefined): Waits | undefined => {
          for (const fn of turns) {
            if (fn === except || first(fn, () => true)?.large === true) continue;
            const found = first(fn, ({ barred, large }) => !barred && !large);
            const head = first(fn, () => true);
            if (found === undefined) continue;
            turns = [...turns.filter((f) => f !== fn), fn];
            return head?.barred === true ? found : head;
          }
          return undefined;
        };
        for (const given of commands) {
          switch (given.does) {
            case 'enter': {
              const waits = waiter(ids++, given.fn, given.giveUpAt);
              there.push({ waits, seat: room.enter(waits)! });
              if (!turns.includes(given.fn)) turns.push(given.fn);
              break;
            }
            case 'leave': {
              const index = given.nth % Math.max(1, there.length);
              const seat = there[index]?.seat;
              if (seat === undefined) break;
              seat.leave();
              seat.leave();
              remove(index);
              break;
            }
            case 'bar':
            case 'enlarge': {
              const waits = there[given.nth % Math.max(1, there.length)]?.waits;
              if (waits === undefined) break;
              if (given.does === 'bar') waits.barred = true;
              else waits.large = true;
              break;
            }
            case 'next': {
              const want = expected(given.except);
              expect(room.next(runner, given.except)?.id).toBe(want?.id);
              if (want !== undefined) remove(there.findIndex(({ waits }) => waits === want));
              break;
            }
          }
          expect([room.size, emptied]).toEqual([there.length, left]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has so many places for a function, and so many in all', () => {
    const room = new Room<Waits>({ perFunctionMax: 2, totalMax: 3 }, () => undefined);
    const taken = ['a', 'a', 'a', 'b', 'b'].map((fn, id) => room.enter(waiter(id, fn, 0)));
    expect(taken.map((seat) => seat !== undefined)).toEqual([true, true, false, true, false]);
    taken[0]?.leave();
    expect(room.enter(waiter(5, 'b', 0))).toBeDefined();
  });

  it('forgets who has left: thousands that give up leave no pile behind', () => {
    const room = new Room<Waits>(NO_LIMITS, () => undefined);
    const last = room.enter(waiter(-1, 'a', 1e9));
    for (let id = 0; id < 10_000; id++) room.enter(waiter(id, 'a', id))?.leave();
    // All that it holds, but for the way back from a seat.
    const held = JSON.stringify(Object.values(room as object).map(entries), notBack);
    expect(held.length).toBeLessThan(10_000);
    expect(room.next(runner)?.id).toBe(-1);
    last?.leave();
    expect(room.size).toBe(0);
  });
});
