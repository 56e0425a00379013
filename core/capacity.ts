/**
 * How much a runner takes at once: slots, memory, and a FIFO queue behind the slots. It answers
 * "now", "wait" or "NACK", and nothing else; the same lines stand under real and simulated runners.
 */
import { invariant } from './invariant.js';
import type { NackReason } from './runner.js';

export interface CapacityOptions {
  readonly slots: number;
  /** Places behind the slots; 0 means that a full runner NACKs. */
  readonly queue: number;
  /** MB for all executions at once; undefined for no such limit. */
  readonly memoryMb?: number;
}

/** A place in the queue, then in a slot. Left exactly once. */
export interface Place {
  leave(): void;
}

export interface Capacity {
  /** Executions that hold a slot now. */
  readonly active: number;
  readonly slots: number;
  /** Executions waiting for one. */
  readonly queued: number;
  /**
   * Asks for a slot and memory. A NackReason, or a place; `begin` is called once when the slot is
   * there: before this returns if it is free, or when another place is left.
   */
  enter(memoryMb: number, begin: () => void): Place | NackReason;
}

interface Entry {
  readonly memoryMb: number;
  readonly begin: () => void;
  state: 'queued' | 'running' | 'left';
}

export function createCapacity(options: CapacityOptions): Capacity {
  const { slots, queue } = options;
  const memory = options.memoryMb ?? Number.POSITIVE_INFINITY;
  // A Set keeps the order of arrival, and lets an entry leave its middle in O(1).
  const waiting = new Set<Entry>();
  let active = 0;
  let memoryUsed = 0;

  const fits = (memoryMb: number): boolean => active < slots && memoryUsed + memoryMb <= memory;

  const start = (entry: Entry): void => {
    entry.state = 'running';
    active += 1;
    memoryUsed += entry.memoryMb;
    invariant(active <= slots && memoryUsed <= memory, 'a runner took more than it has');
    entry.begin();
  };

  /** FIFO: the first in the queue that does not fit holds back those behind it. */
  const advance = (): void => {
    if (waiting.size === 0) return;
    for (const entry of waiting) {
      if (!fits(entry.memoryMb)) return;
      waiting.delete(entry);
      start(entry);
    }
  };

  const leave = (entry: Entry): void => {
    invariant(entry.state !== 'left', 'a slot was freed twice');
    if (entry.state === 'queued') waiting.delete(entry);
    else {
      active -= 1;
      memoryUsed -= entry.memoryMb;
    }
    entry.state = 'left';
    advance();
  };

  return {
    get active() {
      return active;
    },
    slots,
    get queued() {
      return waiting.size;
    },
    enter(memoryMb, begin) {
      // What can never fit would hold back the queue for ever.
      if (memoryMb > memory) return 'size';
      const fitsNow = waiting.size === 0 && fits(memoryMb);
      if (!fitsNow && waiting.size >= queue) {
        const sizeOnly = active < slots && memoryMb > memory - memoryUsed;
        return sizeOnly ? 'size' : 'busy';
      }
      const entry: Entry = { memoryMb, begin, state: 'queued' };
      if (fitsNow) start(entry);
      else waiting.add(entry);
      return { leave: () => leave(entry) };
    },
  };
}
