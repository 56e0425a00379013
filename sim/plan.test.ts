/** Laws of what is offered: who is called how often, and that it hangs on the seed alone. */
import { describe, expect, it, test } from 'vitest';
import { seededRng } from '../core/rng.js';
import { scenarioOf } from '../test/support/fly.js';
import { planCalls } from './plan.js';
import type { Scenario } from './scenario.js';

const scenario = (functions: string): Scenario =>
  scenarioOf(`
version: 1
name: plan
calls: 100000
arrivals: { kind: poisson, rate: 1000/s }
functions: ${functions}
fleet: [{ name: r, slots: 1 }]`);

/** Calls of each function, by its name. */
function countsOf(of: Scenario, seed = 1): Map<string, number> {
  const counts = new Map(of.functions.map(({ name }) => [name, 0]));
  const next = planCalls(of, seededRng(seed));
  for (let call = next(); call !== undefined; call = next()) {
    counts.set(call.fn.name, (counts.get(call.fn.name) ?? 0) + 1);
  }
  return counts;
}

test.each([
  '{ a: { weight: 3 }, b: {}, c: { weight: 0.1 } }',
  '{ a: { weight: 0 }, b: { weight: 0.3 }, c: { weight: 0 }, d: { weight: 0.7 }, e: { weight: 0 } }',
  '{ a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {} }',
])('the function of a call is found by going down the weights: %s', (functions) => {
  const of = scenario(functions);
  const choice = seededRng(7).split('functions');
  const total = of.functions.reduce((sum, { weight }) => sum + weight, 0);
  const next = planCalls(of, seededRng(7));
  for (let call = next(); call !== undefined; call = next()) {
    let left = choice.float() * total;
    const found = of.functions.find(({ weight }) => (left -= weight) < 0);
    if (call.fn !== found) throw new Error(`${call.id} calls ${call.fn.name}`);
  }
});

describe('functions by number', () => {
  it('are named and weighed as their zipf says, and are otherwise alike', () => {
    const { functions } = scenario('{ a: { count: 4, zipf: 1, weight: 12, service: 3ms }, b: {} }');
    expect(functions.map(({ name }) => name)).toEqual(['a1', 'a2', 'a3', 'a4', 'b']);
    [12, 6, 4, 3, 1].forEach((weight, index) =>
      expect(functions[index]?.weight).toBeCloseTo(weight, 12),
    );
    const [{ name: _, weight: __, ...first }, { name: ___, weight: ____, ...second }] =
      functions as [Scenario['functions'][number], Scenario['functions'][number]];
    expect(second).toEqual(first);
  });

  it('have exactly their weight without a zipf', () => {
    const { functions } = scenario('{ a: { count: 1000, weight: 0.3 } }');
    expect(new Set(functions.map(({ weight }) => weight))).toEqual(new Set([0.3]));
  });

  it('are called by their weights', () => {
    const of = scenario('{ a: { count: 100, zipf: 1.2 } }');
    const counts = countsOf(of);
    const total = of.functions.reduce((sum, { weight }) => sum + weight, 0);
    for (const { name, weight } of of.functions) {
      const expected = (100_000 * weight) / total;
      // Five standard deviations of a count.
      const off = Math.abs((counts.get(name) ?? 0) - expected);
      expect(off).toBeLessThan(5 * Math.sqrt(expected));
    }
  });
});

test('calls do not hang on which functions they are of', () => {
  const instants = (functions: string): number[] => {
    const next = planCalls(scenario(functions), seededRng(1));
    return Array.from({ length: 100 }, () => next()?.atUs ?? -1);
  };
  expect(instants('{ a: { count: 50, zipf: 2 } }')).toEqual(instants('{ a: {} }'));
});
