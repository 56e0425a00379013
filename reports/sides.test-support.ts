/** Sides of a comparison for tests: a result with what matters, the rest of it from a real one. */
import { createCollector } from './collector.js';
import type { Side } from './difference.js';
import type { Flight } from './flight.js';
import { countIntervals } from './result-intervals.js';
import type { FlightResult } from './result.js';
import { sampleFlight } from './sample.test-support.js';

export function landed(calls: number, seed = 7, placer = 'p2c', serviceMs = 110): Flight {
  const options = { calls, seed, serviceMs, seconds: Math.max(1, calls / 200) };
  const sample = sampleFlight(options, { placer });
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  return collector.land(sample.end);
}

export interface Told {
  readonly p99: number | null;
  readonly failed?: number;
  readonly interval?: readonly [number, number] | null;
  readonly seed?: number;
  readonly scenario?: string;
}

const whole = landed(200).result;

export function sideOf(name: string, told: readonly Told[]): Side {
  return { name, results: told.map(resultOf), flights: [] };
}

function resultOf({ p99, failed = 0, interval = null, ...head }: Told): FlightResult {
  const calls = { offered: 1000, ok: 1000 - failed, failed, refused: 0, expired: 0, canceled: 0 };
  const { intervals } = whole;
  if (intervals === undefined) throw new Error('a result without intervals');
  return {
    ...whole,
    ...head,
    calls,
    latencyMs: { ...whole.latencyMs, p99 },
    intervals: {
      ...intervals,
      ...countIntervals(calls, whole.goodputPerSec),
      'latencyMs.p99': interval,
    },
  };
}
