/**
 * The way back: runner events → a Sink. The head waits a moment, so that a short answer gets a true
 * status and a Content-Length; then data streams. A body that is cut short is never a clean end.
 * Pure: real clients (`http.ts`) and simulated ones stand behind the same port.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Budget } from './budget.js';
import type { ErrorShape, Outcome } from './call.js';
import type { Clock, Timer } from './clock.js';
import { CallError, failure, type ErrorCode } from './errors.js';
import { errorResponse, isFinal, readHead, sniffType, type Head } from './head.js';
import { guarded } from './invariant.js';
import type { BalancerOptions } from './options.js';
import type { Finished, Header, RunnerEvent, Start } from './runner.js';
import type { Sink } from './sink.js';
import type { Valve } from './valve.js';

/** How the response went, once it is over. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly code: ErrorCode | '';
  readonly status: number;
  /** Body bytes handed to the sink, error texts not counted. */
  readonly bytesOut: number;
}

/** What all responses of a balancer share. */
export interface ResponseParts {
  readonly clock: Clock;
  readonly options: BalancerOptions;
  /** Bytes held for slow clients, over all calls. */
  readonly absorbed: Budget;
}

/** What one response is for. */
export interface ResponseOf {
  readonly callId: string;
  readonly method: string;
  readonly errorShape: ErrorShape;
  readonly valve: Valve;
  readonly sink: Sink;
  /** Told when the head goes out. */
  readonly onHead: (status: number) => void;
  /** Handed the way to end the response from outside, even when only the client is waited for. */
  readonly forcible: (force: (error: CallError) => void) => void;
}

/**
 * Writes `events` to the sink and emits one verdict when the client has it all. Never errors: an
 * error of `events` becomes an error response, or a cut once the head is out. Cold; unsubscribing
 * lets go of the events and writes nothing more.
 */
export function respond(
  parts: ResponseParts,
  response: ResponseOf,
  events: Observable<RunnerEvent>,
): Observable<Verdict> {
  return new Observable((out) => {
    const responder = new Responder(parts, response, out);
    response.forcible((error) => responder.fail(error));
    responder.follow(events);
    return () => responder.stop();
  });
}

const BARE_START: Start = Object.freeze({ kind: 'start', status: 200, headers: [] });

class Responder {
  private source: Subscription | undefined;
  private timer: Timer | undefined;
  private head: Head | undefined;
  private headSent = false;
  private verdict: Finished | undefined;
  private queue: Uint8Array[] = [];
  private queued = 0;
  /** Part of `queued` that the shared budget knows of. */
  private counted = 0;
  private bytesIn = 0;
  private bytesOut = 0;
  private blocked = false;
  /** The sink was told of the end and has not taken everything yet. */
  private ending = false;
  private over = false;

  constructor(
    private readonly parts: ResponseParts,
    private readonly response: ResponseOf,
    private readonly out: Subscriber<Verdict>,
  ) {}

  follow(events: Observable<RunnerEvent>): void {
    this.response.sink.onDrain(() => this.guard(() => this.onDrain()));
    const source = events.subscribe({
      next: (event) => this.guard(() => this.onEvent(event)),
      error: (error: unknown) => this.onError(CallError.from(error)),
      complete: () => this.guard(() => this.onComplete()),
    });
    // Events may have ended the response within subscribe already.
    if (this.over) source.unsubscribe();
    else this.source = source;
  }

  stop(): void {
    this.over = true;
    this.timer?.cancel();
    this.source?.unsubscribe();
    this.queue = [];
    this.queued = 0;
    this.account();
  }

  private onEvent(event: RunnerEvent): void {
    if (this.over || this.verdict !== undefined) return;
    if (event.kind === 'start') this.onStart(readHead(event, this.response.method));
    else if (event.kind === 'data') this.onData(event.bytes);
    else if (event.kind === 'finished') this.onFinished(event);
  }

  private onStart(head: Head): void {
    const { headMaxBytes } = this.parts.options;
    if (head.size > headMaxBytes) {
      const message = `the headers of the response are larger than ${headMaxBytes} bytes`;
      const text = 'function response headers too large';
      return this.fail(new CallError('response_too_large', message, { text }));
    }
    if (!isFinal(head.status)) {
      const message = `the runner answered with status ${head.status}`;
      return this.fail(new CallError('failed', message, { text: 'invalid function response' }));
    }
    this.head = head;
    // An untyped answer waits for its first byte as well, since its type is sniffed from there.
    if (head.typed || head.bodyless) this.holdHead();
  }

  private holdHead(): void {
    const { clock, options } = this.parts;
    this.timer ??= clock.after(options.headHoldMs * 1000, () =>
      this.guard(() => {
        this.sendHead(this.head?.declared);
        this.pump();
      }),
    );
  }

  private onData(bytes: Uint8Array): void {
    const { head } = this;
    const { options } = this.parts;
    if (head === undefined || head.bodyless) return;
    this.bytesIn += bytes.length;
    if (this.bytesIn > options.responseMaxBytes) {
      const message = `the response is larger than ${options.responseMaxBytes} bytes`;
      return this.fail(new CallError('response_too_large', message));
    }
    if (head.declared !== undefined && this.bytesIn > head.declared) {
      return this.fail(this.wrongLength(head.declared));
    }
    this.queue.push(bytes);
    this.queued += bytes.length;
    if (!this.headSent && this.queued < options.headHoldBytes) return this.holdHead();
    this.sendHead(head.declared);
    this.pump();
  }

  private onFinished(finished: Finished): void {
    this.verdict = finished;
    if (!finished.success) return this.fail(failure(finished));
    // Success without a start: the original answers 200 and nothing.
    this.head ??= readHead(BARE_START, this.response.method);
    const head = this.head;
    if (head.declared !== undefined && !head.bodyless && this.bytesIn < head.declared) {
      return this.fail(this.wrongLength(head.declared));
    }
    this.sendHead(head.bodyless ? head.declared : this.bytesIn);
    this.pump();
  }

  /** The verdict is the answer: what breaks behind it changes nothing. */
  private onError(error: CallError): void {
    if (this.verdict === undefined) this.fail(error);
  }

  private onComplete(): void {
    if (this.verdict === undefined) {
      this.fail(new CallError('internal', 'a response without a verdict'));
    }
  }

  private onDrain(): void {
    if (!this.blocked || this.over) return;
    this.blocked = false;
    this.pump();
  }

  /** Sends the head if it is still held. `length` is the Content-Length, if one is known. */
  private sendHead(length: number | undefined): void {
    if (this.headSent || this.head === undefined) return;
    this.headSent = true;
    this.timer?.cancel();
    this.timer = undefined;
    const { status, typed, headers, bodyless } = this.head;
    const sent: Header[] = [...headers];
    if (!typed && !bodyless) sent.push(['Content-Type', sniffType(this.queue[0])]);
    if (length !== undefined && status !== 204) sent.push(['Content-Length', String(length)]);
    sent.push(['Fn-Call-Id', this.response.callId]);
    this.response.onHead(status);
    this.response.sink.head(status, sent);
  }

  /** Hands over what is queued until the client says enough; slows the runner beyond a limit. */
  private pump(): void {
    const { sink, valve } = this.response;
    if (!this.headSent) return;
    let sent = 0;
    for (; sent < this.queue.length && !this.blocked; sent++) {
      const chunk = this.queue[sent] as Uint8Array;
      this.queued -= chunk.length;
      this.bytesOut += chunk.length;
      this.blocked = !sink.write(chunk);
    }
    if (sent === this.queue.length) this.queue = [];
    else if (sent > 0) this.queue = this.queue.slice(sent);
    this.account();
    const { absorbed, options } = this.parts;
    if (this.queued > options.absorbMaxBytes || (this.queued > 0 && absorbed.over)) {
      valve.set(false);
    } else if (this.queued <= options.absorbMaxBytes / 2) {
      valve.set(true);
    }
    if (this.verdict === undefined) return;
    if (this.queued === 0 && !this.ending) {
      this.ending = true;
      sink.end(() => this.guard(() => this.finish(this.ok())));
    }
    if (!this.over) this.awaitClient();
  }

  /** After the verdict the deadline is met; a client that stalls is given a limit of its own. */
  private awaitClient(): void {
    this.timer?.cancel();
    const { clock, options } = this.parts;
    this.timer = clock.after(options.clientIdleMs * 1000, () => {
      this.fail(
        new CallError('client_idle', `the client took nothing for ${options.clientIdleMs} ms`),
      );
    });
  }

  fail(error: CallError): void {
    if (this.over) return;
    const { sink, callId, onHead, errorShape } = this.response;
    let { status } = error;
    if (this.headSent) {
      status = this.head?.status ?? status;
      sink.cut(error.message);
    } else {
      const response = errorResponse(error, callId, errorShape);
      this.headSent = true;
      onHead(response.status);
      sink.head(response.status, response.headers);
      if (this.response.method !== 'HEAD') sink.write(response.body);
      sink.end(() => undefined);
    }
    const { code, outcome } = error;
    this.finish({ outcome, code, status, bytesOut: this.bytesOut });
  }

  private ok(): Verdict {
    return { outcome: 'ok', code: '', status: this.head?.status ?? 0, bytesOut: this.bytesOut };
  }

  private finish(verdict: Verdict): void {
    if (this.over) return;
    this.stop();
    this.out.next(verdict);
    this.out.complete();
  }

  private wrongLength(declared: number): CallError {
    return new CallError('response_length', `${declared} bytes announced, ${this.bytesIn} came`);
  }

  /** Tells the shared budget how much is held for this client now. */
  private account(): void {
    const { absorbed } = this.parts;
    if (this.queued > this.counted) absorbed.force(this.queued - this.counted);
    else if (this.queued < this.counted) absorbed.give(this.counted - this.queued);
    this.counted = this.queued;
  }

  private guard(work: () => void): void {
    guarded(work, (thrown) => this.fail(CallError.from(thrown)));
  }
}
