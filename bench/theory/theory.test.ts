/** The suite on few calls, so that it cannot rot: what agrees is told from what does not. */
import { expect, test } from 'vitest';
import { all } from './all.js';
import { fly } from './flown.js';
import * as theory from './formulas.js';
import { renderTheory } from './page.js';
import { meanOf, rateOf, scenario } from './queues.js';
import { measure, type Law, type Row } from './row.js';
import { markdownOf } from './table.js';

const quick = (figure: number): Law => ({
  ...{ law: 'M/M/1', parameters: 'ρ 0.5', x: 0.5, series: 'mean', what: 'mean', theory: figure },
  measure: (seed) =>
    meanOf(
      fly({
        scenario: scenario({ perSec: rateOf(0.5, 1), fleet: 'count: 1, slots: 1, queue: 1000' }),
        calls: 2_000,
        seed,
      }),
    ),
});

const row = measure(quick(theory.mm1(0.5)));

test('a queue that is M/M/1 agrees with M/M/1, and with nothing else', () => {
  expect(row.holds).toBe(true);
  expect(row.count).toBe(10 * 1_800);
  expect(measure(quick(theory.mg1(0.5, 0))).holds).toBe(false);
});

test('what is too unsure holds nowhere', () => {
  const wild = { ...quick(1), measure: (seed: number) => ({ value: seed, count: 1 }) };
  expect(measure({ ...wild, theory: 5.5 }).holds).toBe(false);
});

test('what is exact is', () => {
  const exact = { ...quick(0), exact: true };
  expect(measure({ ...exact, measure: () => ({ value: 0, count: 1 }) }).holds).toBe(true);
  expect(measure({ ...exact, measure: () => ({ value: 1e-9, count: 1 }) }).holds).toBe(false);
});

test('a flight that breaks a law, or an identity, is not measured', () => {
  expect(() =>
    fly({ scenario: scenario({ perSec: 1, fleet: 'slots: 0' }), calls: 1, seed: 1 }),
  ).toThrow('fleet[0].slots');
});

test('every law has a row of its own, and all of them fit the document and the page', () => {
  const names = all.map(({ law, parameters, what }) => `${law} ${parameters} ${what}`);
  expect(new Set(names).size).toBe(all.length);
  const rows = all.map((law): Row => ({ ...row, ...law }));
  expect(markdownOf(rows).match(/ ✓ \|$/gm)).toHaveLength(all.length);
  const page = renderTheory([...rows, { ...row, holds: false }], 'here', '0.0.0');
  expect(page).toContain(`${all.length} of ${all.length + 1} rows within their tolerance`);
  expect(page).toContain('✗');
});
