/**
 * The server half of the protocol: one wire, one executor → one engagement served. Pure, so the
 * simulated and the real runners speak through the same lines.
 */
import type { Subscription } from 'rxjs';
import type { Clock, Timer } from '../core/clock.js';
import { checkLimits } from '../core/limits.js';
import { RUNNER_EXPIRED, type Finished, type Nack, type RunnerEvent } from '../core/runner.js';
import { createValve } from '../core/valve.js';
import type { Executor } from './executor.js';
import { cut } from './frames.js';
import { attemptOf, flawOf } from './offer.js';
import { OfferedBody } from './offered-body.js';
import type { SessionCounter } from './status.js';
import { META, type ClientMessage, type ServerWire, type WireListener } from './wire.js';

/** What all sessions of one runner share. */
export interface SessionParts {
  readonly clock: Clock;
  readonly executor: Executor;
  /** Bytes of a request body; more is answered 413. */
  readonly bodyMaxBytes: number;
  /** Bytes of a response; more is answered 502, exactly so many are not. */
  readonly responseMaxBytes: number;
  /** Told how each engagement goes, for the Status RPC. Default: nobody counts. */
  readonly counter?: SessionCounter;
  /**
   * What becomes of an execution that answers, or stops reading, before it has the whole request.
   * `refuse` is 502, as in the newer original, lest a function takes a part for the whole. Default
   * `allow`, as in the older one: whoever needs no request does not have to read it.
   */
  readonly earlyAnswer?: 'allow' | 'refuse';
}

/** The runner stops this long before the LB's deadline, so that its verdict still arrives. */
export const HEADROOM_US = 20_000;

/** How long a stream may be open without its first message: it comes with the stream. */
const TRY_US = 30_000_000;

/** The one code of "not executed", and what an execution says instead that failed with it. */
const BUSY = 503;
const BUSY_TEXT = 'Timed out - server too busy';
const FAILED = 502;
/** The head of a detached call: its function has begun, and nobody waits for its output. */
const ACCEPTED = 202;

const STATUS_OK = 0;
const STATUS_CANCELLED = 1;
/** gRPC UNKNOWN, which the original answers to a breach of the protocol. */
const STATUS_UNKNOWN = 2;
const STATUS_INTERNAL = 13;

/**
 * Serves one engagement, from its first message to its status. Throws a RangeError that names a
 * limit that is none.
 */
export function serve(parts: SessionParts, wire: ServerWire): void {
  const { bodyMaxBytes, responseMaxBytes } = parts;
  checkLimits('session', { bodyMaxBytes, responseMaxBytes });
  const session = new Session(parts, wire);
  wire.listen(session);
  session.open();
}

class Session implements WireListener<ClientMessage> {
  private execution: Subscription | undefined;
  private timer: Timer | undefined;
  /** When the timer is due. */
  private due = Number.POSITIVE_INFINITY;
  /** The instant the function must be done by, on this clock. */
  private until = Number.POSITIVE_INFINITY;
  /** When the stream came, and then its offer. */
  private at = 0;
  /** When the function began; -1 while it has not. */
  private begunAt = -1;
  private detached = false;
  private nacked = false;
  private tried = false;
  private over = false;
  private bodyBytes = 0;
  private responseBytes = 0;
  private readonly body = new OfferedBody();
  private readonly valve = createValve();
  private callId = '';

  constructor(
    private readonly parts: SessionParts,
    private readonly wire: ServerWire,
  ) {}

  open(): void {
    const { clock, counter } = this.parts;
    const { remainingUs } = this.wire;
    counter?.onReceived();
    this.at = clock.now();
    if (remainingUs !== undefined) this.until = this.at + Math.max(0, remainingUs - HEADROOM_US);
    this.arm();
  }

  onMessage(message: ClientMessage): void {
    if (this.over) return;
    try {
      if (message.kind === 'cancel') return this.stop(STATUS_CANCELLED, 'canceled');
      if (!this.tried) return this.onFirst(message);
      // Frames behind eof are ignored, as the original does.
      if (this.body.eof) return;
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
    this.parts.counter?.onHandled();
    this.letGo();
  }

  private onFirst(message: ClientMessage): void {
    if (message.kind === 'unknown' && message.callError !== undefined) {
      // A call that cannot be read is answered, not broken off: the original does the same.
      return this.verdict(0, message.callError);
    }
    if (message.kind !== 'try') return this.breach('expected ClientMsg_Try');
    const { model, slotHashId, extensions } = message;
    const { clock, executor } = this.parts;
    this.callId = model.id;
    const flaw = flawOf(model, slotHashId);
    if (flaw !== undefined) return this.verdict(0, flaw);
    this.tried = true;
    this.at = clock.now();
    this.detached = model.type === 'detached';
    this.arm();
    const execution = executor
      .execute({
        model,
        begin: () => this.begin(model.timeout),
        attempt: attemptOf(this.wire.metadata),
        remainingUs: this.wire.remainingUs,
        slotHashId,
        extensions,
        body: this.body.read(),
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
  }

  /** The function begins: its own time, where it has one, may end before what the LB left it. */
  private begin(timeoutS: number): void {
    if (this.over || this.begunAt !== -1) return;
    this.onBegun();
    const until = this.begunAt + timeoutS * 1_000_000;
    if (!(timeoutS > 0) || until >= this.until) return;
    this.until = until;
    this.arm();
  }

  private onBegun(): void {
    if (this.begunAt !== -1) return;
    this.begunAt = this.parts.clock.now();
    if (this.detached) this.wire.send({ kind: 'start', status: ACCEPTED, headers: [] });
  }

  /** One timer a session: for its first message, then for its function. */
  private arm(): void {
    const { clock } = this.parts;
    const due = this.tried ? this.until : Math.min(this.until, this.at + TRY_US);
    if (due === this.due) return;
    this.due = due;
    this.timer?.cancel();
    if (due === Number.POSITIVE_INFINITY) return;
    this.timer = clock.after(Math.max(0, due - clock.now()), () => this.onDue());
  }

  private onDue(): void {
    if (this.tried) return this.verdict(RUNNER_EXPIRED, 'Timed out', true);
    // Nothing was offered, so nothing ran: as a status 503 an LB may offer it elsewhere.
    this.nacked = true;
    this.stop(BUSY, BUSY_TEXT);
  }

  private onFrame(bytes: Uint8Array, eof: boolean): void {
    this.bodyBytes += bytes.length;
    if (this.bodyBytes > this.parts.bodyMaxBytes) {
      return this.verdict(413, 'Request content too large');
    }
    if (this.body.push(bytes, eof) || this.parts.earlyAnswer !== 'refuse') return;
    this.verdict(FAILED, 'function closed pipe while receiving request', true);
  }

  private onEvent(event: RunnerEvent): void {
    if (this.over) return;
    if (event.kind === 'nack') return this.nack(event);
    if (event.kind !== 'finished' || event.success) {
      // Output says that the function has begun, where its executor did not.
      this.onBegun();
      if (!this.body.eof && this.parts.earlyAnswer === 'refuse') {
        const why = 'function invoked write before receiving entire request';
        return this.verdict(FAILED, why, true);
      }
    }
    if (event.kind === 'finished') return this.onFinished(event);
    if (this.detached) return;
    if (event.kind === 'start') {
      this.wire.send({ kind: 'start', status: event.status, headers: event.headers });
    } else this.onData(event.bytes);
  }

  private onData(bytes: Uint8Array): void {
    this.responseBytes += bytes.length;
    if (this.responseBytes > this.parts.responseMaxBytes) {
      return this.verdict(FAILED, 'function response body too large', true);
    }
    for (const piece of cut(bytes)) {
      if (!this.wire.send({ kind: 'data', bytes: piece })) this.valve.set(false);
    }
  }

  /** Reason and push-back travel as metadata beside the verdict, where the original has no eyes. */
  private nack(nack: Nack): void {
    // A NACK says "not executed", and this one has begun: the LB would have it run twice.
    if (this.begunAt !== -1) return this.verdict(FAILED, 'a NACK of a call that has begun');
    const { reason, retryAfterUs } = nack;
    const metadata: Record<string, string> = { [META.nackReason]: reason };
    if (retryAfterUs !== undefined) metadata[META.retryAfterMs] = String(retryAfterUs / 1000);
    this.wire.sendMetadata(metadata);
    this.nacked = true;
    this.verdict(BUSY, BUSY_TEXT);
  }

  private verdict(code: number, message: string, userError = false): void {
    if (this.over) return;
    this.finish({ kind: 'finished', success: false, code, message, userError }, code);
  }

  private onFinished(finished: Finished): void {
    // On the wire 503 means "not executed", and only a NACK may say so.
    this.finish(finished, finished.code === BUSY ? FAILED : finished.code);
  }

  private finish(finished: Finished, errorCode: number): void {
    const { at, begunAt } = this;
    const now = this.parts.clock.now();
    const begun = begunAt !== -1;
    if (begun) this.parts.counter?.onLatency(now - at);
    const { success, message, userError } = finished;
    const schedulerUs = finished.schedulerUs ?? (begun ? begunAt - at : 0);
    const executionUs = finished.executionUs ?? (begun ? now - begunAt : 0);
    this.wire.send({
      kind: 'finished',
      success,
      details: this.callId,
      errorCode,
      errorStr: message,
      errorUser: userError,
      schedulerDuration: schedulerUs * 1000,
      executionDuration: executionUs * 1000,
    });
    this.stop(STATUS_OK, '');
  }

  private breach(what: string): void {
    this.stop(STATUS_UNKNOWN, `Protocol failure: ${what}`);
  }

  private stop(code: number, message: string): void {
    if (this.over) return;
    const { counter } = this.parts;
    this.over = true;
    if (this.nacked) counter?.onNacked();
    else counter?.onHandled();
    this.wire.finish(code, message);
    this.letGo();
  }

  private letGo(): void {
    this.timer?.cancel();
    this.execution?.unsubscribe();
    this.body.letGo();
  }
}
