/**
 * How much a runner takes at once: slots, memory and cpu units, and a FIFO queue behind the slots.
 * It answers "now", "wait", NACK or "never", without blocking, and nothing else; the same lines
 * stand under real and simulated runners.
 */
import { invariant } from './invariant.js';
import { checkLimits } from './limits.js';
import { Roster, type Listed } from './roster.js';
import type { NackReason } from './runner.js';

export interface CapacityOptions {
  readonly slots: number;
  /** Places behind the slots; 0 means that a full runner NACKs. */
  readonly queue: number;
  /** MB for all executions at once; undefined for no such limit. */
  readonly memoryMb?: number;
  /** Thousandths of a cpu for all executions at once; undefined for no such limit. */
  readonly cpuMilli?: number;
}

/** What one execution takes besides its slot. A part of a unit takes the whole unit. */
export interface Needs {
  readonly memoryMb: number;
  /** Thousandths of a cpu; 0 reserves none. */
  readonly cpuMilli: number;
}

/**
 * Why there is no place. `impossible`: more than the runner has in total. That is no NACK: an offer
 * to the next runner would be as much in vain, and so on until the deadline.
 */
export type NoPlace = Extract<NackReason, 'busy' | 'size'> | 'impossible';

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
  /** Whether an empty runner would have room for it. */
  possible(needs: Needs): boolean;
  /**
   * Asks for a slot, memory and cpu. Why not, or a place; `begin` is called once when the slot is
   * there: before this returns if it is free, or when another place is left.
   */
  enter(needs: Needs, begin: () => void): Place | NoPlace;
}

interface Entry extends Listed<Entry> {
  readonly memory: number;
  readonly cpu: number;
  readonly begin: () => void;
  state: 'queued' | 'running' | 'left';
}

/** Throws a RangeError that names a limit that is none. */
export function createCapacity(options: CapacityOptions): Capacity {
  const { slots, queue, memoryMb, cpuMilli } = options;
  checkLimits('capacity', { slots, memoryMb, cpuMilli });
  if (!(queue >= 0)) throw new RangeError(`invalid capacity: queue: ${queue} is below 0`);
  const memory = memoryMb ?? Number.POSITIVE_INFINITY;
  const cpu = cpuMilli ?? Number.POSITIVE_INFINITY;
  const waiting = new Roster<Entry>();
  let active = 0;
  let memoryUsed = 0;
  let cpuUsed = 0;

  const roomFor = (entry: Entry): boolean =>
    memoryUsed + entry.memory <= memory && cpuUsed + entry.cpu <= cpu;

  const start = (entry: Entry): void => {
    entry.state = 'running';
    active += 1;
    memoryUsed += entry.memory;
    cpuUsed += entry.cpu;
    const within = active <= slots && memoryUsed <= memory && cpuUsed <= cpu;
    invariant(within, 'a runner took more than it has');
    entry.begin();
  };

  /** FIFO: the first in the queue that does not fit holds back those behind it. */
  const advance = (): void => {
    for (let entry = waiting.first; entry !== undefined; entry = waiting.first) {
      if (active >= slots || !roomFor(entry)) return;
      waiting.leave(entry);
      start(entry);
    }
  };

  const leave = (entry: Entry): void => {
    invariant(entry.state !== 'left', 'a slot was freed twice');
    if (entry.state === 'queued') waiting.leave(entry);
    else {
      active -= 1;
      memoryUsed -= entry.memory;
      cpuUsed -= entry.cpu;
    }
    entry.state = 'left';
    advance();
  };

  const possible = (needs: Needs): boolean =>
    units(needs.memoryMb, memoryMb) <= memory && units(needs.cpuMilli, cpuMilli) <= cpu;

  return {
    get active() {
      return active;
    },
    slots,
    get queued() {
      return waiting.size;
    },
    possible,
    enter(needs, begin) {
      // What can never fit would hold back the queue for ever.
      if (!possible(needs)) return 'impossible';
      const entry: Entry = {
        memory: units(needs.memoryMb, memoryMb),
        cpu: units(needs.cpuMilli, cpuMilli),
        begin,
        state: 'queued',
        earlier: undefined,
        later: undefined,
      };
      const fitsNow = waiting.size === 0 && active < slots && roomFor(entry);
      if (!fitsNow && waiting.size >= queue) {
        return active < slots && !roomFor(entry) ? 'size' : 'busy';
      }
      if (fitsNow) start(entry);
      else waiting.join(entry);
      return { leave: () => leave(entry) };
    },
  };
}

/**
 * A need in whole units, so that what is freed is exactly what was taken; nothing where nothing is
 * limited. The number comes off the wire: NaN, which no limit admits, for what is no amount.
 */
function units(need: number, limit: number | undefined): number {
  if (limit === undefined) return 0;
  return need >= 0 && need <= Number.MAX_SAFE_INTEGER ? Math.ceil(need) : Number.NaN;
}

/** The most a call may ask for, in thousandths of a cpu: the original writes no more. */
const CPU_MILLI_MAX = 1_024_000;

/**
 * Thousandths of a cpu from the original's text: `100m`, `0.1`, or nothing for none. NaN, which no
 * runner has, for anything else.
 */
export function parseCpu(text: string): number {
  if (text === '') return 0;
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text) ?? [];
  const value = Number(amount) * (milli === '' ? 1000 : 1);
  return value <= CPU_MILLI_MAX ? Math.round(value) : Number.NaN;
}
