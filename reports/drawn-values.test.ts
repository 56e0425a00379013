import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientLine, FlightEvent } from '../core/record.js';
import type { Chart, JsonObject } from './charts/figure.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';
import { chartsOf } from './section.js';

/** Nearest rank; in whole numbers, so that the reference has no rounding of its own. */
function exact(values: readonly number[], part: number, whole: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((part * values.length) / whole)) - 1]!;
}

/** Calls that arrive at given instants and are answered after given times, all ok. */
function flyWaits(calls: readonly (readonly [at: number, us: number])[]): Flight {
  const collector = createCollector(sampleHeader({ calls: calls.length, runners: [] }));
  const lines = calls.flatMap(([at, us], i) => answered(`c${i}`, at, us));
  // The first event told is where time begins.
  for (const line of lines.sort((a, b) => a.at - b.at)) collector.event(line);
  const last = Math.max(...calls.map(([at, us]) => at + us));
  return collector.land(sampleEnd({ virtualMs: last / 1000 }));
}

function answered(call: string, sentAt: number, us: number): readonly FlightEvent[] {
  const at = sentAt + us;
  const sums = { sentBytes: 0, sentHash: 0, sentMarks: 0, bytes: 0, hash: 0, marks: 0 };
  const seen = { status: 200, how: 'ended', idempotent: false, ...sums } as const;
  const client: ClientLine = { kind: 'client', at, call, sentAt, ...seen };
  const rest = { code: '', status: 200, attempts: 1, bytesIn: 0, bytesOut: 0, callEnd: false };
  return [
    { kind: 'arrive', lb: 'lb0', at: sentAt, call, fn: 'f' },
    { kind: 'end', at, call, outcome: 'ok', ...rest },
    client,
  ];
}

const waits = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 20_000_000 }), fc.integer({ min: 1, max: 30_000_000 })),
  { minLength: 1, maxLength: 300 },
);

/** What was measured lies between the exact value and so much above it; both in µs. */
function expectWithin(ms: number | null, truth: number, error: number): void {
  // A result is in ms with three decimals: whole µs, which float arithmetic may miss by a hair.
  const us = Math.round(1000 * ms!);
  expect(us).toBeGreaterThanOrEqual(truth);
  expect(us).toBeLessThanOrEqual(Math.ceil(truth * (1 + error)));
}

describe('a collector', () => {
  it('finds the percentiles of an exact sort, never low and at most 0.1 % high', () => {
    fc.assert(
      fc.property(waits, (calls) => {
        const { result, percentiles } = flyWaits(calls);
        const us = calls.map(([, wait]) => wait);
        expectWithin(result.latencyMs.p50, exact(us, 50, 100), 0.001);
        expectWithin(result.latencyMs.p90, exact(us, 90, 100), 0.001);
        expectWithin(result.latencyMs.p99, exact(us, 99, 100), 0.001);
        expectWithin(result.latencyMs.p999, exact(us, 999, 1000), 0.001);
        expectWithin(result.latencyMs.max, Math.max(...us), 0);
        expect(percentiles.n).toBe(calls.length);
      }),
    );
  });

  it('finds those of each bin of time, at most 1 % high, and its exact maximum', () => {
    fc.assert(
      fc.property(waits, (calls) => {
        const { bins } = flyWaits(calls);
        const origin = Math.min(...calls.map(([at]) => at));
        const byBin = new Map<number, number[]>();
        for (const [at, us] of calls) {
          const bin = Math.floor((at + us - origin) / (1000 * bins.widthMs));
          byBin.set(bin, [...(byBin.get(bin) ?? []), us]);
        }
        bins.p50.forEach((p50, bin) => {
          const us = byBin.get(bin);
          if (us === undefined) return expect([p50, bins.max[bin]]).toEqual([null, null]);
          expectWithin(p50, exact(us, 50, 100), 0.01);
          expectWithin(bins.p99[bin]!, exact(us, 99, 100), 0.01);
          expectWithin(bins.max[bin]!, Math.max(...us), 0);
        });
        expect(Math.max(...byBin.keys())).toBeLessThan(bins.p50.length);
      }),
    );
  });
});

/** Every number of a trace on one of its axes. */
function numbersOn(trace: JsonObject, axis: 'x' | 'y' | 'z'): readonly number[] {
  const found = [trace[axis]].flat(3) as unknown[];
  return found.filter((value) => typeof value === 'number');
}

const titleOf = ({ layout }: Exclude<Chart['figure'], string>, axis: string): string => {
  const { title } = (layout[axis] ?? {}) as { title?: { text?: string } };
  return title?.text ?? '';
};

/** A limit is no measurement; a lone row of a map is given a height. */
const isLimit = (trace: JsonObject): boolean => trace['name'] === 'limit';
const LONE_ROW = 1.03;

function expectWithinData(chart: Chart, flight: Flight, us: readonly number[]): void {
  const { figure, overTime, id } = chart;
  if (typeof figure === 'string') return;
  const until = flight.bins.durationMs / 1000 + 1e-4;
  const [least, most] = [Math.min(...us) / 1000, Math.max(...us) / 1000];
  for (const trace of figure.data.filter((one) => !isLimit(one))) {
    const [xs, ys, zs] = (['x', 'y', 'z'] as const).map((axis) => numbersOn(trace, axis));
    for (const value of [...xs!, ...ys!, ...zs!]) expect(value, id).toBeGreaterThanOrEqual(0);
    if (overTime === true) for (const x of xs!) expect(x, id).toBeLessThanOrEqual(until);
    if (titleOf(figure, 'xaxis').startsWith('percentile')) {
      for (const x of xs!) expect(x, id).toBeLessThanOrEqual(flight.percentiles.n);
    }
    if (titleOf(figure, 'yaxis') === 'latency, ms') {
      const slack = trace['type'] === 'heatmap' ? LONE_ROW : 1.001;
      for (const y of ys!) expect(y, id).toBeLessThanOrEqual(most * slack);
      for (const y of ys!) expect(y, id).toBeGreaterThanOrEqual(least / slack);
    }
    for (const [axis, values] of [
      ['xaxis', xs!],
      ['yaxis', ys!],
    ] as const) {
      if (!/%/.test(titleOf(figure, axis))) continue;
      for (const value of values) expect(value, id).toBeLessThanOrEqual(100.001);
    }
  }
}

it('no chart draws a value that lies beyond what was measured', () => {
  const options = fc.record({
    calls: fc.integer({ min: 0, max: 300 }),
    seconds: fc.integer({ min: 1, max: 90 }),
    runners: fc.integer({ min: 1, max: 120 }),
    slots: fc.integer({ min: 1, max: 3 }),
    serviceMs: fc.integer({ min: 1, max: 3000 }),
    seed: fc.integer(),
  });
  let drawn = 0;
  fc.assert(
    fc.property(options, (chosen) => {
      const sample = sampleFlight(chosen);
      const collector = createCollector(sample.header);
      for (const event of sample.events) collector.event(event);
      const flight = collector.land(sample.end);
      for (const chart of chartsOf(flight)) {
        expectWithinData(chart, flight, sample.waits);
        if (typeof chart.figure !== 'string') drawn++;
      }
    }),
    { numRuns: 30 },
  );
  expect(drawn).toBeGreaterThan(30);
});
