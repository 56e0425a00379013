/**
 * How many attempts an LB may add that no NACK asked for: second chances and hedges. Tokens come
 * from arrivals, not from what is active, for that shrinks as calls turn into retries; and a few
 * a second, so that a quiet LB can try again too (Finagle's RetryBudget).
 */
import type { Clock } from './clock.js';
import type { BalancerOptions } from './options.js';

export interface RetryBudget {
  /** A call arrived. */
  arrived(): void;
  /** Takes one attempt, or says that there is none. */
  spend(): boolean;
}

type Rules = Pick<BalancerOptions, 'retryBudgetRatio' | 'retryBudgetPerSec' | 'retryBudgetMax'>;

export function createRetryBudget(clock: Clock, rules: Rules): RetryBudget {
  const { retryBudgetRatio: ratio, retryBudgetPerSec: perSec, retryBudgetMax: most } = rules;
  let tokens = Math.min(perSec, most);
  let at = clock.now();
  const add = (more: number): void => {
    tokens = Math.min(most, tokens + more);
  };
  return {
    arrived: () => add(ratio),
    spend() {
      const now = clock.now();
      add(((now - at) * perSec) / 1_000_000);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
