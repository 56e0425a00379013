/** The nouns: what comes in (Request), what is placed (Call), and how it ends (Outcome). */
import type { Observable } from 'rxjs';
import type { Body } from './body.js';
import type { Header } from './runner.js';
import type { Valve } from './valve.js';

/** Bytes at hand, or a cold stream of them that is subscribed once and cached. */
export type RequestBody = Uint8Array | Observable<Uint8Array>;

/** One call as a client asks for it. */
export interface Request {
  /** Call id; by default an instance prefix and a counter. Must be unique in this LB. */
  readonly id?: string;
  /** Name of the function to run. */
  readonly fn: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  /** Chunks are kept as they are: whoever emits one does not write to it afterwards. */
  readonly body: RequestBody;
  /** Announced body length in bytes, if any: a too large one is refused before reading. */
  readonly contentLength?: number;
}

/** What the lookup knows of a function. */
export interface FunctionInfo {
  readonly id: string;
  readonly name: string;
  /** The group of runners that serves it. */
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
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: Body;
  /** Absolute instants on the LB's clock, µs. */
  readonly arrivedAt: number;
  readonly deadline: number;
  /** Wall-clock ms at arrival, for dates on the wire. */
  readonly createdWallMs: number;
  /** Back-pressure from the client to the runner. */
  readonly valve: Valve;
  readonly progress: Progress;
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
