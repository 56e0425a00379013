/** The nouns: what comes in (Request), what is placed (Call), and how it ends (Outcome). */
import type { Observable } from 'rxjs';
import type { Body } from './body.js';
import type { CallOption, Draft } from './draft.js';
import type { Header } from './runner.js';
import type { Valve } from './valve.js';

/** Bytes that can be had again and again, so that they are not cached a second time. */
export interface BodyFactory {
  /** Length of the whole body. */
  readonly bytes: number;
  /** All of it from the start, the same each time; read by one attempt, as far as that goes. */
  chunks(): Iterable<Uint8Array>;
}

/** Bytes at hand, a factory of them, or a cold stream that is subscribed once and cached. */
export type RequestBody = Uint8Array | BodyFactory | Observable<Uint8Array>;

/** One call as a client asks for it. */
export interface Request {
  /** Call id; by default an instance prefix and a counter. Must be unique in this LB. */
  readonly id?: string;
  /** Id of the function to run. */
  readonly fn: string;
  /** The function by app and path instead; `fn` is '' then. */
  readonly route?: { readonly app: string; readonly path: string };
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  /** Chunks are kept as they are: whoever emits one does not write to it afterwards. */
  readonly body: RequestBody;
  /** Announced body length in bytes, if any: a too large one is refused before reading. */
  readonly contentLength?: number;
  /** Correlates what several systems say of one request; travels to the runner. */
  readonly requestId?: string;
  /** Answered 202 as soon as a runner has accepted; runs on without its client. Default false. */
  readonly detached?: boolean;
  /** Changes to this call, before the balancer's own (`draft.ts`). */
  readonly options?: readonly CallOption[];
  /** Which of the original's two error bodies the client reads. Default v2. */
  readonly errorShape?: ErrorShape;
}

/** v1: `{"error":{"message":"…"}}`, of routes; v2: `{"message":"…"}`. */
export type ErrorShape = 'v1' | 'v2';

/** What the lookup knows of a function. */
export interface FunctionInfo {
  readonly id: string;
  readonly name: string;
  /** The app it belongs to; '' for none. */
  readonly appId: string;
  /** The group of runners that serves it, unless its config says another. */
  readonly group: string;
  /** Arrival to end, in ms. */
  readonly timeoutMs: number;
  /** Safe to execute twice. Declared, never inferred. */
  readonly idempotent: boolean;
  /** MB of memory an execution takes on its runner. */
  readonly memoryMb: number;
  readonly image: string;
  readonly config: Readonly<Record<string, string>>;
}

/** A call whose body is cached: everything about it can be replayed. */
export interface Call {
  readonly id: string;
  readonly fn: FunctionInfo;
  /** The function as this call sees it: options and the overrider are done with it. */
  readonly spec: Readonly<Draft>;
  readonly method: string;
  readonly url: string;
  readonly body: Body;
  readonly detached: boolean;
  /** Absolute instants on the LB's clock, µs. */
  readonly arrivedAt: number;
  readonly deadline: number;
  /** How long a runner may be looked for, µs; half of the time to the deadline is a limit too. */
  readonly placementUs: number;
  /** Wall-clock ms at arrival, for dates on the wire. */
  readonly createdWallMs: number;
  /** Back-pressure from the client to the runner. */
  readonly valve: Valve;
  readonly progress: Progress;
  /**
   * Of one attempt, as its runner is offered it: the headers of its trace context, which are among
   * those of `spec` too. Absent where nobody traces.
   */
  readonly trace?: readonly Header[];
}

/** How far a call has come. Written by the stations, read by its balancer. */
export interface Progress {
  attempts: number;
  /** An attempt is open: from here on a deadline is the runner's, not the search's. */
  attemptOpen: boolean;
  /** The first event that is not a NACK has come. */
  committed: boolean;
  /** An attempt broke before it said anything: "refused" would be a lie from here on. */
  maybeExecuted: boolean;
}

/** How a call ended, exactly one of these. `refused`: nothing ran, ask again later. */
export type Outcome = 'ok' | 'failed' | 'refused' | 'expired' | 'canceled';

/** How an attempt ended. */
export type AttemptOutcome = 'nacked' | 'ok' | 'failed' | 'broken' | 'expired' | 'canceled';
