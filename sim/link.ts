/**
 * The network between an LB and one runner, in virtual time: a Channel at one end, served wires at
 * the other. Latency, jitter, connection loss, stream resets, and rules that say what happens to
 * the messages on their way. Messages sent in one instant travel as one event.
 */
import type { Clock } from '../core/clock.js';
import type { Rng } from '../core/rng.js';
import { Roster } from '../core/roster.js';
import type { Channel, ClientMessage, RunnerMessage, ServerWire } from '../proto/wire.js';
import { ClientEnd, Stream } from './stream.js';

export interface LinkOptions {
  readonly oneWayUs: number;
  /** Each batch takes up to so much longer, uniformly; order within a stream is kept. */
  readonly jitterUs: number;
  /** From the runner's return to a connection that is up again. */
  readonly reconnectUs: number;
  /** Sends each message through the bytes of the real codec, to prove that nothing is lost. */
  readonly transcode: Transcode | undefined;
}

export interface Transcode {
  readonly client: (message: ClientMessage) => ClientMessage;
  readonly runner: (message: RunnerMessage) => RunnerMessage;
}

/** A batch of messages at its arrival: who it is for, and whether it holds a successful verdict. */
export interface Passing {
  readonly toRunner: boolean;
  readonly verdict: boolean;
}

/** `drop` also silences that direction of the stream; `break` resets the stream instead. */
export type Fate = 'pass' | 'drop' | 'break';

/** What happens to a batch. The first rule that does not let it pass decides. */
export type Rule = (passing: Passing) => Fate;

/** The runner's end of a link. */
export interface LinkServer {
  /** The process is there: what arrives is served; else it is answered by a reset. */
  readonly alive: boolean;
  /** Runs when the process next can; at once unless it is stopped. */
  awake(work: () => void): void;
  accept(wire: ServerWire): void;
  status(): { active: number; requestsReceived: number; requestsHandled: number };
}

export interface Link {
  readonly channel: Channel;
  /** Streams that either end still holds. */
  readonly open: number;
  readonly rules: Set<Rule>;
  /** The runner's process died: its kernel resets everything. */
  serverDied(): void;
  /** It is back: the connection is up again after `reconnectUs`. */
  serverBack(): void;
  /**
   * The runner's process wants no new streams: the LB knows one way later. `empty` is told once the
   * process can tell that it does, and no stream is left.
   */
  goAway(empty: () => void): void;
  /** Resets every open stream, at both ends. */
  resetStreams(): void;
}

/** What Node's HTTP/2 server takes before it drops a connection: burst 1000, then 33 a second. */
const RESETS_MAX = 1000;
const RESETS_PER_SECOND = 33;

export function createLink(clock: Clock, rng: Rng, options: LinkOptions, server: LinkServer): Link {
  const streams = new Roster<Stream>();
  const rules = new Set<Rule>();
  const watchers = new Set<(ready: boolean) => void>();
  let ready = true;
  let closed = false;
  let connection = 0;
  let deaths = 0;
  let resets = 0;
  let resetsAt = clock.now();
  let onEmpty: (() => void) | undefined;

  const delay = (): number =>
    options.jitterUs === 0 ? options.oneWayUs : options.oneWayUs + rng.int(options.jitterUs + 1);

  const become = (now: boolean): void => {
    if (now === ready || closed) return;
    ready = now;
    for (const told of watchers) told(now);
  };

  /** Every stream of the connection breaks: at the runner now, at the LB one way later. */
  const drop = (cause: string): void => {
    connection += 1;
    resets = 0;
    for (const stream of streams.all()) stream.breakAtServer(cause);
    clock.after(options.oneWayUs, () => {
      if (!server.alive) become(false);
      for (const stream of streams.all())
        if (stream.connection < connection) stream.breakAtClient(cause);
    });
  };

  /** Node's own discipline against rapid resets. */
  const onReset = (): void => {
    const now = clock.now();
    resets = Math.max(0, resets - ((now - resetsAt) * RESETS_PER_SECOND) / 1_000_000) + 1;
    resetsAt = now;
    if (resets > RESETS_MAX) drop('connection dropped after too many resets');
  };

  const fate = (toRunner: boolean, batch: readonly unknown[]): Fate => {
    if (rules.size === 0) return 'pass';
    const passing = { toRunner, verdict: batch.some(isSuccess) };
    for (const rule of rules) {
      const verdict = rule(passing);
      if (verdict !== 'pass') return verdict;
    }
    return 'pass';
  };

  const settle = (): void => {
    if (onEmpty === undefined || streams.size > 0) return;
    const told = onEmpty;
    onEmpty = undefined;
    told();
  };

  const parts = {
    clock,
    options,
    server,
    delay,
    fate,
    onReset,
    forget: (stream: Stream) => {
      streams.leave(stream);
      settle();
    },
  };

  const connected = (): boolean => ready && !closed;
  const created = (stream: Stream): void => streams.join(stream);

  const channel: Channel = {
    get ready() {
      return ready && !closed;
    },
    watch(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
    wire() {
      return new ClientEnd(new Stream(parts, connection), connected, created);
    },
    status(remainingUs, done) {
      let over = false;
      const answer = (text: Parameters<typeof done>[0]): void => {
        if (over) return;
        stop();
        done(text);
      };
      const stop = (): void => {
        over = true;
        late.cancel();
        timer.cancel();
      };
      const late = clock.after(remainingUs, () => answer('no answer in time'));
      // A process that is stopped answers when it goes on.
      const timer = clock.after(delay() + delay(), () => {
        if (!ready || closed || !server.alive) return answer('no connection');
        server.awake(() => answer(server.status()));
      });
      return stop;
    },
    close() {
      become(false);
      closed = true;
      for (const stream of streams.all()) {
        stream.breakAtServer('the LB closed the connection');
        stream.breakAtClient('the LB closed the connection');
      }
    },
  };

  return {
    channel,
    get open() {
      return streams.size;
    },
    rules,
    serverDied() {
      deaths += 1;
      onEmpty = undefined;
      drop('connection reset');
    },
    serverBack() {
      const died = deaths;
      clock.after(options.reconnectUs, () => {
        if (server.alive && deaths === died) become(true);
      });
    },
    goAway(empty) {
      // A connection on its way up is refused as well.
      deaths += 1;
      const died = deaths;
      clock.after(options.oneWayUs, () => {
        if (deaths === died) become(false);
      });
      clock.after(2 * options.oneWayUs, () => {
        if (deaths !== died) return;
        onEmpty = empty;
        settle();
      });
    },
    resetStreams() {
      for (const stream of streams.all()) {
        stream.breakAtServer('stream reset');
        clock.after(options.oneWayUs, () => stream.breakAtClient('stream reset'));
      }
    },
  };
}

/** A message that says that the work was done. */
const isSuccess = (item: unknown): boolean =>
  (item as RunnerMessage).kind === 'finished' && (item as { success: boolean }).success;
