/** What flies in bodies: bytes that only one call can have, and a hash that does not see chunks. */

/** FNV-1a's 32-bit offset basis: the hash of no bytes. */
export const EMPTY_HASH = 0x811c9dc5;

/** Goes on hashing (FNV-1a, 32 bits); the same for a body in any cut. */
export function hashBytes(hash: number, bytes: Uint8Array): number {
  let h = hash;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  return h >>> 0;
}

/** `length` bytes that depend on the key, so that a swapped or cut body cannot pass for another. */
export function content(key: string, length: number): Uint8Array {
  let state = EMPTY_HASH;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 0x01000193);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The request body of a call, and its response body. */
export const requestContent = (call: string, length: number): Uint8Array =>
  content(`>${call}`, length);
export const responseContent = (call: string, length: number): Uint8Array =>
  content(`<${call}`, length);
