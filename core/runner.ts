/**
 * PORT Runner: what placement sees of a machine that runs functions, or of its simulated twin.
 *
 * The grammar of an engagement, checked by the conformance suite and by the flights' checkers:
 * `nack complete | finished complete | start data* finished complete | ... error`.
 */
import type { Observable } from 'rxjs';
import type { Call } from './call.js';

/** A header as it travels: one entry a value, order kept, names as the peer wrote them. */
export type Header = readonly [name: string, value: string];

/**
 * Why a runner certainly did not execute a call. `size`: does not fit now, a smaller call might;
 * `unreachable`: no stream was created; `closed`: this LB has closed the runner.
 */
export type NackReason = 'busy' | 'size' | 'draining' | 'unreachable' | 'closed';

/** "Not executed, try elsewhere." A value, not an error: errors mean "maybe executed". */
export interface Nack {
  readonly kind: 'nack';
  readonly reason: NackReason;
  /** The runner's wish not to be asked again for so long, in µs. */
  readonly retryAfterUs?: number;
}

export interface Start {
  readonly kind: 'start';
  readonly status: number;
  readonly headers: readonly Header[];
}

export interface Data {
  readonly kind: 'data';
  readonly bytes: Uint8Array;
}

/** The runner's code for "its deadline passed": the attempt, and so the call, is `expired`. */
export const RUNNER_EXPIRED = 504;

/** The runner's verdict on an execution. A 503 before any output is a Nack instead. */
export interface Finished {
  readonly kind: 'finished';
  readonly success: boolean;
  /** The runner's error code (an HTTP status, or 0 when it had none); 0 on success. */
  readonly code: number;
  /** The runner's error text; empty on success. */
  readonly message: string;
  /** The function, not the platform, is to blame. */
  readonly userError: boolean;
  /** Runner-side durations in µs, where the runner reports them. */
  readonly schedulerUs?: number;
  readonly executionUs?: number;
}

export type RunnerEvent = Nack | Start | Data | Finished;

/** What a runner says of itself on request. */
export interface RunnerStatus {
  /** Engagements that are open now. */
  readonly active: number;
  readonly requestsReceived: number;
  /** Of these, ended in any other way than by a NACK. */
  readonly requestsHandled: number;
  /** Its own words, `latency_*` among them where it measures that; absent where it has none. */
  readonly customStatus?: Readonly<Record<string, string>>;
  /** How its last check of itself went; absent on a runner that has none. */
  readonly selfTest?: SelfTest;
}

/** A runner's check of itself, with the protocol's names. Durations in µs, 0 when not reported. */
export interface SelfTest {
  readonly failed: boolean;
  readonly id: string;
  readonly details: string;
  /** Code and text of its failure; 0 and empty when it went well. */
  readonly errorCode: number;
  readonly errorStr: string;
  /** RFC 3339, the runner's clock. */
  readonly createdAt: string;
  readonly startedAt: string;
  readonly completedAt: string;
  /** Somebody was told the same before. */
  readonly cached: boolean;
  readonly kdumpsOnDisk: number;
  readonly isNetworkDisabled: boolean;
  readonly schedulerUs: number;
  readonly executionUs: number;
  readonly imagePullWaitUs: number;
  readonly ctrPrepUs: number;
  readonly ctrCreateUs: number;
  readonly initStartUs: number;
}

export interface Runner {
  readonly id: string;
  /**
   * An attempt opens on a ready runner only. One that is not is skipped: it is not connected, or
   * all streams that its connection may have are taken.
   */
  readonly ready: boolean;
  /** Its share of the calls relative to others. Default 1; above 0. */
  readonly weight?: number;
  /** Emits each time that its connection comes up, or is lost. Hot; never errors. */
  readiness(): Observable<boolean>;
  /**
   * Offers a call. Cold: nothing happens before subscription, each subscription is a new
   * engagement, and unsubscribing cancels it all the way to the function. Never emits during
   * subscribe. Errors are CallErrors: `broken` (maybe executed) or `expired`.
   */
  engage(call: Call, attempt: number): Observable<RunnerEvent>;
  /** One answer of the runner's Status RPC. Cold; errors with `broken`. */
  status(): Observable<RunnerStatus>;
  /**
   * From now on it is not ready, and NACKs what comes as `closed`; once the open engagements have
   * ended it lets go of the connection and completes. Begins at once, subscribed or not; closing
   * again waits for the same end. Errors with the reason if letting go failed.
   */
  close(): Observable<never>;
  /** Closes without patience: open engagements break, and `close` has its end when this returns. */
  cut(): void;
}
