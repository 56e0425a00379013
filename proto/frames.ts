/** Bodies as frames: how bytes are cut for the wire, in both directions. Nothing is copied. */
import type { ClientMessage } from './wire.js';

/** Bytes of one data frame at most; the original's MaxDataChunk. */
export const MAX_DATA_CHUNK = 10_240;

/** A chunk as frames of at most MAX_DATA_CHUNK bytes each. */
export function cut(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length <= MAX_DATA_CHUNK) return [bytes];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_DATA_CHUNK) {
    pieces.push(bytes.subarray(at, at + MAX_DATA_CHUNK));
  }
  return pieces;
}

/**
 * A cached body as the messages of one attempt, one at a time, so that back-pressure holds. The
 * last one carries eof; an empty body is a single empty frame. Each call replays the same bytes.
 */
export function frames(chunks: Iterable<Uint8Array>): () => ClientMessage | undefined {
  const source = chunks[Symbol.iterator]();
  // One chunk is read ahead, since only then is it known which frame is the last.
  let ahead = source.next();
  let chunk: Uint8Array = EMPTY;
  let at = 0;
  let ended = false;
  return () => {
    if (ended) return undefined;
    if (at >= chunk.length && ahead.done !== true) {
      chunk = ahead.value;
      at = 0;
      ahead = source.next();
    }
    const whole = at === 0 && chunk.length <= MAX_DATA_CHUNK;
    const bytes = whole ? chunk : chunk.subarray(at, at + MAX_DATA_CHUNK);
    at += bytes.length;
    ended = at >= chunk.length && ahead.done === true;
    return { kind: 'data', bytes, eof: ended };
  };
}

const EMPTY = new Uint8Array(0);
