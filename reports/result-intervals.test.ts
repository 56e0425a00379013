import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { countIntervals, resultIntervals } from './result-intervals.js';
import { isMetric, metricsOf } from './result.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';

function fly(calls: number, seed = 7): Flight {
  const sample = sampleFlight({ calls, seed, seconds: Math.max(1, calls / 200) });
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  return collector.land(sample.end);
}

describe('intervals of a result', () => {
  it('are of metrics, and lie around them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 900 }), fc.nat(1000), (calls, seed) => {
        const { result } = fly(calls, seed);
        const metrics = metricsOf(result);
        for (const [name, interval] of Object.entries(result.intervals!)) {
          expect(isMetric(name)).toBe(true);
          if (interval === null) continue;
          expect(interval[0], name).toBeLessThanOrEqual(metrics[name]!);
          expect(interval[1], name).toBeGreaterThanOrEqual(metrics[name]!);
          expect(interval[0], name).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are not there where the calls are too few, nor where there are none', () => {
    expect(fly(100).result.intervals).toMatchObject({
      'latencyMs.p50': [expect.any(Number), expect.any(Number)],
      'latencyMs.p99': null,
      'latencyMs.p999': null,
    });
    const none = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd());
    for (const interval of Object.values(none.result.intervals!)) expect(interval).toBeNull();
    expect(none.percentiles.intervals).toEqual([]);
  });

  it('narrow with more calls, about as their square root', () => {
    const width = (offered: number): number => {
      const none = { refused: 0, expired: 0, canceled: 0 };
      const calls = { offered, ok: 0.9 * offered, failed: 0.1 * offered, ...none };
      const [low, high] = countIntervals(calls, 100).okRatio!;
      return high - low;
    };
    expect(width(8000) / width(500)).toBeGreaterThan(0.2);
    expect(width(8000) / width(500)).toBeLessThan(0.3);
  });

  it('are not there where calls hang together so much that one flight cannot tell', () => {
    const { intervals } = fly(8000).result;
    expect(new Set(Object.values(intervals!))).toEqual(new Set([null]));
  });

  it('of the curve stand beside its points, around them and within the data', () => {
    const { percentiles, result } = fly(3000);
    const { points, intervals } = percentiles;
    expect(intervals).toHaveLength(points.length);
    const known = intervals.filter((of) => of !== null);
    expect(known.length).toBeGreaterThan(30);
    points.forEach(([, ms], i) => {
      const of = intervals[i];
      if (of === null || of === undefined) return;
      expect(of[0]).toBeLessThanOrEqual(ms);
      expect(of[1]).toBeGreaterThanOrEqual(ms);
      expect(of[1]).toBeLessThanOrEqual(result.latencyMs.max!);
    });
    // Nothing bounds the slowest calls from above.
    expect(intervals.at(-1)).toBeNull();
    const p90 = intervals[points.findIndex(([x]) => x === 10)];
    expect(p90).toEqual(result.intervals!['latencyMs.p90']);
  });

  it('from counts alone are those of the whole', () => {
    const { result } = fly(500);
    const { goodputPerSec, ...own } = countIntervals(result.calls, result.goodputPerSec);
    expect(result.intervals).toMatchObject(own);
    // When the slowest call ends is chance as well, and counts know nothing of it.
    expect(result.intervals!.goodputPerSec![0]).toBeLessThan(goodputPerSec![0]);
    expect(result.intervals!.goodputPerSec![1]).toBeGreaterThan(goodputPerSec![1]);
    expect(resultIntervals.safeParse(result.intervals).success).toBe(true);
  });
});
