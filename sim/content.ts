/** What flies in bodies: bytes that tell calls apart, and a hash that does not see chunks. */

/** FNV-1a's 32-bit offset basis: the hash of no bytes. */
export const EMPTY_HASH = 0x811c9dc5;

/** Goes on hashing (FNV-1a, 32 bits); the same for a body in any cut. */
export function hashBytes(hash: number, bytes: Uint8Array): number {
  let h = hash;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  return h >>> 0;
}

/** Starting points in the pattern: so many different bodies there are. */
const STARTS = 1 << 18;

/**
 * Noise, made once. Bodies are windows onto it: allocating each would cost more than the flight.
 */
const PATTERN = noise(STARTS + (1 << 16));

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** `length` bytes that depend on the key, so that a swapped or cut body cannot pass for another. */
export function content(key: string, length: number): Uint8Array {
  let start = EMPTY_HASH;
  for (let i = 0; i < key.length; i++) start = Math.imul(start ^ key.charCodeAt(i), 0x01000193);
  start = (start ^ (start >>> 15)) & (STARTS - 1);
  if (start + length <= PATTERN.length) return PATTERN.subarray(start, start + length);
  const long = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const piece = PATTERN.subarray(start, start + Math.min(PATTERN.length - start, length - at));
    long.set(piece, at);
    at += piece.length;
    start = 0;
  }
  return long;
}

/** The request body of a call, and its response body. */
export const requestContent = (call: string, length: number): Uint8Array =>
  content(`>${call}`, length);
export const responseContent = (call: string, length: number): Uint8Array =>
  content(`<${call}`, length);
