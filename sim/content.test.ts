import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { content, EMPTY_HASH, hashBytes } from './content.js';

const body = fc.uint8Array({ maxLength: 200 });

/** The definition, one byte a step: h ← (h xor byte) · prime, modulo 2^32. */
function byDefinition(bytes: Uint8Array): number {
  let h = BigInt(EMPTY_HASH);
  for (const byte of bytes) h = ((h ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return Number(h);
}

describe('the hash of a body', () => {
  test('is that of its definition', () => {
    fc.assert(fc.property(body, (bytes) => hashBytes(EMPTY_HASH, bytes) === byDefinition(bytes)));
  });

  test('does not depend on the cut', () => {
    fc.assert(
      fc.property(body, fc.array(fc.nat(200), { maxLength: 5 }), (bytes, cuts) => {
        let hash = EMPTY_HASH;
        let from = 0;
        for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
          hash = hashBytes(hash, bytes.subarray(from, to));
          from = Math.min(to, bytes.length);
        }
        expect(hash).toBe(hashBytes(EMPTY_HASH, bytes));
      }),
    );
  });

  test('tells a changed, a missing and a swapped byte, and another call', () => {
    const bytes = content('>c1', 64);
    const hash = hashBytes(EMPTY_HASH, bytes);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (bytes[at] as number) ^ 1;
      expect(hashBytes(EMPTY_HASH, changed)).not.toBe(hash);
    }
    expect(hashBytes(EMPTY_HASH, bytes.subarray(1))).not.toBe(hash);
    expect(hashBytes(EMPTY_HASH, bytes.subarray(0, 63))).not.toBe(hash);
    expect(hashBytes(EMPTY_HASH, Uint8Array.from(bytes).reverse())).not.toBe(hash);
    expect(hashBytes(EMPTY_HASH, content('>c2', 64))).not.toBe(hash);
  });
});
