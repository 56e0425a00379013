/** Laws of frames: any body in any cut is the same body, and its last frame says so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from '../test/support/calls.js';
import { MAX_DATA_CHUNK, cut, frames } from './frames.js';
import type { ClientMessage } from './wire.js';

const all = (next: () => ClientMessage | undefined) => {
  const sent: { bytes: Uint8Array; eof: boolean }[] = [];
  for (let m = next(); m !== undefined; m = next()) if (m.kind === 'data') sent.push(m);
  return sent;
};
const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: MAX_DATA_CHUNK - 1, max: MAX_DATA_CHUNK + 1 }),
  fc.constant(2 * MAX_DATA_CHUNK),
);
const chunks = fc.array(
  size.map((length) => Uint8Array.from({ length }, (_, index) => index % 251)),
  { maxLength: 4 },
);

describe('a body as frames', () => {
  it('is the body, in frames of at most 10 KiB, of which the last alone has eof', () => {
    fc.assert(
      fc.property(chunks, (body) => {
        const sent = all(frames(body));
        const bytes = joined(sent.map((frame) => frame.bytes));
        expect(Buffer.compare(bytes, joined(body))).toBe(0);
        expect(sent.every((frame) => frame.bytes.length <= MAX_DATA_CHUNK)).toBe(true);
        expect(sent.map((frame) => frame.eof)).toEqual(sent.map((_, i) => i === sent.length - 1));
        expect(sent.length).toBeGreaterThan(0);
        if (body.length > 0) expect(sent.every((frame) => frame.bytes.length > 0)).toBe(true);
      }),
    );
  });

  it('is the same again for the next attempt', () => {
    const body = [new Uint8Array(MAX_DATA_CHUNK + 5).fill(3)];
    const lengths = () => all(frames(body)).map((frame) => frame.bytes.length);
    expect(lengths()).toEqual([MAX_DATA_CHUNK, 5]);
    expect(lengths()).toEqual([MAX_DATA_CHUNK, 5]);
  });
});

describe('a cut', () => {
  it('keeps the bytes and copies none', () => {
    const bytes = new Uint8Array(MAX_DATA_CHUNK * 3);
    const pieces = cut(bytes);
    expect(pieces.map((piece) => piece.length)).toEqual(Array(3).fill(MAX_DATA_CHUNK));
    expect(pieces.every((piece) => piece.buffer === bytes.buffer)).toBe(true);
    expect(cut(bytes.subarray(0, 1))).toHaveLength(1);
  });
});
