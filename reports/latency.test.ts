import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatencies, type Share } from './latency.js';

const SHARES: readonly Share[] = [
  [1, 100],
  [50, 100],
  [90, 100],
  [99, 100],
  [999, 1000],
  [1, 1],
];
const waits = fc.array(fc.integer({ min: 0, max: 600_000_000 }), { minLength: 1, maxLength: 400 });

function recorded(values: readonly number[], digits: 2 | 3 = 3) {
  const latencies = createLatencies(digits);
  for (const value of values) latencies.record(value);
  return latencies;
}

/** Nearest rank, with whole numbers so that the reference has no rounding of its own. */
function exact(values: readonly number[], [part, whole]: Share): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Number((BigInt(part) * BigInt(values.length) + BigInt(whole) - 1n) / BigInt(whole));
  return sorted[Math.max(1, rank) - 1]!;
}

describe('latencies', () => {
  it.each([
    [3, 0.001],
    [2, 0.01],
  ] as const)(
    'with %i digits are never below the exact nearest rank and at most the stated error above',
    (digits, error) => {
      fc.assert(
        fc.property(waits, (values) => {
          const got = recorded(values, digits).quantiles(SHARES);
          SHARES.forEach((share, i) => {
            const truth = exact(values, share);
            expect(got[i]).toBeGreaterThanOrEqual(truth);
            expect(got[i]).toBeLessThanOrEqual(truth * (1 + error));
          });
        }),
      );
    },
  );

  it('never exceed the recorded maximum, and ascend', () => {
    fc.assert(
      fc.property(waits, (values) => {
        const latencies = recorded(values);
        const curve = latencies.curve();
        const us = [...latencies.quantiles(SHARES), ...curve.map((point) => point[1])];
        expect(Math.max(...us.map(Number))).toBe(Math.max(...values));
        const heights = curve.map((point) => point[1]);
        expect(heights).toEqual([...heights].sort((a, b) => a - b));
        expect(curve[curve.length - 1]).toEqual([values.length, Math.max(...values)]);
        expect(curve.every(([x]) => x >= 1 && x <= values.length)).toBe(true);
      }),
    );
  });

  it('added up are the same as recorded in one', () => {
    fc.assert(
      fc.property(waits, waits, (some, others) => {
        const sum = recorded(some, 2);
        sum.add(recorded(others, 2));
        const one = recorded([...some, ...others], 2);
        expect(sum.quantiles(SHARES)).toEqual(one.quantiles(SHARES));
        expect([sum.count, sum.max]).toEqual([one.count, one.max]);
        expect(sum.mean).toBeCloseTo(one.mean!, 3);
      }),
    );
  });

  it('of nothing are null, not NaN', () => {
    const none = createLatencies(3);
    expect(none.quantiles(SHARES)).toEqual(SHARES.map(() => null));
    expect([none.mean, none.max, none.curve()]).toEqual([null, null, []]);
  });
});
