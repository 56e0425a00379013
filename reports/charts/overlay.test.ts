import { describe, expect, it } from 'vitest';
import type { Side } from '../difference.js';
import type { Flight } from '../flight.js';
import { formatCount } from '../format.js';
import { landed } from '../sides.test-support.js';
import type { Figure, JsonObject } from './figure.js';
import { overlayChart } from './overlay.js';

const seeds = [1, 2].map((seed) => landed(900 + seed, seed));
function okOf({ result }: Flight): number {
  return result.calls.ok;
}
const side = (name: string, flights: Side['flights']): Side => {
  return { name, flights, results: flights.map(({ result }) => result) };
};
const lone = landed(400);
const [most, lonely] = [Math.max(...seeds.map(okOf)), okOf(lone)];
const chart = overlayChart([side('A', seeds), side('B', [lone])]);
const { data, layout } = chart.figure as Figure;
const list = (trace: JsonObject | undefined, key: string): readonly unknown[] =>
  trace?.[key] as readonly unknown[];

describe('percentiles laid over one another', () => {
  it('draw nothing beyond what was measured, however few the seeds', () => {
    const all = [...seeds, lone].map(({ result }) => result.latencyMs.max!);
    const ys = data.flatMap((trace) => list(trace, 'y') as readonly number[]);
    expect(Math.max(...ys)).toBeLessThanOrEqual(Math.max(...all));
    expect(Math.min(...ys)).toBeGreaterThan(0);
  });

  it('end a mean of seeds before their slowest calls, and call no point of it the slowest', () => {
    const [mean, single] = ['A', 'B'].map((name) => data.find((trace) => trace['name'] === name));
    const xs = list(mean, 'x') as readonly number[];
    expect(Math.max(...xs)).toBeLessThan(most);
    expect(list(mean, 'customdata')).not.toContain('slowest');
    expect(list(single, 'customdata').at(-1)).toBe('slowest');
    expect(list(single, 'x').at(-1)).toBe(lonely);
  });

  it('have an axis no longer than the longest line, not one of all calls together', () => {
    const { range } = layout['xaxis'] as { range: readonly number[] };
    expect(10 ** range[1]!).toBeLessThan(1.2 * most);
    expect(chart.caption).toContain(
      `N = ${formatCount(okOf(seeds[0]!) + okOf(seeds[1]!))}, ${lonely}.`,
    );
  });
});
