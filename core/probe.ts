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
  /** Call id; '' for what happens to a runner and not to a call. */
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
  /** Whose call it is: the prefix of that LB's ids. */
  readonly lb: string;
}
/** It holds a ticket and its body is cached; listeners are told of it next. */
export interface Cached extends At {
  readonly kind: 'cached';
  /** Bytes of its body. */
  readonly bytes: number;
  /** Instant on the LB's clock, µs. */
  readonly deadline: number;
  /** Id of the function. */
  readonly fn: string;
  /** Id of its app, '' when it has none. */
  readonly app: string;
  readonly image: string;
  /** Group of runners that it is for. */
  readonly group: string;
  /** Request id, '' when it has none. */
  readonly rid: string;
}
/** A runner that is not ready was passed over: no stream, no attempt. */
export interface Skipped extends At {
  readonly kind: 'skip';
  readonly runner: string;
}
/** A round found no runner; the next one starts after the pause. */
export interface RoundOver extends At {
  readonly kind: 'round';
  /** From 1. */
  readonly round: number;
  /** Runners that the round was over, ready or not. */
  readonly runners: number;
}
/** No runner has room: the call waits until one may have. */
export interface Waiting extends At {
  readonly kind: 'wait';
  readonly lb: string;
  readonly group: string;
  /** Runners of the group, ready or not. */
  readonly runners: number;
  /** Calls that wait there, this one included. */
  readonly waiting: number;
}
/**
 * What an LB learned of a runner beside the fate of its attempts. `joined`, `ready`, `returned`
 * (from an ejection), `rested` (its push-back or ejection is over) and `asked` (a tick's turn) say
 * that it may have room; `unready`: that is no use now, for it is not connected, or its streams are
 * all taken; `left` the pool, connection `lost`, `ejected`, `kept` (an ejection that the floor
 * forbade); `panic`: with it lost, all ejections are lifted.
 */
export type RunnerChange =
  | 'joined'
  | 'ready'
  | 'returned'
  | 'rested'
  | 'asked'
  | 'unready'
  | 'left'
  | 'lost'
  | 'ejected'
  | 'kept'
  | 'panic';
export interface RunnerChanged extends At {
  readonly kind: 'runner';
  readonly lb: string;
  readonly group: string;
  readonly runner: string;
  readonly change: RunnerChange;
}
/** An attempt that no NACK asked for was not made: the retry budget is spent. */
export interface OverBudget extends At {
  readonly kind: 'over-budget';
  readonly what: 'hedge' | 'second-chance';
}
export interface AttemptOpened extends OfAttempt {
  readonly kind: 'attempt';
  /** It runs beside an attempt that is open. */
  readonly hedge: boolean;
  /** It spends the sign that its runner may have room for one call. */
  readonly token: boolean;
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
  /**
   * Why, when not ok: the runner's code if it gave a verdict, what broke if it gave none, '' if
   * the LB cut the attempt itself.
   */
  readonly cause: string;
  /** The runner's text for its verdict, its first 256 characters; '' when ok or without one. */
  readonly message: string;
  /** The runner blames the function, not itself. */
  readonly userError: boolean;
  /** Waiting on the runner for a slot, µs; 0 when it did not say. */
  readonly schedulerUs: number;
  /** Execution of the function, µs; 0 when the runner did not say. */
  readonly executionUs: number;
}
/** The head of the response went out. */
export interface HeadSent extends At {
  readonly kind: 'head';
  readonly status: number;
}
/** The response is over; nothing of the call is held any more, but by listeners of its end. */
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
  /** Listeners are told of the end next: `call-end` will follow. */
  readonly callEnd: boolean;
}
/** The listeners of a call's end are done, or out of time. The only event that follows an `end`. */
export interface CallEnded extends At {
  readonly kind: 'call-end';
}

export type ProbeEvent =
  | Arrived
  | Cached
  | Skipped
  | RoundOver
  | Waiting
  | RunnerChanged
  | OverBudget
  | AttemptOpened
  | AttemptNacked
  | Committed
  | AttemptEnded
  | HeadSent
  | Ended
  | CallEnded;

export type Probe = (event: ProbeEvent) => void;
