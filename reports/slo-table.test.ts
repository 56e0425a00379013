import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import { judge } from './result.js';
import { sampleEnd, sampleHeader } from './sample.test-support.js';
import { marginOf, sloTable } from './slo-table.js';

const empty = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd());

/** The words of a row, without markup, narrow spaces as spaces. */
function rowsOf(slo: readonly { metric: string; max?: number; min?: number }[], offered: number) {
  const calls = { ...empty.result.calls, offered, ok: offered };
  const result = { ...empty.result, calls };
  const header = { ...empty.header, slo };
  const { markup } = sloTable({ ...empty, header, result: { ...result, slo: judge(slo, result) } });
  const body = markup.slice(markup.indexOf('<tbody>'));
  const rows = body.split('</tr>').slice(0, -1);
  return rows.map((row) =>
    row
      .replace(/<[^>]*>/g, ' ')
      .replace(/&lt;/g, '<')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

describe('the margin of a limit', () => {
  it('is below zero exactly where the limit is missed', () => {
    const number = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(number, fc.option(number), fc.option(number), (offered, max, min) => {
        fc.pre(max !== null || min !== null);
        const slo = {
          metric: 'calls.offered',
          ...(max === null ? {} : { max }),
          ...(min === null ? {} : { min }),
        };
        const result = { ...empty.result, calls: { ...empty.result.calls, offered } };
        const [line] = judge([slo], result);
        expect(marginOf(slo, offered)!.room >= 0).toBe(line!.ok);
      }),
    );
  });

  it('is to the nearer of two bounds, and unknown without a value', () => {
    const slo = { metric: 'okRatio', min: 10, max: 100 };
    expect(marginOf(slo, 30)).toEqual({ room: 20, share: 2 });
    expect(marginOf(slo, 90)).toEqual({ room: 10, share: 0.1 });
    expect(marginOf(slo, null)).toBeNull();
  });

  it('of a limit of zero has no share', () => {
    expect(marginOf({ metric: 'calls.failed', max: 0 }, 4)).toEqual({ room: -4, share: null });
  });
});

it('the table has limit, value and margin, in signs and in words', () => {
  const metric = 'calls.offered';
  const rows = rowsOf(
    [
      { metric, max: 200 },
      { metric, max: 80 },
      { metric, min: 100 },
    ],
    100,
  );
  expect(rows).toEqual([
    'calls.offered ≤ 200 100 +100 (+50 %) 100 room left, 50 % of it ✓ met',
    'calls.offered ≤ 80 100 −20 (−25 %) 20 beyond the limit, 25 % of it ✗ missed',
    'calls.offered ≥ 100 100 0 (0 %) at the limit ✓ met',
  ]);
});

it('a limit missed by a hair is missed by more than nothing', () => {
  const calls = { ...empty.result.calls, offered: 10_000_000, ok: 9_999_999 };
  const slo = [{ metric: 'okRatio', min: 1 }];
  const unjudged = { ...empty.result, calls };
  const result = { ...unjudged, slo: judge(slo, unjudged) };
  const { markup } = sloTable({ ...empty, header: { ...empty.header, slo }, result });
  expect(markup).toContain('−1e-7 <span class="word">(−&lt;\u202f0.1\u202f%)');
});
