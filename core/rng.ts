/**
 * Chance as a port: named streams, so that a new draw in one component shifts no other.
 * `rng.split('arrivals')` always gives the same stream for the same seed, whatever was drawn
 * before.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** One stream of pseudo-random numbers. */
export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  float(): number;
  /** Uniform integer in [0, bound); `bound` is an integer from 1 to 2^32. */
  int(bound: number): number;
  /** An independent stream that depends on the seed and the labels only, never on earlier draws. */
  split(label: string): Rng;
}

/** Deterministic streams (xoroshiro128+ of pure-rand) from an integer seed. */
export function seededRng(seed: number): Rng {
  const high = mix(0x9e3779b9, seed >>> 0);
  // All of the seed reaches both halves: the first draw of a stream comes from the low one alone.
  return stream(high, mix(mix(0x85ebca6b, Math.floor(seed / 4294967296) >>> 0), high));
}

function stream(high: number, low: number): Rng {
  // The state must not be all zero, and neighbouring seeds must not give neighbouring states.
  const generator = xoroshiro128plusFromState([
    mix(high, 1),
    mix(low, 2),
    mix(high, 3) ^ low,
    mix(low, 4) | 1,
  ]);
  const word = (): number => generator.next() >>> 0;
  return {
    float: () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992,
    int(bound) {
      // Rejection keeps it exactly uniform; a retry happens with probability < bound / 2^32.
      const limit = 4294967296 - (4294967296 % bound);
      let drawn = word();
      while (drawn >= limit) drawn = word();
      return drawn % bound;
    },
    split(label) {
      let h = high;
      let l = low;
      for (let i = 0; i < label.length; i++) {
        h = mix(h, label.charCodeAt(i));
        l = mix(l, h);
      }
      return stream(mix(h, label.length), mix(l, 0x5bd1e995));
    },
  };
}

/** Murmur3's 32-bit finaliser over a running state: every input bit reaches every output bit. */
function mix(state: number, value: number): number {
  let h = Math.imul(state ^ value, 0xcc9e2d51);
  h = Math.imul((h << 15) | (h >>> 17), 0x1b873593) ^ state;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
