/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash of bytes. BigInt throughout: it
 * is asked once a function, since `hash.ts` remembers, and then clarity is worth more than speed.
 */
const MASK = 0xffff_ffff_ffff_ffffn;

export function siphash24(k0: bigint, k1: bigint, bytes: Uint8Array): bigint {
  const state: State = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(state, word(bytes, at, 8));
  const tail = word(bytes, whole, bytes.length - whole);
  absorb(state, tail | (BigInt(bytes.length & 0xff) << 56n));
  state[2] ^= 0xffn;
  for (let i = 0; i < 4; i++) round(state);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

type State = [v0: bigint, v1: bigint, v2: bigint, v3: bigint];

/** Up to eight bytes as a little-endian number. */
function word(bytes: Uint8Array, from: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i] as number);
  return value;
}

function absorb(state: State, message: bigint): void {
  state[3] ^= message;
  round(state);
  round(state);
  state[0] ^= message;
}

const left = (value: bigint, bits: bigint): bigint =>
  ((value << bits) | (value >> (64n - bits))) & MASK;

function round(state: State): void {
  let [v0, v1, v2, v3] = state;
  v0 = (v0 + v1) & MASK;
  v1 = left(v1, 13n) ^ v0;
  v0 = left(v0, 32n);
  v2 = (v2 + v3) & MASK;
  v3 = left(v3, 16n) ^ v2;
  v0 = (v0 + v3) & MASK;
  v3 = left(v3, 21n) ^ v0;
  v2 = (v2 + v1) & MASK;
  v1 = left(v1, 17n) ^ v2;
  v2 = left(v2, 32n);
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}
