/**
 * The result of a flight as `--json` writes it, its schema, and the judgement of its SLO. One
 * source: the type and the JSON Schema both come from the zod object below. It computes no metric
 * itself; `collector.ts` does.
 */
import { z } from 'zod';
import type { Slo } from '../core/record.js';
import { resultIntervals } from './result-intervals.js';

const count = z.int().min(0);
const amount = z.number().min(0);
/** Null where there is nothing to measure. */
const maybe = amount.nullable();

const calls = z
  .object({ offered: count, ok: count, failed: count, refused: count, expired: count })
  .extend({ canceled: count })
  .readonly()
  .describe('offered = ok + failed + refused + expired + canceled; one that never ended failed');

const attempts = z
  .object({ total: count, nacks: count, perCall: maybe, perOk: maybe })
  .readonly()
  .describe('Attempts opened on runners, and how many of them were NACKed');

const latencyMs = z
  .object({ mean: maybe, p50: maybe, p90: maybe, p99: maybe, p999: maybe, max: maybe })
  .readonly()
  .describe('Of ok calls, intended send to answer: nearest rank on an HDR histogram, ≤ 0.1 % high');

const sloLine = z
  .object({ metric: z.string(), limit: z.string(), value: maybe, ok: z.boolean() })
  .readonly();

const runner = z
  .object({ id: z.string(), calls: count, nacks: count, utilization: maybe })
  .readonly();

const lb = z.object({ id: z.string(), offered: count, ok: count }).readonly();

export const flightResult = z
  .object({
    scenario: z.string(),
    on: z.enum(['sim', 'grpc']),
    placer: z.string(),
    seed: z.number(),
    digest: z.string().nullable(),
    wallMs: amount,
    virtualMs: amount,
    calls,
    attempts,
    latencyMs,
    goodputPerSec: maybe,
    slo: z.array(sloLine).readonly(),
    runners: z.array(runner).readonly(),
    lbs: z.array(lb).readonly(),
    // Results from before there were any are still read.
    intervals: resultIntervals.optional(),
  })
  .readonly()
  .describe('The result of one windtunnel flight');

export type FlightResult = z.infer<typeof flightResult>;
export type SloLine = z.infer<typeof sloLine>;

/** The JSON Schema of a result, as published in `result.schema.json`. */
export function resultSchema(): Record<string, unknown> {
  return z.toJSONSchema(flightResult);
}

type Metric = (result: Unjudged) => number | null;
/** A result before its SLO is judged. */
export type Unjudged = Omit<FlightResult, 'slo'>;

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const METRICS: Readonly<Record<string, Metric>> = {
  'calls.offered': (r) => r.calls.offered,
  'calls.ok': (r) => r.calls.ok,
  'calls.failed': (r) => r.calls.failed,
  'calls.refused': (r) => r.calls.refused,
  'calls.expired': (r) => r.calls.expired,
  'calls.canceled': (r) => r.calls.canceled,
  'attempts.total': (r) => r.attempts.total,
  'attempts.nacks': (r) => r.attempts.nacks,
  'attempts.perCall': (r) => r.attempts.perCall,
  'attempts.perOk': (r) => r.attempts.perOk,
  'latencyMs.mean': (r) => r.latencyMs.mean,
  'latencyMs.p50': (r) => r.latencyMs.p50,
  'latencyMs.p90': (r) => r.latencyMs.p90,
  'latencyMs.p99': (r) => r.latencyMs.p99,
  'latencyMs.p999': (r) => r.latencyMs.p999,
  'latencyMs.max': (r) => r.latencyMs.max,
  goodputPerSec: (r) => r.goodputPerSec,
  okRatio: (r) => ratio(r.calls.ok, r.calls.offered),
  refusedRatio: (r) => ratio(r.calls.refused, r.calls.offered),
  virtualMs: (r) => r.virtualMs,
  wallMs: (r) => r.wallMs,
};

/** Whether an SLO can be put on it. */
export function isMetric(name: string): boolean {
  return Object.hasOwn(METRICS, name);
}

/** All metrics an SLO can be put on, for messages and schemas. */
export function metricNames(): string[] {
  return Object.keys(METRICS);
}

/** Every metric of a result, by its name. */
export function metricsOf(result: Unjudged): Record<string, number | null> {
  return Object.fromEntries(Object.entries(METRICS).map(([name, read]) => [name, read(result)]));
}

/**
 * Judges each limit against a result. A metric without a value misses its limit: nothing was shown.
 *
 * @throws on an unknown metric or a limit without a bound; scenario files are checked before.
 */
export function judge(slo: readonly Slo[], result: Unjudged): readonly SloLine[] {
  return slo.map(({ metric, max, min }) => {
    const read = isMetric(metric) ? METRICS[metric] : undefined;
    if (read === undefined) throw new Error(`"${metric}" is not a metric of a result`);
    if (max === undefined && min === undefined) {
      throw new Error(`the limit on "${metric}" has neither max nor min`);
    }
    const value = read(result);
    const ok =
      value !== null && (max === undefined || value <= max) && (min === undefined || value >= min);
    const bounds = [min === undefined ? '' : `>= ${min}`, max === undefined ? '' : `<= ${max}`];
    const limit = bounds.filter((bound) => bound !== '').join(' and ');
    return { metric, limit, value: value === null ? null : roundTo(value, 6), ok };
  });
}

/** Rounds to so many decimals: a result is read by people and compared by machines. */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
