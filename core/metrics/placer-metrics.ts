/** The original's metrics of its placers, by its names. It only counts what it is told. */
import type { AttemptNacked, Ended } from '../probe.js';
import type { Course } from './course.js';
import { createCounter, createHistogram, type Family } from './exposition.js';

/**
 * The original's bounds and one more, 1: a call that its first runner took. There it was what lay
 * below 2, since bounds were exclusive; in this format they are inclusive.
 */
const ATTEMPT_BOUNDS = [0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 256];

export interface PlacerMetrics {
  readonly families: readonly Family[];
  nacked(event: AttemptNacked): void;
  /** An attempt broke and, the call being idempotent, another one is made. */
  triedAgain(): void;
  /** A look at so many runners, ready or not, found none that takes the call. */
  lookedAt(runners: number): void;
  /** The end of a call that was handed to the placer. */
  ended(event: Ended, course: Course): void;
}

const counter = (name: string, help: string): ReturnType<typeof createCounter> =>
  createCounter(`fn_lb_placer_${name}_count`, `LB Placer ${help}`);

export function createPlacerMetrics(latencyBucketsMs: readonly number[]): PlacerMetrics {
  const attempts = createHistogram(
    'fn_lb_placer_attempt_count',
    'LB Placer Number of Runners Attempted Count',
    { bounds: ATTEMPT_BOUNDS, scale: 1 },
  );
  const latency = createHistogram('fn_lb_placer_latency', 'LB Placer Latency', {
    bounds: latencyBucketsMs,
    scale: 1000,
  });
  const placedOk = counter('placed_ok', 'Placed Call Count Without Errors');
  const placedError = counter('placed_error', 'Placed Call Count With Errors');
  const placedAbort = counter('placed_abort', 'Placed Call Count With Client Timeout/Cancel');
  const retryBusy = counter('retry_busy', 'Retry Count - Too Busy');
  const retryError = counter('retry_error', 'Retry Count - Errors');
  // A pool here cannot fail, it is at worst empty: for dashboards that ask for it, always 0.
  const poolError = counter('rp_error', 'RunnerPool RunnerList Error Count');
  const poolEmpty = counter('rp_empty', 'RunnerPool RunnerList Empty Count');
  const canceled = counter('client_cancelled', 'Client Cancel Count');
  const late = counter('client_timeout', 'Client Timeout Count');
  const gaveUp = counter('timeout', 'Timeout Count');

  return {
    families: [
      ...[attempts, latency, placedOk, placedError, placedAbort, retryBusy, retryError],
      ...[poolError, poolEmpty, canceled, late, gaveUp],
    ],
    nacked({ reason }) {
      const said = reason === 'busy' || reason === 'size' || reason === 'draining';
      (said ? retryBusy : retryError).count();
    },
    triedAgain: () => retryError.count(),
    lookedAt(runners) {
      if (runners === 0) poolEmpty.count();
    },
    ended(event, course) {
      const { outcome, code } = event;
      const { placed, last, cut, soughtAt, attemptAt } = course;
      attempts.observe(event.attempts);
      // Without the attempt that a runner kept: this is what the looking took, not the function.
      latency.observe((placed ? attemptAt : event.at) - soughtAt);
      if (placed) {
        // The LB cuts for reasons of its own as well, such as an answer that is too large.
        const abort = cut && (outcome === 'expired' || outcome === 'canceled');
        (last === 'ok' ? placedOk : abort ? placedAbort : placedError).count();
      }
      // Behind a verdict of the runner the placer is done, and a client that leaves is none of it.
      const verdict = placed && last !== 'broken' && !cut;
      if (outcome === 'canceled' && !verdict) canceled.count();
      if (outcome === 'expired' && !verdict) late.count();
      if (code === 'not_placed') gaveUp.count();
    },
  };
}
