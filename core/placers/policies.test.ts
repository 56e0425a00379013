/** Laws of the policies that look at load: what they prefer, what they share, what they spare. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standingOf, type Belief } from '../../test/conformance/standing.js';
import { testCall } from '../../test/support/calls.js';
import { scriptedRunner } from '../../test/support/scripted-runner.js';
import { createVirtualClock } from '../../test/support/virtual.js';
import { placerByName, type PlacerName } from '../placer.js';
import { seededRng } from '../rng.js';
import type { Standing } from '../standing.js';
import { keyHash } from './hash.js';
import { jumpHash } from './hash-bounded.js';

const clock = createVirtualClock();
const call = testCall(clock);
const callOf = (id: string) => testCall(clock, { fn: { id } });
const fleet = (beliefs: readonly Partial<Belief>[]): Standing[] =>
  beliefs.map((belief, index) => standingOf(scriptedRunner(clock, `r${index}`, []), belief));
const made = (name: PlacerName, seed = 1) => placerByName[name]({ rng: seededRng(seed), clock });
const names = Object.keys(placerByName) as PlacerName[];

function idsOf(name: PlacerName, runners: readonly Standing[], seed = 1, of = call): string[] {
  const order = made(name, seed).order(of, runners, 0);
  const ids: string[] = [];
  for (let next = order.next(); next !== undefined; next = order.next()) ids.push(next.runner.id);
  expect(order.next()).toBe(undefined);
  return ids;
}

/** How often each runner is first, of `times`. */
function firsts(name: PlacerName, runners: readonly Standing[], times: number): number[] {
  const placer = made(name);
  const counts = new Map(runners.map(({ runner }) => [runner.id, 0]));
  for (let i = 0; i < times; i++) {
    const id = placer.order(call, runners, 0).next()?.runner.id ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()];
}

const belief = fc.record({
  inFlight: fc.nat(20),
  acceptance: fc.double({ min: 0.01, max: 1, noNaN: true }),
  latencyUs: fc.nat(1_000_000),
  weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  usable: fc.boolean(),
});

describe.each(names)('%s', (name) => {
  it('gives each usable runner once, whatever is believed of them', () => {
    fc.assert(
      fc.property(fc.array(belief, { maxLength: 40 }), fc.integer(), (beliefs, seed) => {
        const runners = fleet(beliefs);
        const ids = idsOf(name, runners, seed);
        expect(new Set(ids).size).toBe(ids.length);
        const usable = runners.filter((one) => one.usable(0)).map(({ runner }) => runner.id);
        expect(ids.filter((id) => usable.includes(id)).sort()).toEqual(usable.sort());
      }),
    );
  });
});

describe.each(['least', 'p2c', 'ewma'] as const)('%s', (name) => {
  it('of two runners takes the one that has less to do, always', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer({ min: 1, max: 20 }), fc.integer(), (few, more, seed) => {
        const latencyUs = 1000;
        const runners = fleet([
          { inFlight: few + more, latencyUs },
          { inFlight: few, latencyUs },
        ]);
        expect(idsOf(name, runners, seed)).toEqual(['r1', 'r0']);
      }),
    );
  });

  it('lets equals take turns', () => {
    const counts = firsts(name, fleet(Array.from({ length: 8 }, () => ({ latencyUs: 5 }))), 4000);
    // 500 each, give or take five standard deviations.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(105);
  });

  it('gives a runner that refuses everything fewer calls, idle and fast as it looks', () => {
    const others = Array.from({ length: 9 }, () => ({ inFlight: 2, latencyUs: 50_000 }));
    const runners = fleet([{ acceptance: 0.02 }, ...others]);
    expect(firsts(name, runners, 1000)[0]).toBe(0);
  });
});

describe.each(names)('%s', (name) => {
  it('asks in the same order whatever the unit of weights', () => {
    // Powers of two, so that no division rounds otherwise.
    const units = fc.constantFrom(2 ** -20, 0.25, 1024);
    const weighted = belief.map((one) => ({ ...one, weight: Math.ceil(one.weight) }));
    fc.assert(
      fc.property(
        fc.array(weighted, { maxLength: 20 }),
        units,
        fc.integer(),
        (list, unit, seed) => {
          const scaled = list.map((one) => ({ ...one, weight: one.weight * unit }));
          expect(idsOf(name, fleet(scaled), seed)).toEqual(idsOf(name, fleet(list), seed));
        },
      ),
    );
  });
});

describe('shares', () => {
  it.each(['naive', 'p2c'] as const)('of idle runners follow their weights (%s)', (name) => {
    const weights = [1, 1, 1, 1, 2, 2, 2, 2];
    const counts = firsts(name, fleet(weights.map((weight) => ({ weight }))), 12_000);
    const light = counts.slice(0, 4).reduce((a, b) => a + b) / 4;
    const heavy = counts.slice(4).reduce((a, b) => a + b) / 4;
    expect(heavy / light).toBeGreaterThan(1.5);
    expect(heavy / light).toBeLessThan(2.6);
  });

  it('of what is in flight are those of the weights (least)', () => {
    // Ten weights in all, 100 calls that stay.
    const running = [0, 0, 0, 0];
    const weights = [1, 2, 3, 4];
    const placer = made('least');
    for (let i = 0; i < 100; i++) {
      const runners = fleet(weights.map((weight, at) => ({ weight, inFlight: running[at]! })));
      const id = placer.order(call, runners, 0).next()?.runner.id ?? 'r0';
      running[Number(id.slice(1))]! += 1;
    }
    for (const [at, count] of running.entries()) {
      expect(Math.abs(count - 10 * weights[at]!)).toBeLessThanOrEqual(2);
    }
  });
});

describe('least', () => {
  it('looks at all of up to 16 runners', () => {
    const inFlight = fc.array(fc.nat(9), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(inFlight, fc.integer(), (loads, seed) => {
        const first = idsOf('least', fleet(loads.map((n) => ({ inFlight: n }))), seed)[0];
        expect(loads[Number(first?.slice(1))]).toBe(Math.min(...loads));
      }),
    );
  });

  it('of more does not take one that is busier than four others', () => {
    const loads = Array.from({ length: 100 }, (_, index) => index);
    const runners = fleet(loads.map((inFlight) => ({ inFlight })));
    for (let seed = 0; seed < 200; seed++) {
      expect(Number(idsOf('least', runners, seed)[0]?.slice(1))).toBeLessThan(96);
    }
  });
});

describe('ewma', () => {
  it('prefers the fast, and tries an idle one that it does not know before all', () => {
    expect(idsOf('ewma', fleet([{ latencyUs: 9000 }, { latencyUs: 1000 }]))).toEqual(['r1', 'r0']);
    expect(idsOf('ewma', fleet([{ latencyUs: 1 }, {}]))).toEqual(['r1', 'r0']);
  });

  it('does not pile calls on one that has not answered yet', () => {
    const runners = fleet([{ latencyUs: 1_000_000, inFlight: 50 }, { inFlight: 1 }]);
    expect(idsOf('ewma', runners)).toEqual(['r0', 'r1']);
  });
});

describe('hash-bounded', () => {
  const EPSILON = 0.25;

  it('never puts a call above the bound, however the calls are spread', () => {
    const loads = fc.array(fc.nat(30), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(loads, fc.string(), (inFlight, fn) => {
        const runners = fleet(inFlight.map((n) => ({ inFlight: n })));
        const first = made('hash-bounded').order(callOf(fn), runners, 0).next();
        const mean = (inFlight.reduce((a, b) => a + b, 0) + 1) / inFlight.length;
        expect((first?.inFlight ?? 0) + 1).toBeLessThanOrEqual(Math.ceil((1 + EPSILON) * mean));
      }),
    );
  });

  it('counts nobody in that cannot be asked', () => {
    const beliefs = fc.array(fc.record({ inFlight: fc.nat(30), usable: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(beliefs, fc.string(), (list, fn) => {
        const usable = list.filter((one) => one.usable);
        const first = made('hash-bounded').order(callOf(fn), fleet(list), 0).next();
        const calls = usable.reduce((sum, one) => sum + one.inFlight, 0) + 1;
        const most = Math.ceil(((1 + EPSILON) * calls) / usable.length);
        expect(first === undefined).toBe(usable.length === 0);
        if (first !== undefined) expect(first.inFlight + 1).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('has one home a function while that has room, and one order beyond it, on every LB', () => {
    const idle = fleet(Array.from({ length: 20 }, () => ({})));
    for (let fn = 0; fn < 50; fn++) {
      const of = callOf(`f${fn}`);
      const order = idsOf('hash-bounded', idle, 1, of);
      expect(order[0]).toBe(`r${jumpHash(keyHash(`f${fn}`), 20)}`);
      expect(idsOf('hash-bounded', idle, 2, of)).toEqual(order);
      const busy = idle.map((one) =>
        one.runner.id === order[0] ? standingOf(one.runner, { inFlight: 9 }) : one,
      );
      expect(idsOf('hash-bounded', busy, 3, of)).toEqual([...order.slice(1), order[0]]);
    }
  });

  it('moves a function only to a runner that is new, and one in their number', () => {
    const keys = Array.from({ length: 4000 }, (_, index) => keyHash(`f${index}`));
    for (const count of [1, 5, 10, 50]) {
      const moved = keys.filter((key) => jumpHash(key, count) !== jumpHash(key, count + 1));
      for (const key of moved) expect(jumpHash(key, count + 1)).toBe(count);
      const share = 1 / (count + 1);
      const deviation = Math.sqrt((share * (1 - share)) / keys.length);
      expect(Math.abs(moved.length / keys.length - share)).toBeLessThan(5 * deviation);
    }
  });
});
