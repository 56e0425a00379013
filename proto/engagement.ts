/**
 * The client half of the protocol: one wire, one call → the events of one engagement. This is the
 * half page that decides "refused, or maybe executed?"; it is pure, so it flies in both worlds.
 */
import { Observable, type Subscriber } from 'rxjs';
import type { Call } from '../core/call.js';
import type { Clock, Timer } from '../core/clock.js';
import { CallError } from '../core/errors.js';
import { guarded } from '../core/invariant.js';
import type { NackReason, RunnerEvent } from '../core/runner.js';
import { frames } from './frames.js';
import { callModel } from './model.js';
import {
  META,
  type ClientMessage,
  type ClientWire,
  type FinishedMessage,
  type Metadata,
  type RunnerMessage,
  type WireEnd,
  type WireListener,
} from './wire.js';

/** What all engagements of one connection share. */
export interface EngagementParts {
  readonly clock: Clock;
  /** Creates the wire of a new engagement. */
  readonly wire: () => ClientWire;
  /** Whether one more stream may be reset now (`pace.ts`). */
  readonly mayCancel: () => boolean;
  /** An attempt was abandoned above the pace (+1), or has ended at last (-1). */
  readonly onAbandoned: (change: 1 | -1) => void;
}

/** How long a stream may stay without status after its verdict: a runner ends it at once. */
const LINGER_US = 1_000_000;

/** gRPC DEADLINE_EXCEEDED. */
const STATUS_DEADLINE = 4;

/** The one code that means "not executed" in a verdict, or as a status before any message. */
const BUSY = 503;

/** Opens a wire and offers the call on it. Cold; see `core/runner.ts` for the grammar. */
export function engage(
  parts: EngagementParts,
  call: Call,
  attempt: number,
): Observable<RunnerEvent> {
  return new Observable((out) => {
    const engagement = new Engagement(parts, call, out);
    // Before it opens: a body that throws on its way out must not leave a stream behind.
    out.add(() => engagement.close());
    engagement.open(attempt);
  });
}

class Engagement implements WireListener<RunnerMessage> {
  private readonly wire: ClientWire;
  /** The rest of the body; holds its chunks, so it goes when the last frame is out. */
  private nextFrame: (() => ClientMessage | undefined) | undefined;
  private nackReason: NackReason = 'busy';
  private retryAfterUs: number | undefined;
  private heard = false;
  private started = false;
  private finished = false;
  /** The wire has ended, or was reset: nothing is to be let go of. */
  private ended = false;
  private abandoned = false;
  private sending = true;
  private linger: Timer | undefined;

  constructor(
    private readonly parts: EngagementParts,
    private readonly call: Call,
    private readonly out: Subscriber<RunnerEvent>,
  ) {
    this.wire = parts.wire();
    this.nextFrame = frames(call.body.chunks);
  }

  open(attempt: number): void {
    const { call, parts, wire } = this;
    const remainingUs = Math.max(1, call.deadline - parts.clock.now());
    // Also where instrumented runners look for it; the client's own stays among the headers.
    const metadata: Record<string, string> = {
      ...(call.trace === undefined ? {} : Object.fromEntries(call.trace)),
      [META.attempt]: String(attempt),
    };
    const { slotHashId, extensions, requestId } = call.spec;
    if (requestId !== '') metadata[META.requestId] = requestId;
    wire.open(metadata, remainingUs, this);
    const model = callModel(call);
    if (wire.send({ kind: 'try', model, slotHashId, extensions })) this.send();
    call.valve.bind((isOpen) => {
      // Behind the verdict the wire is only waiting for its end, which a pause would hide.
      if (this.abandoned || this.ended || this.finished) return;
      if (isOpen) wire.resume();
      else wire.pause();
    });
  }

  /** Pushes body frames until the wire says enough, the body is out, or nobody wants it. */
  private send(): void {
    while (this.sending) {
      const frame = this.nextFrame?.();
      if (frame === undefined) {
        this.sending = false;
        this.nextFrame = undefined;
        return this.call.body.sent();
      }
      if (!this.wire.send(frame)) return;
    }
  }

  onMetadata(metadata: Metadata): void {
    const reason = metadata[META.nackReason];
    if (reason === 'size' || reason === 'draining') this.nackReason = reason;
    const ms = Number(metadata[META.retryAfterMs]);
    if (ms > 0 && Number.isFinite(ms)) this.retryAfterUs = Math.round(ms * 1000);
  }

  onMessage(message: RunnerMessage): void {
    guarded(
      () => this.take(message),
      (thrown) => this.out.error(CallError.from(thrown)),
    );
  }

  onDrain(): void {
    guarded(
      () => this.send(),
      (thrown) => this.out.error(CallError.from(thrown)),
    );
  }

  private take(message: RunnerMessage): void {
    // What follows the verdict, or is meant for nobody, is read and thrown away.
    if (message.kind === 'unknown' || this.finished || this.abandoned) return;
    this.heard = true;
    // Its stream is let go of at the pace of all cancels: a runner that says nothing but nonsense
    // would otherwise cost the connection, and every other call on it.
    if (message.kind === 'unreadable') throw this.broke(false, message.cause);
    if (message.kind === 'start') {
      if (this.started) return;
      this.started = true;
      const status = message.status > 0 ? message.status : 200;
      this.out.next({ kind: 'start', status, headers: message.headers });
    } else if (message.kind === 'data') {
      if (message.bytes.length === 0) return;
      this.ensureStarted();
      this.out.next(message);
    } else {
      this.onFinished(message);
    }
  }

  private onFinished(message: FinishedMessage): void {
    const { success, errorCode: code, errorStr, errorUser: userError } = message;
    this.finished = true;
    this.sending = false;
    if (!success && code === BUSY && !this.started) return this.nack(this.nackReason);
    if (success) this.ensureStarted();
    this.out.next({
      kind: 'finished',
      success,
      code: success ? 0 : code,
      message: success ? '' : errorStr,
      userError,
      schedulerUs: Math.floor(message.schedulerDuration / 1000),
      executionUs: Math.floor(message.executionDuration / 1000),
    });
    this.out.complete();
  }

  /** Data, or a success, without a head: the original then answers 200. */
  private ensureStarted(): void {
    if (this.started) return;
    this.started = true;
    this.out.next({ kind: 'start', status: 200, headers: [] });
  }

  onEnd(end: WireEnd): void {
    this.ended = true;
    this.sending = false;
    this.linger?.cancel();
    if (this.abandoned) return this.parts.onAbandoned(-1);
    if (this.finished) return;
    if (end.kind === 'refused') return this.nack(end.byPeer === true ? 'busy' : 'unreachable');
    if (end.kind === 'status' && end.code === BUSY && !this.heard) return this.nack('busy');
    const expired = end.kind === 'status' && end.code === STATUS_DEADLINE;
    const why = end.kind === 'status' ? `status ${end.code} ${end.message}` : end.cause;
    this.out.error(this.broke(expired, why));
  }

  /** Whatever breaks behind the deadline is its expiry. */
  private broke(expired: boolean, why: string): CallError {
    const late = expired || this.parts.clock.now() >= this.call.deadline;
    return new CallError(late ? 'expired' : 'broken', why);
  }

  private nack(reason: NackReason): void {
    const { retryAfterUs } = this;
    this.out.next(
      retryAfterUs === undefined
        ? { kind: 'nack', reason }
        : { kind: 'nack', reason, retryAfterUs },
    );
    this.out.complete();
  }

  /** Unsubscribed, or complete: a verdict's wire gets a moment to end, any other is reset. */
  close(): void {
    this.sending = false;
    if (this.ended) return;
    if (this.finished) {
      this.wire.resume();
      this.linger = this.parts.clock.after(LINGER_US, () => this.cancel());
      return;
    }
    this.cancel();
  }

  private cancel(): void {
    if (this.parts.mayCancel()) {
      this.ended = true;
      return this.wire.cancel();
    }
    this.abandoned = true;
    this.parts.onAbandoned(1);
    // Else its function would hold a slot of the runner to its end, for nobody.
    if (!this.finished) this.wire.send({ kind: 'cancel' });
    this.wire.resume();
    const { clock } = this.parts;
    const left = Math.max(0, this.call.deadline - clock.now());
    this.linger = clock.after(left + LINGER_US, () => this.giveBack());
  }

  /** A runner ends an abandoned attempt by its deadline. One that did not may be gone for ever. */
  private giveBack(): void {
    if (!this.parts.mayCancel()) {
      this.linger = this.parts.clock.after(LINGER_US, () => this.giveBack());
      return;
    }
    this.ended = true;
    this.wire.cancel();
    this.parts.onAbandoned(-1);
  }
}
