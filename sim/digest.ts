/**
 * A running digest of the probe stream: same seed, same digest. Two lanes of 32-bit murmur mixing
 * over every field of every event, read by position; no JSON, which costs more than the flight.
 */
import type { ProbeEvent } from '../core/probe.js';

export interface Digest {
  add(event: ProbeEvent): void;
  /** 16 hex digits; may be asked at any time. */
  text(): string;
}

export function createDigest(): Digest {
  let a = 0x9747b28c;
  let b = 0x3c6ef372;
  const word = (value: number): void => {
    let k = Math.imul(value, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a ^= k;
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    b = (Math.imul(b ^ value, 0x85ebca6b) + a) | 0;
    b ^= b >>> 15;
  };
  const number = (value: number): void => {
    word(value | 0);
    // Instants outgrow 32 bits after an hour.
    word(Math.floor(value / 4294967296) | 0);
  };
  const text = (value: string): void => {
    word(value.length);
    for (let i = 0; i < value.length; i++) word(value.charCodeAt(i));
  };
  return {
    add(event) {
      for (const name in event) {
        const value: unknown = event[name as keyof ProbeEvent];
        if (typeof value === 'number') number(value);
        else if (typeof value === 'string') text(value);
        else word(value === true ? 1 : 0);
      }
    },
    text: () => hex(a) + hex(b),
  };
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
