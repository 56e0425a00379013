/**
 * Laws of a runner's capacity, against a model: never more than it has, first come first served.
 */
import fc from 'fast-check';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { createCapacity, type Capacity, type Place } from './capacity.js';
import { InvariantError } from './invariant.js';

const placeOf = (entered: Place | string): Place => {
  if (typeof entered === 'string') throw new Error(`NACK ${entered}`);
  return entered;
};

describe('capacity', () => {
  it('gives a free slot before it returns', () => {
    const begin = sinon.spy();
    const capacity = createCapacity({ slots: 1, queue: 0 });
    capacity.enter(1, begin);
    sinon.assert.calledOnce(begin);
    expect(capacity.active).toBe(1);
  });

  it.each([
    ['busy without a free slot', { slots: 1, queue: 0, memoryMb: 100 }, [10], 10, 'busy'],
    [
      'size with slots but too little memory',
      { slots: 2, queue: 0, memoryMb: 100 },
      [60],
      50,
      'size',
    ],
    ['size for what can never fit', { slots: 2, queue: 5, memoryMb: 100 }, [], 101, 'size'],
    ['busy when the queue is full', { slots: 1, queue: 1 }, [1, 1], 1, 'busy'],
  ] as const)('NACKs %s', (_name, options, before, memory, reason) => {
    const capacity = createCapacity(options);
    for (const each of before) capacity.enter(each, () => undefined);
    expect(capacity.enter(memory, () => undefined)).toBe(reason);
  });

  it('is exactly legal at its limits', () => {
    const capacity = createCapacity({ slots: 2, queue: 1, memoryMb: 100 });
    const begin = sinon.spy();
    capacity.enter(60, begin);
    capacity.enter(40, begin);
    sinon.assert.calledTwice(begin);
    placeOf(capacity.enter(1, begin));
    expect([capacity.active, capacity.queued]).toEqual([2, 1]);
  });

  it('takes a place back once', () => {
    const place = placeOf(createCapacity({ slots: 1, queue: 0 }).enter(1, () => undefined));
    place.leave();
    expect(() => place.leave()).toThrow(InvariantError);
  });

  it('lets the next one in when the head of the queue that did not fit leaves', () => {
    const capacity = createCapacity({ slots: 2, queue: 2, memoryMb: 100 });
    const begin = sinon.spy();
    capacity.enter(60, () => undefined);
    const big = placeOf(capacity.enter(90, () => undefined));
    capacity.enter(10, begin);
    sinon.assert.notCalled(begin);
    big.leave();
    sinon.assert.calledOnce(begin);
  });
});

interface Entry {
  readonly memory: number;
  readonly place: Place;
  begun: boolean;
}

describe('for any order of enter and leave', () => {
  const MEMORY = 100;
  const steps = fc.array(
    fc.oneof(
      fc.record({ enter: fc.integer({ min: 1, max: 120 }) }),
      fc.record({ leave: fc.nat() }),
    ),
    { maxLength: 60 },
  );

  it('it does what a list would: slots and memory hold, the queue is first in first out', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.nat(3), (all, slots, queue) => {
        const capacity: Capacity = createCapacity({ slots, queue, memoryMb: MEMORY });
        const inside: Entry[] = [];
        const running = () => inside.filter((entry) => entry.begun);
        const used = () => running().reduce((sum, entry) => sum + entry.memory, 0);
        const fits = (memory: number) => running().length < slots && used() + memory <= MEMORY;
        for (const step of all) {
          if ('enter' in step) {
            const waiting = inside.filter((entry) => !entry.begun);
            const now = waiting.length === 0 && fits(step.enter);
            const taken = now || (waiting.length < queue && step.enter <= MEMORY);
            let begun = false;
            const holder: { entry?: Entry } = {};
            const entered = capacity.enter(step.enter, () => {
              begun = true;
              if (holder.entry !== undefined) holder.entry.begun = true;
            });
            expect(typeof entered === 'object').toBe(taken);
            expect(begun).toBe(now);
            if (typeof entered === 'object') {
              holder.entry = { memory: step.enter, place: entered, begun };
              inside.push(holder.entry);
            }
          } else if (inside.length > 0) {
            const [entry] = inside.splice(step.leave % inside.length, 1);
            entry?.place.leave();
          }
          expect([capacity.active, capacity.queued]).toEqual([
            running().length,
            inside.length - running().length,
          ]);
          expect(used()).toBeLessThanOrEqual(MEMORY);
          // Nobody behind the first who waits has overtaken it, and it waits for a reason.
          const first = inside.findIndex((entry) => !entry.begun);
          if (first >= 0) {
            expect(inside.slice(first).some((entry) => entry.begun)).toBe(false);
            expect(fits(inside[first]?.memory ?? 0)).toBe(false);
          }
        }
        for (const entry of inside.splice(0).reverse()) entry.place.leave();
        expect([capacity.active, capacity.queued]).toEqual([0, 0]);
      }),
    );
  });
});
