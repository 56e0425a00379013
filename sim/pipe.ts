/**
 * One direction of a stream through virtual time. It keeps order, carries what was sent in one
 * instant as one event, and counts what is unread so that `send` can say "enough".
 */
import type { Clock } from '../core/clock.js';
import type {
  ClientMessage,
  Metadata,
  RunnerMessage,
  WireEnd,
  WireListener,
} from '../proto/wire.js';

/** HTTP/2's initial window: unread bytes beyond which a sender is told to stop. */
const WINDOW = 65_535;

/** What travels beside messages: metadata, or the end. */
export class Signal {
  constructor(
    readonly metadata: Metadata | undefined,
    readonly end: WireEnd | undefined,
  ) {}
}

export type Item<M> = M | Signal;

const NOTHING: readonly never[] = Object.freeze([]);

/** One direction: from a sender's `send` to a receiver's listener. */
export class Pipe<M extends ClientMessage | RunnerMessage> {
  listener: WireListener<M> | undefined;
  /** Tells the sender that it may go on. */
  onRoom: (() => void) | undefined;
  /** The receiver takes nothing more: it has its end, or has gone. */
  closed = false;
  /** What is sent is lost from here on, and nobody is told. */
  silenced = false;
  private batch: Item<M>[] | undefined;
  private batchAt = -1;
  private readonly underWay: Item<M>[][] = [];
  private lastArrival = 0;
  private paused = false;
  private delivering = false;
  private waiting: readonly Item<M>[] = [];
  private unread = 0;
  private full = false;

  constructor(
    private readonly clock: Clock,
    private readonly delay: () => number,
    private readonly arrive: (batch: Item<M>[]) => void,
  ) {}

  /** False: more than a window is unread. */
  send(message: M): boolean {
    if (message.kind === 'data') this.unread += message.bytes.length;
    this.push(message);
    if (this.unread > WINDOW) this.full = true;
    return !this.full;
  }

  push(item: Item<M>): void {
    if (this.closed || this.silenced) return;
    const now = this.clock.now();
    if (this.batchAt === now && this.batch !== undefined) {
      this.batch.push(item);
      return;
    }
    const batch = [item];
    this.batch = batch;
    this.batchAt = now;
    // Jitter may not let a later batch overtake.
    this.lastArrival = Math.max(this.lastArrival, now + this.delay());
    this.underWay.push(batch);
    this.clock.after(this.lastArrival - now, () => this.arrived());
  }

  /** Whichever timer of an instant runs first: what was sent first arrives first. */
  private arrived(): void {
    const batch = this.underWay.shift() as Item<M>[];
    // With no latency a batch can arrive in the instant it was sent: later messages start anew.
    if (this.batch === batch) this.batch = undefined;
    if (!this.closed && !this.silenced) this.arrive(batch);
  }

  deliver(batch: readonly Item<M>[]): void {
    this.waiting = this.waiting.length === 0 ? batch : [...this.waiting, ...batch];
    this.flush();
  }

  /** Tells of the end past what is unread, if the batch holds one. */
  overtake(batch: readonly Item<M>[]): void {
    const last = batch[batch.length - 1];
    if (this.paused && last instanceof Signal && last.end !== undefined) this.end(last.end);
  }

  pause(): void {
    this.paused = true;
  }

  /** `handed` runs once what was waiting has been handed over; the end may be among it. */
  resume(handed: () => void): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.waiting.length === 0) return;
    this.clock.after(0, () => {
      this.flush();
      handed();
    });
  }

  private flush(): void {
    if (this.delivering) return;
    this.delivering = true;
    let taken = 0;
    while (taken < this.waiting.length && !this.paused && !this.closed) {
      this.hand(this.waiting[taken++] as Item<M>);
    }
    this.delivering = false;
    const rest = this.closed || taken === this.waiting.length ? NOTHING : this.waiting.slice(taken);
    this.waiting = rest;
  }

  private hand(item: Item<M>): void {
    if (!(item instanceof Signal)) {
      if (item.kind === 'data') this.consumed(item.bytes.length);
      this.listener?.onMessage(item);
    } else if (item.metadata !== undefined) {
      this.listener?.onMetadata(item.metadata);
    } else if (item.end !== undefined) {
      this.end(item.end);
    }
  }

  /** Tells the receiver of the end, once, now. */
  end(end: WireEnd): void {
    if (this.closed) return;
    this.closed = true;
    this.listener?.onEnd(end);
  }

  private consumed(bytes: number): void {
    this.unread -= bytes;
    if (!this.full || this.unread > WINDOW / 2) return;
    this.full = false;
    this.clock.after(this.delay(), () => this.onRoom?.());
  }
}
