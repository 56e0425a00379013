/**
 * The original's metrics out of the probe's events, as text for Prometheus. It owns no time, no
 * port and no file: whoever serves HTTP renders it when asked.
 *
 * No metric has a label whose values a client could choose, so what is kept and rendered does not
 * grow: one small record for each call in flight, and 23 metrics.
 */
import type { Probe, ProbeEvent } from '../probe.js';
import { createCallMetrics, type CallMetrics } from './call-metrics.js';
import { Course } from './course.js';
import { EXPOSITION_TYPE } from './exposition.js';
import { createPlacerMetrics, type PlacerMetrics } from './placer-metrics.js';

export interface MetricsOptions {
  /** Bounds of the latencies' buckets, ms. The original's: 1 ms to 2 min, ten of them. */
  readonly latencyBucketsMs: readonly number[];
}

export const metricsDefaults: MetricsOptions = Object.freeze({
  latencyBucketsMs: Object.freeze([1, 10, 50, 100, 250, 500, 1000, 10_000, 60_000, 120_000]),
});

/** More buckets than a histogram can use: each is a line a status at every scrape. */
const BUCKETS_MAX = 100;

export interface Metrics {
  /** Give it to the balancer, from its first call on. */
  readonly probe: Probe;
  /** All metrics until now, in Prometheus' text format. */
  render(): string;
  /** The media type of the text. */
  readonly contentType: string;
}

/**
 * Metrics of one balancer: 0.1 µs an event, 1 µs a call (measured, first-flight). Throws a
 * RangeError for bad buckets.
 * @example
 * const metrics = createMetrics();
 * const balancer = createBalancer({ clock, rng, pool, data, probe: [metrics.probe, mine] });
 */
export function createMetrics(given: Partial<MetricsOptions> = {}): Metrics {
  const { latencyBucketsMs } = { ...metricsDefaults, ...given };
  checkBuckets(latencyBucketsMs);
  const calls = createCallMetrics(latencyBucketsMs);
  const placer = createPlacerMetrics(latencyBucketsMs);
  const families = [...calls.families, ...placer.families];
  return {
    probe: createTeller(calls, placer),
    render: () => families.map((family) => family.render()).join(''),
    contentType: EXPOSITION_TYPE,
  };
}

/** Tells the metrics, in their own words, what an event says of a call. */
function createTeller(calls: CallMetrics, placer: PlacerMetrics): Probe {
  const courses = new Map<string, Course>();

  const arrive = (id: string, at: number): void => {
    const twin = courses.get(id);
    if (twin !== undefined) calls.dropped(twin);
    courses.set(id, new Course(at));
    calls.arrived();
  };

  /** Begins with the first sign of a search: a runner passed over, an attempt, a look in vain. */
  const seek = (course: Course, at: number): void => {
    if (course.sought) return;
    calls.sought();
    course.soughtAt = at;
  };

  const follow = (event: ProbeEvent, course: Course): void => {
    switch (event.kind) {
      case 'cached':
        course.cachedAt = event.at;
        return;
      case 'skip':
        return seek(course, event.at);
      case 'round':
      case 'wait':
        seek(course, event.at);
        return placer.lookedAt(event.runners);
      case 'attempt':
        seek(course, event.at);
        if (course.last === 'broken') placer.triedAgain();
        course.last = 'open';
        course.attemptAt = event.at;
        return;
      case 'nack':
        course.last = 'nacked';
        return placer.nacked(event);
      case 'attempt-end':
        course.last = event.outcome;
        course.cut = event.cause === '' && event.outcome !== 'ok';
        return calls.attemptEnded(event, course);
      case 'end':
        // The time for looking can be over before it begins, and then it leaves no other sign.
        if (event.code === 'not_placed') seek(course, event.at);
        courses.delete(event.call);
        if (course.sought) placer.ended(event, course);
        return;
      case 'arrive':
      case 'runner':
      case 'over-budget':
      case 'commit':
      case 'head':
      case 'call-end':
        return;
    }
  };

  return (event) => {
    if (event.kind === 'arrive') return arrive(event.call, event.at);
    const course = courses.get(event.call);
    if (course !== undefined) follow(event, course);
    if (event.kind === 'end') calls.ended(event, course);
  };
}

function checkBuckets(bounds: readonly number[]): void {
  const ascending = bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!);
  const finite = bounds.every((bound) => Number.isFinite(bound) && bound > 0);
  if (ascending && finite && bounds.length > 0 && bounds.length <= BUCKETS_MAX) return;
  throw new RangeError(
    `latencyBucketsMs: [${bounds.join(', ')}] is not 1 to ${BUCKETS_MAX} ascending numbers above 0`,
  );
}
