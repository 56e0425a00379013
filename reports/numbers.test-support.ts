/** Reads the numbers of a report's tables back and holds them against the result of its flight. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { each } from './browser.test-support.js';
import { metricsOf, type FlightResult } from './result.js';

/** Rows of cells, as one reads them; without thin spaces. */
async function cells(page: Page, table: string): Promise<readonly (readonly string[])[]> {
  const look = `(row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent)`;
  const rows = await each<readonly string[]>(page, `${table} tbody tr`, look);
  return rows.map((row) => row.map((text) => text.replace(/\u202f/g, '').trim()));
}

const SCALE: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, '%': 0.01, '/s': 1 };

/** The shown number is the true one, but for digits after the last it shows. */
function shows(text: string, value: number | null, what: string): void {
  if (value === null) return expect(text, what).toBe('–');
  const parts = /^([<>]?)([\d.]+)(ms|s|%|\/s)?/.exec(text);
  expect(parts, `${what}: ${text}`).not.toBeNull();
  const [, sign = '', digits = '', unit = ''] = parts!;
  const scale = SCALE[unit]!;
  const shown = Number(digits) * scale;
  if (sign === '<') return expect(value, what).toBeLessThan(shown);
  if (sign === '>') return expect(value, what).toBeGreaterThan(shown);
  const decimals = digits.includes('.') ? digits.length - digits.indexOf('.') - 1 : 0;
  const lastDigit = scale / 10 ** decimals;
  expect(Math.abs(shown - value), `${what}: ${text} of ${value}`).toBeLessThanOrEqual(
    lastDigit * 1.0001,
  );
}

/** @param nth Which flight of the page. */
export async function numbersEqual(page: Page, result: FlightResult, nth = 0): Promise<void> {
  const { calls, attempts, latencyMs, slo, runners } = result;
  const section = `main > section:nth-of-type(${nth + 1}) `;
  const counts = new Map((await cells(page, `${section}.counts`)).map((row) => [row[0], row]));
  for (const [name, count] of Object.entries(calls)) {
    expect(Number(counts.get(name)?.[1]), name).toBe(count);
    if (name !== 'offered') {
      shows(counts.get(name)![2]!, calls.offered === 0 ? null : count / calls.offered, name);
    }
  }
  expect(Number(counts.get('attempts')?.[1])).toBe(attempts.total);
  expect(Number(counts.get('NACKs')?.[1])).toBe(attempts.nacks);
  const lines = await cells(page, `${section}.slo`);
  expect(lines.map(([metric]) => metric)).toEqual(slo.map(({ metric }) => metric));
  slo.forEach(({ metric, value, ok }, i) => {
    const [, , measured = '', , verdict = ''] = lines[i]!;
    if (value === null) expect(measured).toBe('no value');
    else expect(Number.parseFloat(measured), metric).toBe(value);
    expect(verdict).toContain(ok ? 'met' : 'missed');
  });
  const rows = await cells(page, `${section}.runners`);
  expect(rows.length).toBe(runners.length);
  runners.forEach((runner, i) => {
    const [id, , executed, nacked, busy = ''] = rows[i]!;
    expect([id, Number(executed), Number(nacked)]).toEqual([runner.id, runner.calls, runner.nacks]);
    shows(busy, runner.utilization, `${runner.id} busy`);
  });
  const texts = `(li) => [...li.children].map((part) => part.textContent)`;
  const tiles = await each<readonly string[]>(page, `${section}.tiles li`, texts);
  const tile = new Map(
    tiles.map(([value = '', label = '']) => [label, value.replace(/\u202f/g, '')]),
  );
  const share = calls.offered === 0 ? null : calls.ok / calls.offered;
  const expected = {
    'calls offered': calls.offered,
    ok: share,
    p50: latencyMs.p50,
    p99: latencyMs.p99,
    'p99.9': latencyMs.p999,
    slowest: latencyMs.max,
    'ok a second': result.goodputPerSec,
    'attempts/call': attempts.perCall,
  };
  for (const [label, value] of Object.entries(expected)) shows(tile.get(label)!, value, label);
}

/** As the rows of a comparison are called, in their order. */
const ROWS: readonly (readonly [label: string, metric: string])[] = [
  ['calls offered', 'calls.offered'],
  ['ok', 'okRatio'],
  ['failed', 'calls.failed'],
  ['refused', 'calls.refused'],
  ['expired', 'calls.expired'],
  ['canceled', 'calls.canceled'],
  ['p50', 'latencyMs.p50'],
  ['p90', 'latencyMs.p90'],
  ['p99', 'latencyMs.p99'],
  ['p99.9', 'latencyMs.p999'],
  ['slowest', 'latencyMs.max'],
  ['mean latency', 'latencyMs.mean'],
  ['ok a second', 'goodputPerSec'],
  ['attempts a call', 'attempts.perCall'],
];

/** Every value of the comparison's table, each side of one flight. */
export async function comparisonEquals(
  page: Page,
  results: readonly FlightResult[],
): Promise<void> {
  const [, ...rows] = await cells(page, '.comparison');
  expect(rows.map(([label]) => label)).toEqual(ROWS.map(([label]) => label));
  ROWS.forEach(([label, metric], row) => {
    const [, ...texts] = rows[row]!;
    expect(texts).toHaveLength(results.length);
    results.forEach((result, side) => {
      // Below the value stands the change.
      const [value = ''] = texts[side]!.split('\n');
      shows(value.trim(), metricsOf(result)[metric] ?? null, `${label} of side ${side}`);
    });
  });
}
