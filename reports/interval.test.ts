import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countInterval,
  differenceInterval,
  intervalOf,
  quantileRanks,
  shareInterval,
  student,
  type Interval,
} from './interval.js';
import { quantileIntervals } from './latency-intervals.js';
import { createLatencies } from './latency.js';
import { chance } from './sample.test-support.js';

const DRAWS = 1000;

/** The share of repetitions that an interval covers; seeded, so it is the same on every machine. */
function covered(of: (random: () => number) => Interval | null, truth: number): number {
  const random = chance(1234);
  let hits = 0;
  for (let i = 0; i < DRAWS; i++) {
    const interval = of(random);
    if (interval === null) throw new Error('no interval');
    if (interval[0] <= truth && truth <= interval[1]) hits++;
  }
  return hits / DRAWS;
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const LAWS: readonly [string, (random: () => number) => number, (p: number) => number][] = [
  ['exponential', (random) => -Math.log(1 - random()) * 1e5, (p) => -Math.log(1 - p) * 1e5],
  ['uniform', (random) => random() * 1e5, (p) => p * 1e5],
  ['heavy-tailed', (random) => 1e3 / (1 - random()), (p) => 1e3 / (1 - p)],
];

describe('an interval of 95 %', () => {
  it.each(LAWS)('covers the quantiles of an %s law in 95 % of draws', (_, draw, truth) => {
    for (const [n, tail] of [
      [100, 0.5],
      [200, 0.1],
      [400, 0.01],
    ] as const) {
      const share = covered(
        (random) => {
          const latencies = createLatencies(3);
          for (let i = 0; i < n; i++) latencies.record(draw(random));
          return quantileIntervals(latencies, [tail])[0]!;
        },
        truth(1 - tail),
      );
      // Ranks are whole, so it covers a little more; 0.02 is three deviations of the share itself.
      expect(share).toBeGreaterThan(0.93);
      expect(share).toBeLessThan(0.99);
    }
  });

  it('covers a share in 95 % of draws, on the mean of all shares', () => {
    const shares = [0.02, 0.1, 0.3, 0.5, 0.9, 0.99].map((truth) =>
      covered((random) => {
        let part = 0;
        for (let i = 0; i < 300; i++) if (random() < truth) part++;
        return shareInterval(part, 300);
      }, truth),
    );
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.94);
    expect(mean).toBeLessThan(0.965);
    expect(Math.min(...shares)).toBeGreaterThan(0.92);
  });

  it('covers the rate of calls that come at random instants', () => {
    for (const n of [20, 400]) {
      const share = covered((random) => {
        let seconds = 0;
        for (let i = 0; i < n; i++) seconds -= Math.log(1 - random());
        const [low, high] = countInterval(n);
        return [low / seconds, high / seconds];
      }, 1);
      expect(share).toBeGreaterThan(0.93);
      expect(share).toBeLessThan(0.98);
    }
    expect(countInterval(0)[0]).toBe(0);
  });

  it('covers the mean of three and of ten seeds in 95 % of draws', () => {
    for (const seeds of [3, 10]) {
      const share = covered((random) => {
        return intervalOf(Array.from({ length: seeds }, () => 50 + 4 * normal(random)));
      }, 50);
      expect(Math.abs(share - 0.95)).toBeLessThan(0.02);
    }
  });

  it('of a difference covers it in 95 % of draws: of means, and of p90 of two laws', () => {
    const means = covered((random) => {
      const side = (mean: number) => {
        const values = Array.from({ length: 40 }, () => mean + 3 * normal(random));
        const value = values.reduce((a, b) => a + b) / values.length;
        return { value, interval: intervalOf(values)! };
      };
      return differenceInterval(side(10), side(12));
    }, 2);
    expect(Math.abs(means - 0.95)).toBeLessThan(0.02);
    const p90 = covered(
      (random) => {
        const side = (scale: number) => {
          const latencies = createLatencies(3);
          for (let i = 0; i < 250; i++) latencies.record(-Math.log(1 - random()) * scale);
          const [value] = latencies.quantiles([[90, 100]]);
          return { value: value!, interval: quantileIntervals(latencies, [0.1])[0]! };
        };
        return differenceInterval(side(1e5), side(2e5));
      },
      Math.log(10) * 1e5,
    );
    expect(p90).toBeGreaterThan(0.93);
    expect(p90).toBeLessThan(0.985);
  });
});

describe('ranks of a quantile', () => {
  /** P(K = k) of a binomial by logarithms: slow, and another way than the one under test. */
  const atMost = (k: number, n: number, p: number): number => {
    let sum = 0;
    for (let i = 0; i <= k; i++) {
      let log = i * Math.log(p) + (n - i) * Math.log(1 - p);
      for (let j = 1; j <= i; j++) log += Math.log(n - i + j) - Math.log(j);
      sum += Math.exp(log);
    }
    return sum;
  };

  it('are the nearest that miss on each side in at most one of forty', () => {
    const sizes = fc.integer({ min: 1, max: 120 });
    const tails = fc.double({ min: 0.005, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(sizes, tails, (n, tail) => {
        const ranks = quantileRanks(n, tail);
        const p = 1 - tail;
        // Below the quantile lie K values: the low one misses if K < low, the high if K >= high.
        const missesLow = (low: number) => atMost(low - 1, n, p);
        const missesHigh = (high: number) => 1 - atMost(high - 1, n, p);
        const most = 0.025 + 1e-9;
        if (ranks === null) {
          expect(missesLow(1) > 0.025 - 1e-9 || missesHigh(n) > 0.025 - 1e-9).toBe(true);
          return;
        }
        const [low, high] = ranks;
        expect(missesLow(low)).toBeLessThan(most);
        expect(missesHigh(high)).toBeLessThan(most);
        expect(missesLow(low + 1)).toBeGreaterThan(0.025 - 1e-9);
        expect(missesHigh(high - 1)).toBeGreaterThan(0.025 - 1e-9);
      }),
    );
  });

  it('are not there where the data are too few, and never lie beyond them', () => {
    expect(quantileRanks(0, 0.5)).toBeNull();
    expect(quantileRanks(5, 0.5)).toBeNull();
    expect(quantileRanks(6, 0.5)).toEqual([1, 6]);
    expect(quantileRanks(1000, 0.001)).toBeNull();
    expect(quantileRanks(10_000_000, 0.5)).toEqual([4_996_901, 5_003_100]);
    expect(quantileRanks(1000, 0)).toBeNull();
  });
});

describe('the parts', () => {
  it('of a share hold at none, at all, and lie around the share', () => {
    expect(shareInterval(0, 0)).toBeNull();
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (a, b) => {
        const [part, whole] = [Math.min(a, b), Math.max(a, b)];
        if (whole === 0) return;
        const [low, high] = shareInterval(part, whole)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(part / whole);
        expect(high).toBeGreaterThanOrEqual(part / whole);
      }),
    );
    // Newcombe 1998, table I.
    expect(shareInterval(81, 263)!.map((end) => end.toFixed(4))).toEqual(['0.2553', '0.3662']);
    expect(shareInterval(0, 20)!.map((end) => end.toFixed(4))).toEqual(['0.0000', '0.1611']);
  });

  it('of a difference of shares are those of Newcombe', () => {
    const side = (part: number, whole: number) => {
      return { value: part / whole, interval: shareInterval(part, whole)! };
    };
    // Newcombe 1998, interval estimation for the difference, table II, method 10.
    const [low, high] = differenceInterval(side(48, 80), side(56, 70));
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0524', '0.3339']);
  });

  it('of Student fall with the degrees of freedom, and meet the normal', () => {
    const all = Array.from({ length: 200 }, (_, i) => student(i + 1));
    for (let i = 1; i < all.length; i++) expect(all[i]).toBeLessThan(all[i - 1]!);
    expect(student(1)).toBe(12.7062);
    expect(student(60).toFixed(4)).toBe('2.0003');
    expect(student(1e9).toFixed(6)).toBe('1.959964');
    expect(intervalOf([5])).toBeNull();
  });
});
