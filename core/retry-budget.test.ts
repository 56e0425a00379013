/** Laws of the retry budget: never more than its share of the arrivals and its rate allow. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { createRetryBudget } from './retry-budget.js';

const RULES = { retryBudgetRatio: 0.2, retryBudgetPerSec: 10, retryBudgetMax: 100 };

it('spends at most a fifth of the arrivals, ten a second, and what it began with', () => {
  const steps = fc.array(fc.constantFrom('arrive', 'spend', 'wait'), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (drawn) => {
      const clock = createVirtualClock();
      const budget = createRetryBudget(clock, RULES);
      const startedAt = clock.now();
      let [arrived, spent] = [0, 0];
      for (const step of drawn) {
        if (step === 'wait') advance(clock, SECOND / 20);
        else if (step === 'arrive') {
          arrived += 1;
          budget.arrived();
        } else if (budget.spend()) spent += 1;
      }
      const seconds = (clock.now() - startedAt) / SECOND;
      expect(spent).toBeLessThanOrEqual(10 + 0.2 * arrived + 10 * seconds + 1e-9);
    }),
  );
});

it('of a quiet LB has some, and saves up no more than its limit', () => {
  const clock = createVirtualClock();
  const budget = createRetryBudget(clock, RULES);
  const spendAll = (): number => {
    let spent = 0;
    while (budget.spend()) spent += 1;
    return spent;
  };
  expect(spendAll()).toBe(10);
  advance(clock, SECOND);
  expect(spendAll()).toBe(10);
  advance(clock, 3600 * SECOND);
  expect(spendAll()).toBe(100);
});
