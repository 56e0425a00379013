/**
 * Laws of a runner's capacity, against a model: never more than it has, first come first served.
 */
import fc from 'fast-check';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { createCapacity, parseCpu, type Capacity, type Needs, type Place } from './capacity.js';
import { InvariantError } from './invariant.js';

const placeOf = (entered: Place | string): Place => {
  if (typeof entered === 'string') throw new Error(`NACK ${entered}`);
  return entered;
};

/** An execution that takes so much of both. */
const need = (memoryMb: number, cpuMilli = 0): Needs => ({ memoryMb, cpuMilli });

describe('capacity', () => {
  it('gives a free slot before it returns', () => {
    const begin = sinon.spy();
    const capacity = createCapacity({ slots: 1, queue: 0 });
    capacity.enter(need(1), begin);
    sinon.assert.calledOnce(begin);
    expect(capacity.active).toBe(1);
  });

  const BOTH = { slots: 2, queue: 0, memoryMb: 100, cpuMilli: 1000 };

  it.each([
    ['busy: no free slot', { slots: 1, queue: 0, memoryMb: 100 }, [need(10)], need(10), 'busy'],
    ['busy: the queue is full', { slots: 1, queue: 1 }, [need(1), need(1)], need(1), 'busy'],
    ['size: slots, but too little memory', BOTH, [need(60)], need(50), 'size'],
    ['size: slots, but too little cpu', BOTH, [need(1, 600)], need(1, 500), 'size'],
    ['impossible: memory', { ...BOTH, queue: 5 }, [], need(101), 'impossible'],
    ['impossible: cpu', { ...BOTH, queue: 5 }, [], need(1, 1001), 'impossible'],
    ['impossible, even when it is full', { ...BOTH, slots: 1 }, [need(1)], need(101), 'impossible'],
    ['impossible: less than nothing', BOTH, [], need(-1), 'impossible'],
    ['impossible: no number', BOTH, [], need(1, Number.NaN), 'impossible'],
    ['impossible: endless', BOTH, [], need(Number.POSITIVE_INFINITY), 'impossible'],
  ] as const)('says %s', (_name, options, before, needs, answer) => {
    const capacity = createCapacity(options);
    const begin = sinon.spy();
    for (const each of before) capacity.enter(each, () => undefined);
    const held = [capacity.active, capacity.queued];
    expect(capacity.enter(needs, begin)).toBe(answer);
    expect(capacity.possible(needs)).toBe(answer !== 'impossible');
    expect([capacity.active, capacity.queued]).toEqual(held);
    sinon.assert.notCalled(begin);
  });

  it('looks at no amount of what it does not limit', () => {
    const capacity = createCapacity({ slots: 2, queue: 0 });
    placeOf(capacity.enter(need(Number.POSITIVE_INFINITY, Number.NaN), () => undefined)).leave();
    const begin = sinon.spy();
    capacity.enter(need(1), begin);
    sinon.assert.calledOnce(begin);
  });

  it('gives a part of a unit as a whole one', () => {
    const capacity = createCapacity({ slots: 9, queue: 0, memoryMb: 2 });
    placeOf(capacity.enter(need(0.1), () => undefined));
    placeOf(capacity.enter(need(0.1), () => undefined));
    expect(capacity.enter(need(0.1), () => undefined)).toBe('size');
  });

  it('is exactly legal at its limits', () => {
    const capacity = createCapacity({ slots: 2, queue: 1, memoryMb: 100, cpuMilli: 1000 });
    const begin = sinon.spy();
    capacity.enter(need(60, 400), begin);
    capacity.enter(need(40, 600), begin);
    sinon.assert.calledTwice(begin);
    placeOf(capacity.enter(need(1), begin));
    expect([capacity.active, capacity.queued]).toEqual([2, 1]);
  });

  it('takes a place back once', () => {
    const place = placeOf(createCapacity({ slots: 1, queue: 0 }).enter(need(1), () => undefined));
    place.leave();
    expect(() => place.leave()).toThrow(InvariantError);
  });

  it('lets the next one in when the head of the queue that did not fit leaves', () => {
    const capacity = createCapacity({ slots: 2, queue: 2, memoryMb: 100 });
    const begin = sinon.spy();
    capacity.enter(need(60), () => undefined);
    const big = placeOf(capacity.enter(need(90), () => undefined));
    capacity.enter(need(10), begin);
    sinon.assert.notCalled(begin);
    big.leave();
    sinon.assert.calledOnce(begin);
  });
});

describe('an amount of cpu', () => {
  it.each([
    ['', 0],
    ['0m', 0],
    ['100m', 100],
    ['0.1', 100],
    ['2', 2000],
    ['0.0004', 0],
    ['1024000m', 1_024_000],
    ['1024', 1_024_000],
    ['1024000.5m', Number.NaN],
    ['1025', Number.NaN],
    ['-1', Number.NaN],
    ['1e3', Number.NaN],
    [' 1', Number.NaN],
    ['m', Number.NaN],
    ['9'.repeat(400), Number.NaN],
  ])('%j is %d milli', (text, milli) => {
    expect(parseCpu(text)).toBe(milli);
  });
});

interface Entry {
  readonly needs: Needs;
  readonly place: Place;
  begun: boolean;
}

describe('for any order of enter and leave', () => {
  const HAS = need(100, 1000);
  const needs = fc.record({
    memoryMb: fc.integer({ min: 0, max: 120 }),
    cpuMilli: fc.integer({ min: 0, max: 1100 }),
  });
  const steps = fc.array(fc.oneof(fc.record({ enter: needs }), fc.record({ leave: fc.nat() })), {
    maxLength: 60,
  });
  const within = (taken: Needs): boolean =>
    taken.memoryMb <= HAS.memoryMb && taken.cpuMilli <= HAS.cpuMilli;
  const plus = (a: Needs, b: Needs): Needs =>
    need(a.memoryMb + b.memoryMb, a.cpuMilli + b.cpuMilli);

  it('it does what a list would: slots and units hold, the queue is first in first out', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.nat(3), (all, slots, queue) => {
        const capacity: Capacity = createCapacity({ slots, queue, ...HAS });
        const inside: Entry[] = [];
        const running = () => inside.filter((entry) => entry.begun);
        const used = () => running().reduce((sum, entry) => plus(sum, entry.needs), need(0));
        const fits = (more: Needs) => running().length < slots && within(plus(used(), more));
        for (const step of all) {
          if ('enter' in step) {
            const waiting = inside.filter((entry) => !entry.begun);
            const now = waiting.length === 0 && fits(step.enter);
            const taken = now || (waiting.length < queue && within(step.enter));
            let begun = false;
            const holder: { entry?: Entry } = {};
            const entered = capacity.enter(step.enter, () => {
              begun = true;
              if (holder.entry !== undefined) holder.entry.begun = true;
            });
            expect(typeof entered === 'object').toBe(taken);
            expect(entered === 'impossible').toBe(!within(step.enter));
            expect(begun).toBe(now);
            if (typeof entered === 'object') {
              holder.entry = { needs: step.enter, place: entered, begun };
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
          expect(within(used())).toBe(true);
          // Nobody behind the first who waits has overtaken it, and it waits for a reason.
          const first = inside.findIndex((entry) => !entry.begun);
          if (first >= 0) {
            expect(inside.slice(first).some((entry) => entry.begun)).toBe(false);
            expect(fits(inside[first]?.needs ?? HAS)).toBe(false);
          }
        }
        for (const entry of inside.splice(0).reverse()) entry.place.leave();
        expect([capacity.active, capacity.queued]).toEqual([0, 0]);
      }),
    );
  });
});
