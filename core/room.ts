/**
 * The waiting room of a group: calls that found no runner, ordered by the instant they give up, and
 * served round-robin over functions, so that a busy function cannot starve another. It only keeps
 * order and limits; who wakes whom, and when, is the group's (`group.ts`).
 */
import { Roster, type Listed } from './roster.js';
import type { HeldStanding } from './standing.js';

export interface RoomLimits {
  /** Calls of one function. */
  readonly perFunctionMax: number;
  /** Calls of all functions. */
  readonly totalMax: number;
}

/** A call that waits. */
export interface Waiter {
  readonly fn: string;
  /** What it takes of a runner, MB. */
  readonly memoryMb: number;
  /** It had a place before, and was called up in vain. */
  readonly seated: boolean;
  /** The instant at which it leaves by itself, µs. */
  readonly giveUpAt: number;
  /** Whether it would take this runner: not where it broke. */
  mayUse(standing: HeldStanding): boolean;
}

/** A waiter's place. Left once: by being called up, at expiry or by a cancel. */
export interface Seat {
  /** O(1). Leaving again does nothing. */
  leave(): void;
}

class HeldSeat<W extends Waiter> implements Seat {
  gone = false;

  constructor(
    readonly waiter: W,
    readonly number: number,
    private readonly queue: Queue<W>,
  ) {}

  leave(): void {
    if (this.gone) return;
    this.gone = true;
    this.queue.left();
  }
}

export class Room<W extends Waiter> {
  private readonly queues = new Map<string, Queue<W>>();
  /** Functions that somebody waits for, the next to be served first. */
  private readonly turns = new Roster<Queue<W>>();
  private seats = 0;
  private total = 0;

  /** `onEmpty`: the last one that waited has left. */
  constructor(
    private readonly limits: RoomLimits,
    private readonly onEmpty: () => void,
  ) {}

  /** Calls that wait. */
  get size(): number {
    return this.total;
  }

  /**
   * A place by `giveUpAt`, in O(log n); undefined when there is none left. Who had one before gets
   * one in any case: it was not its fault that the runner had nothing free.
   */
  enter(waiter: W): Seat | undefined {
    const { perFunctionMax, totalMax } = this.limits;
    let queue = this.queues.get(waiter.fn);
    const full = this.total >= totalMax || (queue?.live ?? 0) >= perFunctionMax;
    if (full && !waiter.seated) return undefined;
    if (queue === undefined) {
      queue = new Queue(waiter.fn, () => this.emptied(waiter.fn));
      this.queues.set(waiter.fn, queue);
      this.turns.join(queue);
    }
    this.total += 1;
    return queue.push(waiter, this.seats++);
  }

  /**
   * Calls up the next waiter that may use this runner: of the function whose turn it is, the one
   * that gives up first; that function is served last from then on. Undefined when none may.
   */
  next(standing: HeldStanding): W | undefined {
    for (let queue = this.turns.first; queue !== undefined; queue = queue.later) {
      const seat = seatFor(queue, standing);
      if (seat === undefined) continue;
      this.turns.leave(queue);
      this.turns.join(queue);
      seat.leave();
      return seat.waiter;
    }
    return undefined;
  }

  /** Whether anybody who waits may use this runner. */
  wants(standing: HeldStanding): boolean {
    for (let queue = this.turns.first; queue !== undefined; queue = queue.later) {
      if (seatFor(queue, standing) !== undefined) return true;
    }
    return false;
  }

  private emptied(fn: string): void {
    this.total -= 1;
    const queue = this.queues.get(fn) as Queue<W>;
    if (queue.live === 0) {
      this.queues.delete(fn);
      this.turns.leave(queue);
    }
    if (this.total === 0) this.onEmpty();
  }
}

/** Who of a function has this runner next; nobody where it is too small for the function. */
function seatFor<W extends Waiter>(
  queue: Queue<W>,
  standing: HeldStanding,
): HeldSeat<W> | undefined {
  const head = queue.head();
  if (head === undefined || standing.tooBig(head.waiter.memoryMb)) return undefined;
  return head.waiter.mayUse(standing) ? head : queue.firstFor(standing);
}

/** Below this many seats that were left a clean-up costs more than they do. */
const FEW = 16;

/** The waiters of one function: a binary heap; who leaves is marked, and cleared away later. */
class Queue<W extends Waiter> implements Listed<Queue<W>> {
  earlier: Queue<W> | undefined;
  later: Queue<W> | undefined;
  live = 0;
  private heap: HeldSeat<W>[] = [];

  constructor(
    readonly fn: string,
    private readonly onLeft: () => void,
  ) {}

  push(waiter: W, number: number): Seat {
    const seat = new HeldSeat(waiter, number, this);
    this.heap.push(seat);
    this.live += 1;
    this.up(this.heap.length - 1);
    return seat;
  }

  /** Who gives up first. */
  head(): HeldSeat<W> | undefined {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (!top.gone) return top;
      const last = this.heap.pop() as HeldSeat<W>;
      if (this.heap.length === 0) return undefined;
      this.heap[0] = last;
      this.down(0);
    }
    return undefined;
  }

  /** Who gives up first of those that may use this runner: a look at all, for the rare case. */
  firstFor(standing: HeldStanding): HeldSeat<W> | undefined {
    let first: number | undefined;
    for (const [index, { gone, waiter }] of this.heap.entries()) {
      if (gone || !waiter.mayUse(standing)) continue;
      if (first === undefined || this.before(index, first)) first = index;
    }
    return first === undefined ? undefined : this.heap[first];
  }

  left(): void {
    this.live -= 1;
    const { heap, live } = this;
    if (heap.length - live > FEW && heap.length > 2 * live) {
      this.heap = heap.filter((seat) => !seat.gone);
      for (let index = (this.heap.length >> 1) - 1; index >= 0; index--) this.down(index);
    }
    this.onLeft();
  }

  private up(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  private down(from: number): void {
    for (let index = from; ;) {
      let child = 2 * index + 1;
      if (child >= this.heap.length) return;
      if (child + 1 < this.heap.length && this.before(child + 1, child)) child += 1;
      if (!this.swapIfBefore(child, index)) return;
      index = child;
    }
  }

  private before(a: number, b: number): boolean {
    const [one, other] = [this.heap[a] as HeldSeat<W>, this.heap[b] as HeldSeat<W>];
    const [at, otherAt] = [one.waiter.giveUpAt, other.waiter.giveUpAt];
    return at < otherAt || (at === otherAt && one.number < other.number);
  }

  private swapIfBefore(below: number, above: number): boolean {
    if (!this.before(below, above)) return false;
    const { heap } = this;
    [heap[below], heap[above]] = [heap[above] as HeldSeat<W>, heap[below] as HeldSeat<W>];
    return true;
  }
}
