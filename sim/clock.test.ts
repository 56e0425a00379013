/** Laws of virtual time, against a list that is kept sorted: every timer once, and in its turn. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../core/clock.js';
import { InvariantError } from '../core/invariant.js';
import { createVirtualClock, type VirtualClock } from './clock.js';

const START_US = 1_000_000;

/** The model: what waits stands in a list, and who came later behind those of the same instant. */
function sortedClock(): VirtualClock {
  const waiting: { readonly at: number; readonly work: () => void }[] = [];
  let now = START_US;
  let events = 0;
  return {
    get events() {
      return events;
    },
    get pending() {
      return waiting.length;
    },
    now: () => now,
    wall: () => Date.UTC(2026) + Math.floor((now - START_US) / 1000),
    after(us, work) {
      const one = { at: now + Math.round(us), work };
      waiting.splice(waiting.filter(({ at }) => at <= one.at).length, 0, one);
      return {
        cancel() {
          const index = waiting.indexOf(one);
          if (index !== -1) waiting.splice(index, 1);
        },
      };
    },
    run(limit, stop) {
      let ran = 0;
      while (waiting.length > 0 && ran < limit) {
        const [next] = waiting.splice(0, 1);
        now = next?.at ?? NaN;
        ran += 1;
        events += 1;
        next?.work();
        if (stop?.() === true) break;
      }
      return ran;
    },
  };
}

/** What a timer does when it runs. */
type Deed =
  | { readonly does: 'nothing' | 'throw' }
  | { readonly does: 'cancel'; readonly nth: number }
  | { readonly does: 'set'; readonly us: number; readonly then: Deed };

/** Sets, cancels and runs on a clock, and writes down what happened when. */
class Hand {
  readonly story: string[] = [];
  private readonly timers: Timer[] = [];

  constructor(readonly clock: VirtualClock) {}

  set(us: number, deed: Deed): void {
    const number = this.timers.length;
    const work = (): void => {
      this.note(`${number} ran`);
      this.play(deed);
    };
    this.timers.push(this.clock.after(us, work));
  }

  /** Of all that were ever set, also those that have run. */
  cancel(nth: number): void {
    this.timers[nth % this.timers.length]?.cancel();
  }

  run(limit: number, stopAfter: number | undefined): void {
    let asked = 0;
    const stop = (): boolean => (asked += 1) === stopAfter;
    try {
      const ran = this.clock.run(limit, stopAfter === undefined ? undefined : stop);
      this.note(`${ran} of ${limit} ran, ${asked} asked`);
    } catch (thrown) {
      this.note(String(thrown));
    }
  }

  private play(deed: Deed): void {
    if (deed.does === 'throw') throw new Error('thrown by work');
    if (deed.does === 'cancel') this.cancel(deed.nth);
    if (deed.does === 'set') this.set(deed.us, deed.then);
  }

  private note(what: string): void {
    this.story.push(`${this.clock.now()}: ${what}`);
  }
}

const alike = (model: Hand, real: Hand): void => {
  expect(real.story.splice(0)).toEqual(model.story.splice(0));
  const [{ clock: expected }, { clock }] = [model, real];
  expect([clock.now(), clock.wall()]).toEqual([expected.now(), expected.wall()]);
  expect([clock.pending, clock.events]).toEqual([expected.pending, expected.events]);
};
/** The same to both. */
const command = (name: string, does: (hand: Hand) => void) => ({
  check: () => true,
  toString: () => name,
  run(model: Hand, real: Hand) {
    does(model);
    does(real);
    alike(model, real);
  },
});
const set = (us: number, deed: Deed) =>
  command(`set ${us} ${JSON.stringify(deed)}`, (hand) => hand.set(us, deed));
const cancel = (nth: number) => command(`cancel ${nth}`, (hand) => hand.cancel(nth));
const run = (limit: number, stopAfter: number | undefined) =>
  command(`run ${limit} ${stopAfter}`, (hand) => hand.run(limit, stopAfter));
/** So many at once, of which the first are cancelled, as most deadlines are. */
const crowd = (count: number, spreadUs: number, gone: number) =>
  command(`crowd ${count} ${spreadUs} ${gone}`, ({ clock, story }) => {
    // A walk that visits the instants in no order.
    const timers = Array.from({ length: count }, (_, index) =>
      clock.after((index * 7919) % spreadUs, () => story.push(`${clock.now()}: ${index}`)),
    );
    for (const timer of timers.slice(0, gone)) timer.cancel();
  });

const us = fc.oneof(fc.nat(9), fc.nat(9), fc.double({ min: 0, max: 9, noNaN: true }));
const { deed } = fc.letrec<{ deed: Deed }>((tie) => ({
  deed: fc.oneof(
    { maxDepth: 3 },
    fc.record({ does: fc.constantFrom('nothing' as const, 'throw' as const) }),
    fc.record({ does: fc.constant('cancel' as const), nth: fc.nat(50) }),
    fc.record({ does: fc.constant('set' as const), us, then: tie('deed') }),
  ),
}));
const limit = fc.oneof(fc.nat(5), fc.constant(1e9));
const stopAfter = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
const few = [
  fc.tuple(us, deed).map((given) => set(...given)),
  fc.nat(50).map(cancel),
  fc.tuple(limit, stopAfter).map((given) => run(...given)),
];
const crowds = fc
  .tuple(
    fc.integer({ min: 1000, max: 2500 }),
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 500, max: 2500 }),
  )
  .map((given) => crowd(...given));

const hands = () => ({ model: new Hand(sortedClock()), real: new Hand(createVirtualClock()) });

describe('for any order of set, cancel and run', () => {
  it('virtual time does what a sorted list would', () => {
    fc.assert(
      fc.property(fc.commands(few, { maxCommands: 60, size: '+1' }), (all) => {
        fc.modelRun(hands, all);
      }),
      { numRuns: 300 },
    );
  });

  it('... also when most timers of crowds are cancelled', () => {
    const commands = fc.commands([...few, crowds], { maxCommands: 12 });
    fc.assert(
      fc.property(commands, (all) => {
        fc.modelRun(hands, all);
      }),
      { numRuns: 60 },
    );
  });
});

describe('virtual time', () => {
  it.each([-1, -0.1, NaN, Infinity, -Infinity])('sets no timer of %d µs', (span) => {
    const clock = createVirtualClock();
    expect(() => clock.after(span, () => undefined)).toThrow(InvariantError);
    expect([clock.pending, clock.run(1)]).toEqual([0, 0]);
  });

  it('lets go of what is cancelled long before its instant', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const clock = createVirtualClock();
    const gone = Array.from({ length: 10_000 }, () => {
      const timer = clock.after(1e6, () => undefined);
      timer.cancel();
      return new WeakRef(timer);
    });
    // What was looked at in a turn lives until its end.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(gone.filter((timer) => timer.deref() !== undefined).length).toBeLessThan(2000);
    expect(clock.pending).toBe(0);
  });
});
