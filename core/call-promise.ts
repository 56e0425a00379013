/**
 * The door for those who do not use RxJS: a call as a promise, its answer as an async iterable.
 * Rim: promises and abort signals. It decides nothing; leaving is an unsubscribe, as over HTTP.
 */
import type { Readable } from 'node:stream';
import { Observable, Subscription } from 'rxjs';
import { LEFT, type Balancer } from './balancer.js';
import type { BodyFactory, Request } from './call.js';
import type { Verdict } from './response.js';
import type { Header } from './runner.js';
import type { Sink } from './sink.js';

/** A `Request` with a default for nearly everything, and a body that needs no RxJS. */
export interface CallRequest extends Partial<Omit<Request, 'body'>> {
  /** Default POST. */
  readonly method?: string;
  /** What the function is told it was asked by. Default `/`. */
  readonly url?: string;
  /** Default none: a Content-Type is the caller's to set. */
  readonly headers?: readonly Header[];
  /**
   * Bytes, text (as UTF-8), bytes that can be had again and again, or chunks of bytes, which are
   * read once, in full, before a runner is looked for. What is left unread of chunks is the
   * caller's: a Node stream is not destroyed, since an answer may have to go over its socket.
   * Default empty.
   */
  readonly body?: Uint8Array | string | BodyFactory | AsyncIterable<Uint8Array>;
}

export interface CallOptions {
  /** Its abort cancels the call, all the way to the function, for as long as it is under way. */
  readonly signal?: AbortSignal;
  /**
   * Bytes of the body that wait here for their reader until the balancer holds more of them back,
   * and then slows the runner. Default 16 KiB, as a socket's buffer in Node; the last chunk may
   * exceed it.
   */
  readonly holdMaxBytes?: number;
}

/** What came back, from the head on: a function's answer, or an error of the balancer's own. */
export interface Answer {
  readonly status: number;
  /** As they came; names may repeat. `new Headers(answer.headers)` takes them as they are. */
  readonly headers: readonly Header[];
  /**
   * The body, to be read once, by this or `bytes` or `text`. Leaving the loop early cancels the
   * call. Where the answer was cut, what came is read first, and then it throws: an end without an
   * error is a whole body. Throws the signal's reason once that was aborted. Left unread it is cut
   * `clientIdleMs` after the function's end, and its call is in flight until then.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** All of the body. Rejects where `body` throws. */
  bytes(): Promise<Uint8Array>;
  /** All of the body as UTF-8. Rejects where `body` throws. */
  text(): Promise<string>;
  /** Leaves: what is not read yet is not wanted. Does nothing once the call has ended. */
  cancel(): void;
  /**
   * How the call ended, once it has. `canceled` if it was left. Rejects only when a probe threw,
   * and may be ignored: it is never an unhandled rejection.
   */
  readonly verdict: Promise<Verdict>;
}

const HOLD_MAX_BYTES = 16 * 1024;

/**
 * Places one call, and resolves when the head of its answer is there. Errors of the balancer (404,
 * 503, …) are answers. Rejects with the signal's reason when it is aborted, with what the request's
 * body threw, and when the call ended without a head.
 * @example
 * const answer = await call(balancer, { fn: 'hello', body: 'ping' }, { signal });
 * for await (const chunk of answer.body) process.stdout.write(chunk);
 */
export function call(
  balancer: Pick<Balancer, 'handle'>,
  request: CallRequest,
  { signal, holdMaxBytes = HOLD_MAX_BYTES }: CallOptions = {},
): Promise<Answer> {
  const serving = new Subscription();
  const head = promised<Answer>();
  const verdict = promised<Verdict>();
  verdict.promise.catch(NOTHING);

  const leave = (reason: unknown): void => {
    if (serving.closed) return;
    serving.unsubscribe();
    inbox.drop(reason);
    head.reject(reason);
    verdict.resolve(LEFT);
  };
  const inbox = new Inbox(holdMaxBytes, leave, head.reject, (status, headers) => {
    const cancel = (): void => leave(new Error('the answer was canceled'));
    head.resolve({ status, headers, ...readOnce(inbox), cancel, verdict: verdict.promise });
  });
  /** The call is over: what has not come by now never will. */
  const over = (error: unknown): void => {
    serving.unsubscribe();
    inbox.close(error);
    head.reject(error);
    verdict.reject(error);
  };

  const onAbort = (): void => leave(signal?.reason);
  if (signal?.aborted === true) {
    onAbort();
    return head.promise;
  }
  signal?.addEventListener('abort', onAbort);
  serving.add(() => signal?.removeEventListener('abort', onAbort));
  const { fn = '', method = 'POST', url = '/', headers = [] } = request;
  const body = bodyOf(request.body, head.reject);
  const verdicts = balancer.handle({ ...request, fn, method, url, headers, body }, inbox);
  serving.add(
    verdicts.subscribe({
      next: verdict.resolve,
      // `handle` never errors, but a probe that throws breaks what it was told of.
      error: over,
      complete: () => over(new Error('the call ended without an answer')),
    }),
  );
  return head.promise;
}

const NOTHING = (): void => undefined;

interface Promised<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function promised<T>(): Promised<T> {
  let settle: Omit<Promised<T>, 'promise'> = { resolve: NOTHING, reject: NOTHING };
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

type Taken = IteratorResult<Uint8Array, undefined>;

const DONE: Taken = Object.freeze({ done: true, value: undefined });

/**
 * The sink: chunks wait here for their reader, who takes them one by one. An iterator of its own
 * and no generator, since a reader must be able to leave while it waits for a chunk.
 */
class Inbox implements Sink, AsyncIterator<Uint8Array, undefined> {
  private chunks: Uint8Array[] = [];
  private held = 0;
  private readers: Promised<Taken>[] = [];
  /** What comes behind the chunks. */
  private last: 'more' | 'end' | 'error' = 'more';
  private reason: unknown;
  /** The balancer was told "enough", and not yet to go on. */
  private full = false;
  private drain: () => void = NOTHING;
  /** To be told once everything is taken. */
  private ended: () => void = NOTHING;

  constructor(
    private readonly holdMaxBytes: number,
    private readonly leave: (reason: unknown) => void,
    /** Of use before the head only. */
    private readonly reject: (reason: unknown) => void,
    readonly head: Sink['head'],
  ) {}

  write(bytes: Uint8Array): boolean {
    if (bytes.length > 0) this.chunks.push(bytes);
    this.held += bytes.length;
    this.hand();
    this.full = this.held >= this.holdMaxBytes;
    return !this.full;
  }

  onDrain(listener: () => void): void {
    this.drain = listener;
  }

  end(ended: () => void): void {
    this.last = 'end';
    this.ended = ended;
    this.hand();
  }

  cut(reason: string): void {
    const error = new Error(`the answer was cut: ${reason}`);
    this.reject(error);
    this.fail(error);
  }

  /** Lets go of what is held. */
  drop(reason: unknown): void {
    this.chunks = [];
    this.held = 0;
    this.fail(reason);
  }

  /** Nothing more is written: an error, if the last that was written is no end. */
  close(error: unknown): void {
    if (this.last === 'more') this.fail(error);
  }

  next(): Promise<Taken> {
    const reader = promised<Taken>();
    this.readers.push(reader);
    this.hand();
    return reader.promise;
  }

  return(): Promise<Taken> {
    for (const reader of this.readers.splice(0)) reader.resolve(DONE);
    this.leave(new Error('the reader left'));
    return Promise.resolve(DONE);
  }

  private fail(reason: unknown): void {
    this.last = 'error';
    this.reason = reason;
    this.ended = NOTHING;
    this.hand();
  }

  /** Gives readers what there is for them, and tells the balancer what that changes for it. */
  private hand(): void {
    while (this.readers.length > 0 && (this.chunks.length > 0 || this.last !== 'more')) {
      const reader = this.readers.shift();
      const value = this.chunks.shift();
      this.held -= value?.length ?? 0;
      if (value !== undefined) reader?.resolve({ done: false, value });
      else if (this.last === 'end') reader?.resolve(DONE);
      else reader?.reject(this.reason);
    }
    if (this.full && this.held < this.holdMaxBytes) {
      this.full = false;
      this.drain();
    }
    if (this.last !== 'end' || this.chunks.length > 0) return;
    const { ended } = this;
    this.ended = NOTHING;
    ended();
  }
}

/** The ways to read an answer's body, of which one can be gone, once. */
function readOnce(inbox: Inbox): Pick<Answer, 'body' | 'bytes' | 'text'> {
  let begun = false;
  const body = {
    [Symbol.asyncIterator]() {
      if (begun) throw new TypeError("an answer's body is read once");
      begun = true;
      return inbox;
    },
  };
  const bytes = async (): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  };
  const text = async (): Promise<string> => new TextDecoder().decode(await bytes());
  return { body, bytes, text };
}

/** `onBroken` is told what a body of chunks threw, before the balancer is told that it broke. */
function bodyOf(body: CallRequest['body'], onBroken: (thrown: unknown) => void): Request['body'] {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body === undefined) return new Uint8Array();
  if (!(Symbol.asyncIterator in body)) return body;
  return new Observable((out) => {
    let chunks: AsyncIterator<Uint8Array> | undefined;
    const read = async (): Promise<void> => {
      chunks = iteratorOf(body);
      while (!out.closed) {
        const next = await chunks.next();
        if (out.closed) return;
        if (next.done === true) return out.complete();
        if (!(next.value instanceof Uint8Array)) throw new TypeError('a chunk is no Uint8Array');
        out.next(next.value);
      }
    };
    const leave = async (): Promise<void> => {
      await chunks?.return?.();
    };
    read().catch((thrown: unknown) => {
      if (out.closed) return;
      onBroken(thrown);
      out.error(thrown);
    });
    return () => void leave().catch(NOTHING);
  });
}

/** Of a Node stream the iterator that does not destroy it when it is left. */
function iteratorOf(body: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  const { iterator } = body as Partial<Readable>;
  if (typeof iterator !== 'function') return body[Symbol.asyncIterator]();
  return iterator.call(body, { destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
}
