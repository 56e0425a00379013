/** How much calls hang together: nothing for independent ones, and all that one flight can tell. */
import { expect, it } from 'vitest';
import { seededRng } from '../core/rng.js';
import { togetherness, type Batch } from './together.js';

/** So many calls in 40 bins; `common` is how far the calls of a bin are late together. */
function flight(seed: number, perBin: number, common: number) {
  const rng = seededRng(seed);
  const bins: number[][] = Array.from({ length: 40 }, () => {
    const shared = common * rng.float();
    return Array.from({ length: perBin }, () => 100 + shared - Math.log(1 - rng.float()) * 20);
  });
  const all = bins.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const batches = bins.map((bin): Batch => ({
    calls: bin.length,
    sum: bin.reduce((sum, value) => sum + value, 0),
  }));
  return { batches, squares };
}
const of = (seed: number, perBin: number, common: number): number => {
  const { batches, squares } = flight(seed, perBin, common);
  return togetherness(batches, squares);
};

it('independent calls count as they are, but by chance once in twenty flights', () => {
  const effects = Array.from({ length: 400 }, (_, seed) => of(seed, 30, 0));
  const taken = effects.filter((effect) => effect > 1).length;
  expect(taken).toBeGreaterThan(4);
  expect(taken).toBeLessThan(40);
  expect(Math.max(...effects)).toBeLessThan(10);
});

it('calls that are late together count for less, and in the end for nothing', () => {
  const mild = Array.from({ length: 50 }, (_, seed) => of(seed, 30, 25));
  expect(mild.every((effect) => effect > 1 && effect < Infinity)).toBe(true);
  expect(of(1, 300, 100)).toBe(Infinity);
});

it('is 1 where nothing can be said: no call, one value, few bins', () => {
  expect(togetherness([], 0)).toBe(1);
  expect(togetherness([{ calls: 5, sum: 50 }], 0)).toBe(1);
  expect(togetherness(flight(1, 300, 100).batches.slice(0, 7), 1e9)).toBe(1);
});
