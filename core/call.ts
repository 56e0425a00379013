/** The nouns: what comes in (Request), what is placed (Call), and how it ends (Outcome). */
import type { Observable } from 'rxjs';
import type { Header } from './runner.js';
import type { Valve } from './valve.js';

/** Bytes at hand, or a cold stream of them that is subscribed once and cached. */
export type RequestBody = Uint8Array | Observable<Uint8Array>;

/** One call as a client asks for it. */
export interface Request {
  /** Call id; by default an instance prefix and a counter. Must be unique in this LB. */
  readonly id?: string;
  /** The function to run. */
  readonly fn: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
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
  /** The cached body, as immutable chunks. */
  readonly body: readonly Uint8Array[];
  /** Absolute instants on the LB's clock, µs. */
  readonly arrivedAt: number;
  readonly deadline: number;
  /** Wall-clock ms at arrival, for dates on the wire. */
  readonly createdWallMs: number;
  /** Back-pressure from the client to the runner. */
  readonly valve: Valve;
  /** Tells that the attempt has handed the whole body to the wire. */
  readonly bodySent: () => void;
}

/** How a call ended, exactly one of these. `refused`: nothing ran, ask again later. */
export type Outcome = 'ok' | 'failed' | 'refused' | 'expired' | 'canceled';

/** How an attempt ended. */
export type AttemptOutcome = 'nacked' | 'ok' | 'failed' | 'broken' | 'expired' | 'canceled';
