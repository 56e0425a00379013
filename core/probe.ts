/**
 * PORT Probe: the function that is told what happened to a call, and when. Metrics, records,
 * reports, digests and checkers all feed on it. Events are plain flat objects: a new field must be
 * a string, a number or a boolean, for digests read them by position.
 */
import type { AttemptOutcome, Outcome } from './call.js';
import type { NackReason } from './runner.js';

interface At {
  /** Instant on the LB's clock, µs. */
  readonly at: number;
  /** Call id. */
  readonly call: string;
}

interface OfAttempt extends At {
  /** Number of the attempt within its call, from 1. */
  readonly attempt: number;
  readonly runner: string;
}

/** A call came in; nothing is decided yet. */
export interface Arrived extends At {
  readonly kind: 'arrive';
  readonly fn: string;
}
/** It holds a ticket and its body is cached. */
export interface Cached extends At {
  readonly kind: 'cached';
  readonly bytes: number;
  readonly deadline: number;
}
/** A runner that is not ready was passed over: no stream, no attempt. */
export interface Skipped extends At {
  readonly kind: 'skip';
  readonly runner: string;
}
/** A round found no runner; the next one starts after the pause. */
export interface RoundOver extends At {
  readonly kind: 'round';
  readonly round: number;
}
export interface AttemptOpened extends OfAttempt {
  readonly kind: 'attempt';
}
export interface AttemptNacked extends OfAttempt {
  readonly kind: 'nack';
  readonly reason: NackReason;
}
/** The first event that is not a NACK: no other runner may get this call. */
export interface Committed extends OfAttempt {
  readonly kind: 'commit';
}
/** An attempt that was not NACKed is over. */
export interface AttemptEnded extends OfAttempt {
  readonly kind: 'attempt-end';
  readonly outcome: Exclude<AttemptOutcome, 'nacked'>;
  readonly cause: string;
}
/** The head of the response went out. */
export interface HeadSent extends At {
  readonly kind: 'head';
  readonly status: number;
}
/** The call is over; nothing of it is held any more. */
export interface Ended extends At {
  readonly kind: 'end';
  readonly outcome: Outcome;
  /** Error code of the core (`errors.ts`), or '' when ok. */
  readonly code: string;
  /** HTTP status the client was sent, or 499 for a client that left. */
  readonly status: number;
  readonly attempts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type ProbeEvent =
  | Arrived
  | Cached
  | Skipped
  | RoundOver
  | AttemptOpened
  | AttemptNacked
  | Committed
  | AttemptEnded
  | HeadSent
  | Ended;

export type Probe = (event: ProbeEvent) => void;
