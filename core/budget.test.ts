/** Laws of a shared budget: it takes all or nothing, and never gives back what it did not hold. */
import { expect, it } from 'vitest';
import { createBudget } from './budget.js';

it('takes up to its maximum exactly, all or nothing', () => {
  const budget = createBudget(10);
  expect([budget.take(4), budget.take(7), budget.used, budget.take(6), budget.take(1)]).toEqual([
    true,
    false,
    4,
    true,
    false,
  ]);
});

it('is over only by what was forced', () => {
  const budget = createBudget(10);
  budget.take(10);
  expect(budget.over).toBe(false);
  budget.force(1);
  expect([budget.over, budget.used]).toEqual([true, 11]);
  budget.give(1);
  expect(budget.over).toBe(false);
});

it('never gives back more than it holds', () => {
  const budget = createBudget(10);
  budget.take(2);
  expect(() => budget.give(3)).toThrow('budget gave back 1 bytes more than it held');
});
