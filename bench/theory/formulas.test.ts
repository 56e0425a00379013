/** The formulas against figures that others have published, or that follow by hand. */
import { expect, test } from 'vitest';
import * as theory from './formulas.js';

test.each<[string, number, number]>([
  ['M/M/1, ρ .7', theory.mm1(0.7), 3.3333],
  ['M/M/1, ρ .7, p50', theory.mm1Quantile(0.7, 0.5), 2.3105],
  ['M/M/1, ρ .9, p99', theory.mm1Quantile(0.9, 0.99), 46.0517],
  ['Erlang C, c 2, ρ .7', theory.erlangC(2, 0.7), 0.57647],
  ['M/M/2, ρ .7', theory.mmc(2, 0.7), 1.96078],
  ['M/M/10, ρ .9', theory.mmc(10, 0.9), 1.66873],
  ['M/M/100, ρ .95', theory.mmc(100, 0.95), 1.10129],
  ['Erlang B, c 5, a 3', theory.erlangB(5, 3), 0.110054],
  ['Erlang B, c 10, a 12', theory.erlangB(10, 12), 0.301925],
  ['Erlang B, c 100, a 90', theory.erlangB(100, 90), 0.026957],
  ['M/M/1/3, ρ .5', theory.mm1k(0.5, 3), 0.066667],
  ['M/M/1/10, ρ 1.2', theory.mm1k(1.2, 10), 0.192586],
  ['M/M/1/4, ρ 1', theory.mm1k(1, 4), 0.2],
  ['M/D/1, ρ .7', theory.mg1(0.7, 0) - 1, 1.16667],
  ['M/LN/1, σ 1, ρ .7', theory.mg1(0.7, theory.lognormalC2(1)) - 1, 3.1713],
  ['M/G/1-PS, ρ .9', theory.mg1ps(0.9), 10],
  ['round robin over 2, ρ .7', theory.roundRobin(2, 0.7), 2.6006],
  ['round robin over 10, ρ .9', theory.roundRobin(10, 0.9), 5.6603],
  ['JSQ(2), λ .5', theory.supermarket(2, 0.5), 1.2657],
  ['JSQ(2), λ .95', theory.supermarket(2, 0.95), 3.383],
  ['JSQ(3), λ .9', theory.supermarket(3, 0.9), 2.0279],
  ['3 retries, f .5', theory.attempts(0.5, 3), 1.875],
  ['3 retries, f 1', theory.attempts(1, 3), 4],
  ['success with 1 retry, f .1', theory.succeed(0.1, 1), 0.99],
])('%s', (_, computed, published) => {
  // Published with four to six figures.
  expect(Math.abs(computed / published - 1)).toBeLessThan(5e-5);
});

test('one server is M/M/1 by any formula', () => {
  for (const rho of [0.1, 0.5, 0.9]) {
    expect(theory.mmc(1, rho)).toBeCloseTo(theory.mm1(rho), 10);
    expect(theory.mg1(rho, 1)).toBeCloseTo(theory.mm1(rho), 10);
    expect(theory.roundRobin(1, rho)).toBeCloseTo(theory.mm1(rho), 6);
    expect(theory.supermarket(1, rho)).toBeCloseTo(theory.mm1(rho), 10);
  }
});

test('a storm feeds itself between μ/(1+r) and μ', () => {
  const storms = [140, 150, 200, 299, 300].map((lambda) => theory.metastable(lambda, 300, 1));
  expect(storms).toEqual([false, true, true, true, false]);
  expect(theory.metastable(280, 300, 0)).toBe(false);
});
