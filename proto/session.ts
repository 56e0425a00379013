/**
 * The server half of the protocol: one wire, one executor → one engagement served. Pure, so the
 * simulated and the real runners speak through the same lines.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Clock, Timer } from '../core/clock.js';
import type { Nack, RunnerEvent } from '../core/runner.js';
import { createValve } from '../core/valve.js';
import type { Executor } from './executor.js';
import { cut } from './frames.js';
import {
  META,
  type ClientMessage,
  type FinishedMessage,
  type Metadata,
  type ServerWire,
  type WireListener,
} from './wire.js';

/** What all sessions of one runner share. */
export interface SessionParts {
  readonly clock: Clock;
  readonly executor: Executor;
  /** Bytes of a request body; more is answered 413. */
  readonly bodyMaxBytes: number;
  /** Bytes of a response; more is answered 502, exactly so many are not. */
  readonly responseMaxBytes: number;
}

/** The runner stops this long before the LB's deadline, so that its verdict still arrives. */
const HEADROOM_US = 20_000;

/** The one code of "not executed", and what an execution says instead that failed with it. */
const BUSY = 503;
const FAILED = 502;

const STATUS_OK = 0;
/** gRPC UNKNOWN, which the original answers to a breach of the protocol. */
const STATUS_UNKNOWN = 2;
const STATUS_INTERNAL = 13;

/** Serves one engagement, from its first message to its status. */
export function serve(parts: SessionParts, wire: ServerWire): void {
  wire.listen(new Session(parts, wire));
}

class Session implements WireListener<ClientMessage> {
  private execution: Subscription | undefined;
  private timer: Timer | undefined;
  /** The instant the function must be done by, on this clock. */
  private until = Number.POSITIVE_INFINITY;
  private tried = false;
  private eof = false;
  private over = false;
  private bodyBytes = 0;
  private responseBytes = 0;
  private early: Uint8Array[] = [];
  private reader: Subscriber<Uint8Array> | undefined;
  private readonly valve = createValve();
  private callId = '';

  constructor(
    private readonly parts: SessionParts,
    private readonly wire: ServerWire,
  ) {}

  onMessage(message: ClientMessage): void {
    if (this.over) return;
    try {
      if (!this.tried) return this.onFirst(message);
      // Frames behind eof are ignored, as the original does.
      if (this.eof) return;
      if (message.kind !== 'data') return this.breach('expected ClientMsg_Data');
      this.onFrame(message.bytes, message.eof);
    } catch (thrown) {
      this.stop(STATUS_INTERNAL, thrown instanceof Error ? thrown.message : 'bug');
    }
  }

  onDrain(): void {
    this.valve.set(true);
  }

  onMetadata(): void {
    // All that an LB has to say beside its messages comes with the stream.
  }

  /** The LB has canceled or is gone: the function stops, nothing more is said. */
  onEnd(): void {
    if (this.over) return;
    this.over = true;
    this.letGo();
  }

  private onFirst(message: ClientMessage): void {
    if (message.kind === 'unknown' && message.callError !== undefined) {
      // A call that cannot be read is answered, not broken off: the original does the same.
      return this.verdict(0, message.callError);
    }
    if (message.kind !== 'try') return this.breach('expected ClientMsg_Try');
    this.tried = true;
    const { clock, executor } = this.parts;
    const { remainingUs, metadata } = this.wire;
    const { model } = message;
    this.callId = model.id;
    const patience = remainingUs === undefined ? Number.POSITIVE_INFINITY : remainingUs;
    this.until = clock.now() + Math.max(0, patience - HEADROOM_US);
    const execution = executor
      .execute({
        model,
        begin: () => this.limit(model.timeout),
        attempt: attemptOf(metadata),
        slotHashId: message.slotHashId,
        extensions: message.extensions,
        body: this.body(),
        valve: this.valve,
      })
      .subscribe({
        next: (event) => this.onEvent(event),
        error: (error: unknown) =>
          this.verdict(0, error instanceof Error ? error.message : 'error'),
        complete: () => this.verdict(0, 'the executor said nothing'),
      });
    if (this.over) return execution.unsubscribe();
    this.execution = execution;
    this.arm();
  }

  /** The function begins: its own time, where it has one, may end before what the LB left it. */
  private limit(timeoutS: number): void {
    const until = this.parts.clock.now() + timeoutS * 1_000_000;
    if (!(timeoutS > 0) || until >= this.until) return;
    this.until = until;
    if (this.timer !== undefined) this.arm();
  }

  private arm(): void {
    this.timer?.cancel();
    if (this.until === Number.POSITIVE_INFINITY) return;
    const { clock } = this.parts;
    const left = Math.max(0, this.until - clock.now());
    this.timer = clock.after(left, () => this.verdict(504, 'Timed out', true));
  }

  private onFrame(bytes: Uint8Array, eof: boolean): void {
    this.bodyBytes += bytes.length;
    if (this.bodyBytes > this.parts.bodyMaxBytes) {
      return this.verdict(413, 'Request content too large');
    }
    this.eof = eof;
    if (this.reader === undefined) {
      if (bytes.length > 0) this.early.push(bytes);
      return;
    }
    if (bytes.length > 0) this.reader.next(bytes);
    if (eof) this.reader?.complete();
  }

  /** The body as the executor reads it; bounded by `bodyMaxBytes` while nobody does. */
  private body(): Observable<Uint8Array> {
    return new Observable((reader) => {
      for (const bytes of this.early) reader.next(bytes);
      this.early = [];
      if (this.eof) return reader.complete();
      this.reader = reader;
      return () => {
        this.reader = undefined;
      };
    });
  }

  private onEvent(event: RunnerEvent): void {
    if (this.over) return;
    if (event.kind === 'nack') return this.nack(event);
    if (event.kind === 'start') {
      this.wire.send({ kind: 'start', status: event.status, headers: event.headers });
    } else if (event.kind === 'data') {
      this.responseBytes += event.bytes.length;
      if (this.responseBytes > this.parts.responseMaxBytes) {
        return this.verdict(502, 'function response body too large', true);
      }
      for (const bytes of cut(event.bytes)) {
        if (!this.wire.send({ kind: 'data', bytes })) this.valve.set(false);
      }
    } else {
      const { success, code, message, userError, schedulerUs = 0, executionUs = 0 } = event;
      this.finish({
        kind: 'finished',
        success,
        details: this.callId,
        // On the wire 503 means "not executed", and only a NACK may say so.
        errorCode: code === BUSY ? FAILED : code,
        errorStr: message,
        errorUser: userError,
        schedulerDuration: schedulerUs * 1000,
        executionDuration: executionUs * 1000,
      });
    }
  }

  /** Reason and push-back travel as metadata beside the verdict, where the original has no eyes. */
  private nack(nack: Nack): void {
    const { reason, retryAfterUs } = nack;
    const metadata: Record<string, string> = { [META.nackReason]: reason };
    if (retryAfterUs !== undefined) metadata[META.retryAfterMs] = String(retryAfterUs / 1000);
    this.wire.sendMetadata(metadata);
    this.verdict(BUSY, 'Timed out - server too busy');
  }

  private verdict(errorCode: number, errorStr: string, errorUser = false): void {
    if (this.over) return;
    this.finish({
      kind: 'finished',
      success: false,
      details: this.callId,
      errorCode,
      errorStr,
      errorUser,
      schedulerDuration: 0,
      executionDuration: 0,
    });
  }

  private finish(message: FinishedMessage): void {
    this.wire.send(message);
    this.stop(STATUS_OK, '');
  }

  private breach(what: string): void {
    this.stop(STATUS_UNKNOWN, `Protocol failure: ${what}`);
  }

  private stop(code: number, message: string): void {
    this.over = true;
    this.wire.finish(code, message);
    this.letGo();
  }

  private letGo(): void {
    this.timer?.cancel();
    this.execution?.unsubscribe();
    this.early = [];
    this.reader = undefined;
  }
}

/** The LB's number of the attempt; 0 where it does not say, or says nonsense. */
function attemptOf(metadata: Metadata): number {
  const attempt = Number(metadata[META.attempt]);
  return Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 0;
}
