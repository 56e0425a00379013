/** A finite number of bytes that all calls of one LB share. Counts; never waits. */
import { invariant } from './invariant.js';

export interface Budget {
  readonly used: number;
  /** Whether more than the maximum is held; only forced bytes get it there. */
  readonly over: boolean;
  /** Takes all of it or nothing. */
  take(bytes: number): boolean;
  /** Takes what is already there (bytes that arrived cannot be refused). */
  force(bytes: number): void;
  give(bytes: number): void;
}

export function createBudget(maxBytes: number): Budget {
  let used = 0;
  return {
    get used() {
      return used;
    },
    get over() {
      return used > maxBytes;
    },
    take(bytes) {
      if (used + bytes > maxBytes) return false;
      used += bytes;
      return true;
    },
    force(bytes) {
      used += bytes;
    },
    give(bytes) {
      used -= bytes;
      invariant(used >= 0, `budget gave back ${-used} bytes more than it held`);
    },
  };
}
