/** The original's metrics of the calls of an LB, by its names. It only counts what it is told. */
import type { AttemptEnded, Ended } from '../probe.js';
import { NEVER, type Course } from './course.js';
import {
  createCounter,
  createGauge,
  createHistogram,
  createHistograms,
  type Counter,
  type Family,
} from './exposition.js';

/** How a call ended, in the original's words: each call is exactly one of these. */
const STATUSES = ['completed', 'canceled', 'timeouts', 'errors', 'server_busy'] as const;
type Status = (typeof STATUSES)[number];

export interface CallMetrics {
  readonly families: readonly Family[];
  arrived(): void;
  /** The search for a runner begins. */
  sought(): void;
  attemptEnded(event: AttemptEnded, course: Course): void;
  /** It is over. Without a course nothing was told of its arrival, so no gauge holds it. */
  ended(event: Ended, course: Course | undefined): void;
  /** Its course is given up: another call came under its id. */
  dropped(course: Course): void;
}

export function createCallMetrics(latencyBucketsMs: readonly number[]): CallMetrics {
  const latency = { bounds: latencyBucketsMs, scale: 1000 };
  const calls = createCounter('fn_calls', 'calls created in agent');
  const queued = createGauge('fn_queued', 'calls currently queued against agent');
  const running = createGauge('fn_running', 'calls currently running in agent');
  const ends: Readonly<Record<Status, Counter>> = {
    completed: createCounter('fn_completed', 'calls completed in agent'),
    canceled: createCounter('fn_canceled', 'calls canceled in agent'),
    timeouts: createCounter('fn_timeouts', 'calls timed out in agent'),
    errors: createCounter('fn_errors', 'calls errored in agent'),
    server_busy: createCounter('fn_server_busy', 'calls where server was too busy in agent'),
  };
  const waited = createHistogram(
    'fn_lb_runner_sched_latency',
    'Runner Scheduler Latency Reported By LBAgent',
    latency,
  );
  const executed = createHistogram(
    'fn_lb_runner_exec_latency',
    'Runner Container Execution Latency Reported By LBAgent',
    latency,
  );
  const took = createHistograms(
    'fn_lb_call_latency',
    'LB Call Latency Reported By LBAgent',
    { name: 'call_status', values: STATUSES },
    latency,
  );
  const leave = (course: Course): void => (course.sought ? running : queued).add(-1);

  return {
    families: [calls, queued, running, ...Object.values(ends), waited, executed, took],
    arrived() {
      calls.count();
      queued.add(1);
    },
    sought() {
      queued.add(-1);
      running.add(1);
    },
    // Told of attempts that a runner kept only: what a NACK reports is not the function's time.
    attemptEnded({ schedulerUs, executionUs }, course) {
      if (schedulerUs > 0) waited.observe(schedulerUs);
      if (executionUs <= 0) return;
      executed.observe(executionUs);
      course.userUs += executionUs;
    },
    ended(event, course) {
      const status = statusOf(event);
      ends[status].count();
      if (course === undefined) return;
      leave(course);
      const since = course.cachedAt === NEVER ? course.arrivedAt : course.cachedAt;
      took.observe(status, Math.max(0, event.at - since - course.userUs));
    },
    dropped: leave,
  };
}

/** The one place that knows what an outcome of ours is to the original. */
function statusOf({ outcome, code }: Ended): Status {
  switch (outcome) {
    case 'ok':
      return 'completed';
    case 'canceled':
      return 'canceled';
    case 'expired':
      // Still uploading: it was never forwarded, and only what was is a function's timeout.
      return code === 'body_late' ? 'server_busy' : 'timeouts';
    case 'refused':
      return 'server_busy';
    case 'failed':
      return 'errors';
  }
}
