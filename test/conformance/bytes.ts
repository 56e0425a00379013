/** Bytes that laws send and compare. */
import { strict as assert } from 'node:assert';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that differ from their neighbours, and from those of another seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 255);
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

/** The same bytes; says where they part, and not megabytes of them. */
export function sameBytes(got: Uint8Array, wanted: Uint8Array): void {
  assert.equal(got.length, wanted.length, 'number of bytes');
  const at = got.findIndex((byte, index) => byte !== wanted[index]);
  assert.equal(at, -1, `bytes differ from position ${at} on`);
}
