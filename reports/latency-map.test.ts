import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyMap } from './latency-map.js';
import { createLatencies } from './latency.js';

const bins = fc.array(fc.array(fc.integer({ min: 1, max: 600_000_000 }), { maxLength: 60 }), {
  minLength: 1,
  maxLength: 12,
});

function mapOf(values: readonly (readonly number[])[]) {
  return latencyMap(
    values.map((bin) => {
      if (bin.length === 0) return undefined;
      const latencies = createLatencies(2);
      for (const us of bin) latencies.record(us);
      return latencies;
    }),
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a latency map', () => {
  it('has every call of a bin once, in a row that it belongs to within 1 %', () => {
    fc.assert(
      fc.property(bins, (values) => {
        const { counts, edgesMs } = mapOf(values);
        values.forEach((bin, i) => {
          const column = counts.map((row) => row[i]!);
          expect(sum(column)).toBe(bin.length);
          // Rows from the fastest, calls from the fastest: each cell has the next few of them.
          const sorted = [...bin].sort((a, b) => a - b);
          let next = 0;
          column.forEach((calls, row) => {
            for (const us of sorted.slice(next, (next += calls))) {
              expect(us / 1000).toBeGreaterThanOrEqual(edgesMs[row]! / 1.01 - 1e-4);
              expect(us / 1000).toBeLessThanOrEqual(edgesMs[row + 1]! * 1.01 + 1e-4);
            }
          });
        });
      }),
    );
  });

  it('reaches from the fastest call to the slowest, and shows nothing beyond', () => {
    fc.assert(
      fc.property(bins, (values) => {
        const all = values.flat();
        fc.pre(all.length > 0);
        const { counts, edgesMs } = mapOf(values);
        expect(edgesMs[0]).toBe(Math.min(...all) / 1000);
        expect(edgesMs[edgesMs.length - 1]).toBe(Math.max(...all) / 1000);
        expect(edgesMs).toHaveLength(counts.length + 1);
        expect(edgesMs).toEqual([...edgesMs].sort((a, b) => a - b));
        expect(sum(counts[0]!)).toBeGreaterThan(0);
        expect(sum(counts[counts.length - 1]!)).toBeGreaterThan(0);
        expect(counts.length).toBeLessThanOrEqual(36);
      }),
    );
  });

  it('is one row where all calls took the same, and none where none was ok', () => {
    expect(mapOf([[5000, 5000], [5000]])).toEqual({ edgesMs: [5, 5], counts: [[2, 1]] });
    expect(mapOf([[], []])).toEqual({ edgesMs: [], counts: [] });
  });

  it('takes a call of no time for one of a microsecond', () => {
    expect(mapOf([[0, 0]])).toEqual({ edgesMs: [0.001, 0.001], counts: [[2]] });
  });
});
