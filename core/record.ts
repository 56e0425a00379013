/**
 * What a flight leaves behind: a header, then events in the order they were told. Probe events come
 * from the core; the executors' log is the ground truth that the core cannot see; client lines say
 * what the callers saw. Checkers, reports and records read these and nothing else, so they work on
 * simulated and on real flights alike. A record file holds one of them a line, as JSON.
 */
import type { NackReason } from './runner.js';
import type { ProbeEvent } from './probe.js';

interface OfExecutor {
  /** Instant on the flight's clock, µs. */
  readonly at: number;
  readonly runner: string;
  readonly call: string;
  /** Number of the attempt within its call, from 1. */
  readonly attempt: number;
}

/** Written synchronously before the function starts, so that a killed runner loses none. */
export interface ExecStarted extends OfExecutor {
  readonly kind: 'exec-start';
  /** Slots taken on the runner, this one included. */
  readonly active: number;
  readonly slots: number;
  /** The runner did not hold the function warm: it pays its cold start. */
  readonly cold: boolean;
  /** What the runner was told is left of the call, µs; -1 when it was told no deadline. */
  readonly remainingUs: number;
}
/** The function has read its whole request. */
export interface ExecRead extends OfExecutor {
  readonly kind: 'exec-read';
  readonly bytes: number;
  readonly hash: number;
  /** Hash of the marking headers that came with it; 0 for none. */
  readonly marks: number;
}
export interface ExecEnded extends OfExecutor {
  readonly kind: 'exec-end';
  readonly outcome: 'ok' | 'expired' | 'canceled';
  /** Response bytes the function wrote. */
  readonly bytes: number;
  readonly hash: number;
  /** Hash of the marking headers it wrote; 0 for none. */
  readonly marks: number;
}
export interface ExecNacked extends OfExecutor {
  readonly kind: 'exec-nack';
  readonly reason: NackReason;
}
export type ExecutorLine = ExecStarted | ExecRead | ExecEnded | ExecNacked;

/** What one client saw, told when it was done. */
export interface ClientLine {
  readonly kind: 'client';
  readonly at: number;
  readonly call: string;
  /** The instant the call was meant to be sent at (open loop), µs. */
  readonly sentAt: number;
  /** HTTP status; 0 when none came. */
  readonly status: number;
  /** `ended`: a clean end; `cut`: broken off; `left`: the client went away first. */
  readonly how: 'ended' | 'cut' | 'left';
  readonly idempotent: boolean;
  readonly sentBytes: number;
  readonly sentHash: number;
  /** Hash of the marking headers it sent, and of those it got; 0 for none. */
  readonly sentMarks: number;
  readonly bytes: number;
  readonly hash: number;
  readonly marks: number;
}

/** A fault of the plan began; it lasts until `until` (equal to `at` for an instant). */
export interface FaultLine {
  readonly kind: 'fault';
  readonly at: number;
  readonly until: number;
  readonly fault: string;
  /** Runner ids it hits, comma-separated. */
  readonly target: string;
}

export type FlightEvent = ProbeEvent | ExecutorLine | ClientLine | FaultLine;

/** One limit of a scenario: exactly one of `max` and `min`, in the metric's unit. */
export interface Slo {
  /**
   * A dotted path of the result, e.g. `latencyMs.p99`, `calls.failed`, `attempts.perCall`,
   * `okRatio`.
   */
  readonly metric: string;
  readonly max?: number | undefined;
  readonly min?: number | undefined;
}

/** The first line of a record: what flies. */
export interface FlightHeader {
  readonly kind: 'flight';
  readonly version: 1;
  readonly scenario: string;
  /** One sentence a part: load, fleet, network, policy, faults. */
  readonly words: readonly string[];
  readonly on: 'sim' | 'grpc';
  readonly placer: string;
  readonly seed: number;
  readonly calls: number;
  readonly runners: readonly { readonly id: string; readonly slots: number }[];
  readonly slo: readonly Slo[];
  /** The command that flies it again. */
  readonly replay: string;
  readonly commit: string;
  readonly node: string;
  readonly windtunnel: string;
}

/** What is known only after landing. */
export interface FlightEnd {
  readonly kind: 'landed';
  /** Digest of the probe stream; null on gRPC. */
  readonly digest: string | null;
  readonly wallMs: number;
  /** First arrival to last event, on the flight's clock. */
  readonly virtualMs: number;
  /** Broken laws, one line each. */
  readonly violations: readonly string[];
  /** Calls that never ended, one line each. */
  readonly stuck: readonly string[];
}
