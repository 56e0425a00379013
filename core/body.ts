/**
 * Reads a client's body once, bounded by the bytes seen, and keeps it as immutable chunks, so that
 * every attempt replays the same bytes. A body given as bytes, or as a factory of them, is neither
 * copied nor counted: whoever gave it holds it anyway.
 */
import { Observable, of } from 'rxjs';
import type { Budget } from './budget.js';
import type { BodyFactory, Request } from './call.js';
import { CallError } from './errors.js';
import { invariant } from './invariant.js';

/**
 * A cached body. It is let go of once an attempt has both handed over all of it and had its first
 * event that is not a NACK (a NACK can follow eof, and `start` can precede it), or with the call.
 */
export interface Body {
  /** From the start, each time it is read; empty once it is released. */
  readonly chunks: Iterable<Uint8Array>;
  readonly bytes: number;
  /** A new attempt begins to send it. */
  replay(): void;
  /** The attempt has handed all of it to its wire. */
  sent(): void;
  /** No other attempt will come. */
  committed(): void;
  /** Lets go of the bytes and gives them back to the budget. Idempotent. */
  release(): void;
}

/**
 * Emits the whole body once. Errors: `body_too_large`, `full` (all calls' bytes), `body_broken`.
 */
export function cacheBody(request: Request, maxBytes: number, budget: Budget): Observable<Body> {
  const { body, contentLength } = request;
  if (body instanceof Uint8Array) {
    if (body.length > maxBytes) return tooLarge(maxBytes);
    return of(new CachedBody(body.length > 0 ? [body] : [], body.length, 0, budget));
  }
  if ('chunks' in body) {
    if (body.bytes > maxBytes) return tooLarge(maxBytes);
    return of(new CachedBody(new Replays(body), body.bytes, 0, budget));
  }
  if (contentLength !== undefined && contentLength > maxBytes) return tooLarge(maxBytes);
  return new Observable<Body>((out) => {
    const chunks = new Chunks();
    let bytes = 0;
    let handedOver = false;
    const reading = body.subscribe({
      next(chunk) {
        if (out.closed || chunk.length === 0) return;
        if (bytes + chunk.length > maxBytes) {
          out.error(sizeError(maxBytes));
        } else if (!budget.take(chunk.length)) {
          out.error(new CallError('full', 'the cache of request bodies is full'));
        } else {
          bytes += chunk.length;
          chunks.add(chunk);
        }
      },
      error: (cause: unknown) =>
        out.error(new CallError('body_broken', 'the request broke off', { cause })),
      complete() {
        if (out.closed) return;
        handedOver = true;
        out.next(new CachedBody(chunks.take(), bytes, bytes, budget));
        out.complete();
      },
    });
    return () => {
      reading.unsubscribe();
      if (!handedOver) budget.give(bytes);
      chunks.take();
    };
  });
}

/** Up to this, neighbours are copied into one: an array of its own costs some 300 bytes. */
const SMALL = 4096;

/** What has come of a body: large chunks as they are, runs of small ones as one. */
class Chunks {
  private list: Uint8Array[] = [];
  /** The last chunk, if it is a copy of ours with room behind `filled`. */
  private block: Uint8Array | undefined;
  private filled = 0;

  add(chunk: Uint8Array): void {
    const { list } = this;
    const last = list.at(-1);
    if (last === undefined || last.length + chunk.length > SMALL) {
      this.block = undefined;
      list.push(chunk);
      return;
    }
    if (this.block === undefined) {
      this.block = new Uint8Array(SMALL);
      this.block.set(last);
      this.filled = last.length;
    }
    this.block.set(chunk, this.filled);
    this.filled += chunk.length;
    list[list.length - 1] = this.block.subarray(0, this.filled);
  }

  /** All of it, once. */
  take(): Uint8Array[] {
    const { list } = this;
    this.list = [];
    this.block = undefined;
    return list;
  }
}

/** A factory's bytes, held to the length it announced: a longer or shorter replay is an error. */
class Replays implements Iterable<Uint8Array> {
  constructor(private readonly factory: BodyFactory) {}

  *[Symbol.iterator](): Iterator<Uint8Array> {
    let left = this.factory.bytes;
    for (const chunk of this.factory.chunks()) {
      left -= chunk.length;
      if (left < 0) break;
      if (chunk.length > 0) yield chunk;
    }
    if (left !== 0) {
      throw new CallError('body_broken', `a body of ${this.factory.bytes} bytes had ${left} left`);
    }
  }
}

/** A class, since there is one a call. */
class CachedBody implements Body {
  private wasSent = false;
  private isCommitted = false;
  private released = false;

  constructor(
    public chunks: Iterable<Uint8Array>,
    readonly bytes: number,
    /** The part of `bytes` that the budget knows of. */
    private readonly counted: number,
    private readonly budget: Budget,
  ) {}

  replay(): void {
    invariant(!this.released, 'a body was replayed after its release');
    this.wasSent = false;
  }

  sent(): void {
    this.wasSent = true;
    if (this.isCommitted) this.release();
  }

  committed(): void {
    this.isCommitted = true;
    if (this.wasSent) this.release();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.chunks = [];
    this.budget.give(this.counted);
  }
}

function tooLarge(maxBytes: number): Observable<never> {
  return new Observable((out) => out.error(sizeError(maxBytes)));
}

function sizeError(maxBytes: number): CallError {
  return new CallError('body_too_large', `Request content too large, max ${maxBytes} bytes`);
}
