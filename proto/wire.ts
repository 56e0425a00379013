/**
 * PORT Wire: one engagement's two-way stream of whole messages, in order, as the client and the
 * server end see it. `proto/grpc` carries it over HTTP/2, `sim/link.ts` through virtual time.
 * Everything that decides "refused, or maybe executed?" stands above this seam.
 */
import type { Header } from '../core/runner.js';
import type { CallModel } from './model.js';

export type Metadata = Readonly<Record<string, string>>;

/** LB to runner. `try` comes first, once; then data frames; the last one has `eof`. */
export type ClientMessage =
  | {
      readonly kind: 'try';
      readonly model: CallModel;
      readonly slotHashId: string;
      readonly extensions: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'data'; readonly bytes: Uint8Array; readonly eof: boolean }
  /** Nobody waits for the answer: where a reset would be above the pace (`pace.ts`). */
  | { readonly kind: 'cancel' }
  /**
   * A message that says nothing, or a half-close: a failure of the protocol wherever the stream is
   * not over. With `callError` it is a `try` whose JSON is no call, and says why.
   */
  | { readonly kind: 'unknown'; readonly callError?: string };

/** The verdict as it travels, in the union of both dialects' fields. */
export interface FinishedMessage {
  readonly kind: 'finished';
  readonly success: boolean;
  /** The call id. */
  readonly details: string;
  readonly errorCode: number;
  readonly errorStr: string;
  readonly errorUser: boolean;
  /** Durations on the runner, ns, 0 when not reported. */
  readonly schedulerDuration: number;
  readonly executionDuration: number;
}

/** Runner to LB. `unknown` is a message that this version cannot read; it is ignored. */
export type RunnerMessage =
  | { readonly kind: 'start'; readonly status: number; readonly headers: readonly Header[] }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | FinishedMessage
  | { readonly kind: 'unknown' }
  /** Bytes that are no message: nothing that follows them can be believed. */
  | { readonly kind: 'unreadable'; readonly cause: string };

/** How a stream ended, told once, after its last message has been consumed. */
export type WireEnd =
  /** The peer (or its library) ended it with a gRPC status. */
  | { readonly kind: 'status'; readonly code: number; readonly message: string }
  /**
   * Certainly not executed: no stream was ever created, or the peer turned it away before it
   * processed any of it (`byPeer`: RFC 9113 §8.7), as one does that goes or has no streams left.
   */
  | { readonly kind: 'refused'; readonly cause: string; readonly byPeer?: true }
  /** The stream was created and broke: maybe executed. */
  | { readonly kind: 'lost'; readonly cause: string };

/** What one end of a wire is told. Never told anything during `open` or `listen`. */
export interface WireListener<Incoming> {
  onMetadata(metadata: Metadata): void;
  onMessage(message: Incoming): void;
  /** `send` returned false before; it may be called again. */
  onDrain(): void;
  /** Exactly once, and the last thing told. Not told after `cancel`. */
  onEnd(end: WireEnd): void;
}

interface WireFlow {
  /** No `onMessage` until `resume`; the LB's end is not told of the end either, the runner's is: a
   * function that nobody waits for must stop, read or unread. */
  pause(): void;
  resume(): void;
  /** Resets the stream. Idempotent; nothing is told afterwards. */
  cancel(): void;
}

/** The LB's end. */
export interface ClientWire extends WireFlow {
  /** Creates the stream. `remainingUs` is what is left of the call's deadline, in µs. */
  open(metadata: Metadata, remainingUs: number, listener: WireListener<RunnerMessage>): void;
  /** False: stop until `onDrain`. The message was taken all the same. */
  send(message: ClientMessage): boolean;
}

/** The runner's end. */
export interface ServerWire extends WireFlow {
  readonly metadata: Metadata;
  /** What is left of the call's deadline, µs at the stream's arrival; undefined when unbounded. */
  readonly remainingUs: number | undefined;
  /** `onEnd` here means that the LB is gone or has canceled; a half-close may show before it. */
  listen(listener: WireListener<ClientMessage>): void;
  /** Initial metadata; before the first `send` or not at all. */
  sendMetadata(metadata: Metadata): void;
  send(message: RunnerMessage): boolean;
  /** Ends the stream with a gRPC status, after all that was sent. */
  finish(code: number, message: string): void;
}

/** A connection to one runner: it opens wires. */
export interface Channel {
  /** The connection is up: a stream can be created now. */
  readonly ready: boolean;
  /** Tells each time that `ready` changes, never at once. Returns what ends it. */
  watch(told: (ready: boolean) => void): () => void;
  wire(): ClientWire;
  /** The Status RPC. One answer or one error text. Returns the cancel. */
  status(
    remainingUs: number,
    done: (
      answer: { active: number; requestsReceived: number; requestsHandled: number } | string,
    ) => void,
  ): () => void;
  close(): void;
}

/** Names of our metadata; the original ignores names that it does not know. */
export const META = {
  /** The original's request id. */
  requestId: 'fn_request_id',
  /** Number of the attempt within its call. */
  attempt: 'windtunnel-attempt',
  /** Why a runner NACKs, in the initial metadata sent with its `finished` 503. */
  nackReason: 'windtunnel-nack-reason',
  /** Push-back in ms, likewise. */
  retryAfterMs: 'windtunnel-retry-after-ms',
} as const;
