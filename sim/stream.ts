/**
 * One engagement's stream through virtual time: a client wire, a server wire, and two pipes
 * (`pipe.ts`) between them.
 */
import type { Clock } from '../core/clock.js';
import type { Listed } from '../core/roster.js';
import type {
  ClientMessage,
  ClientWire,
  Metadata,
  RunnerMessage,
  ServerWire,
  WireEnd,
  WireListener,
} from '../proto/wire.js';
import type { Fate, LinkOptions, LinkServer } from './link.js';
import { Pipe, Signal, type Item } from './pipe.js';

/** What all streams of a link share. */
export interface StreamParts {
  readonly clock: Clock;
  readonly options: LinkOptions;
  readonly server: LinkServer;
  readonly delay: () => number;
  readonly fate: (toRunner: boolean, batch: readonly unknown[]) => Fate;
  /** The LB reset a stream at the server. */
  readonly onReset: () => void;
  readonly forget: (stream: Stream) => void;
}

export class Stream implements Listed<Stream> {
  earlier: Stream | undefined;
  later: Stream | undefined;
  readonly up: Pipe<ClientMessage>;
  readonly down: Pipe<RunnerMessage>;
  metadata: Metadata = {};
  remainingUs = 0;
  private served = false;

  constructor(
    readonly parts: StreamParts,
    /** Number of the connection it was created on. */
    readonly connection: number,
  ) {
    const { clock, delay } = parts;
    this.up = new Pipe<ClientMessage>(clock, delay, (batch) => this.arriveAtServer(batch));
    this.down = new Pipe<RunnerMessage>(clock, delay, (batch) => this.arriveAtClient(batch));
  }

  /** The LB takes nothing more of it. */
  leave(): void {
    const { up, down } = this;
    if (down.closed) return;
    down.closed = true;
    // A runner that can hear of neither the call nor the cancel holds nothing of it.
    if (up.silenced && !this.served) up.closed = true;
    if (up.closed) return this.forgetIfOver();
    up.push(new Signal(undefined, { kind: 'lost', cause: 'canceled' }));
  }

  /** The runner has said its last word. */
  conclude(end: WireEnd): void {
    this.down.push(new Signal(undefined, end));
    this.up.closed = true;
    this.forgetIfOver();
  }

  private arriveAtServer(batch: Item<ClientMessage>[]): void {
    const { server, options, clock, fate, onReset } = this.parts;
    const verdict = fate(true, batch);
    if (verdict === 'drop') {
      // A gap cannot be followed by later bytes.
      this.up.silenced = true;
      if (this.down.closed && !this.served) this.up.closed = true;
      return this.forgetIfOver();
    }
    if (verdict === 'break') return this.breakBoth('stream reset');
    if (!server.alive) {
      this.up.closed = true;
      clock.after(options.oneWayUs, () => this.breakAtClient('connection reset'));
      return;
    }
    const last = batch[batch.length - 1];
    if (last instanceof Signal && last.end !== undefined) onReset();
    server.awake(() => {
      if (this.up.closed) return;
      if (!this.served) {
        this.served = true;
        server.accept(new ServerEnd(this));
      }
      this.up.deliver(this.transcoded(batch, options.transcode?.client));
      this.up.overtake(batch);
      if (this.up.closed) this.forgetIfOver();
    });
  }

  private arriveAtClient(batch: Item<RunnerMessage>[]): void {
    const verdict = this.parts.fate(false, batch);
    if (verdict === 'drop') {
      this.down.silenced = true;
      return;
    }
    if (verdict === 'break') return this.breakBoth('stream reset');
    this.down.deliver(this.transcoded(batch, this.parts.options.transcode?.runner));
    if (this.down.closed) this.forgetIfOver();
  }

  private transcoded<M extends ClientMessage | RunnerMessage>(
    batch: readonly Item<M>[],
    code: ((message: M) => M) | undefined,
  ): readonly Item<M>[] {
    if (code === undefined) return batch;
    return batch.map((item) => (item instanceof Signal ? item : code(item)));
  }

  /** The runner's end learns that the stream is gone. */
  breakAtServer(cause: string): void {
    if (this.served) this.up.end({ kind: 'lost', cause });
    this.up.closed = true;
    this.forgetIfOver();
  }

  /** The LB's end learns it. */
  breakAtClient(cause: string): void {
    this.down.end({ kind: 'lost', cause });
    this.forgetIfOver();
  }

  private breakBoth(cause: string): void {
    this.breakAtServer(cause);
    this.breakAtClient(cause);
  }

  forgetIfOver(): void {
    if (this.up.closed && this.down.closed) this.parts.forget(this);
  }
}

/** The LB's end of a stream. */
export class ClientEnd implements ClientWire {
  constructor(
    private readonly stream: Stream,
    /** Whether the connection is up, so that a stream can be created. */
    private readonly connected: () => boolean,
    /** Told when the stream comes to exist. */
    private readonly created: (stream: Stream) => void,
  ) {}

  open(metadata: Metadata, remainingUs: number, listener: WireListener<RunnerMessage>): void {
    const { stream } = this;
    const { up, down, parts } = stream;
    down.listener = listener;
    const onRoom = (): void => {
      if (!down.closed) listener.onDrain();
    };
    up.onRoom = onRoom;
    stream.metadata = metadata;
    stream.remainingUs = remainingUs;
    if (this.connected()) return this.created(stream);
    up.closed = true;
    parts.clock.after(0, () => down.end({ kind: 'refused', cause: 'no connection' }));
  }

  send(message: ClientMessage): boolean {
    return this.stream.up.send(message);
  }

  pause(): void {
    this.stream.down.pause();
  }

  resume(): void {
    this.stream.down.resume(() => this.stream.forgetIfOver());
  }

  cancel(): void {
    this.stream.leave();
  }
}

/** The runner's end of a stream. */
class ServerEnd implements ServerWire {
  constructor(private readonly stream: Stream) {}

  get metadata(): Metadata {
    return this.stream.metadata;
  }

  get remainingUs(): number {
    return this.stream.remainingUs;
  }

  listen(listener: WireListener<ClientMessage>): void {
    const { up, down } = this.stream;
    up.listener = listener;
    const onRoom = (): void => {
      if (!up.closed) listener.onDrain();
    };
    down.onRoom = onRoom;
  }

  sendMetadata(metadata: Metadata): void {
    this.stream.down.push(new Signal(metadata, undefined));
  }

  send(message: RunnerMessage): boolean {
    return this.stream.down.send(message);
  }

  finish(code: number, message: string): void {
    this.stream.conclude({ kind: 'status', code, message });
  }

  cancel(): void {
    this.stream.conclude({ kind: 'lost', cause: 'reset by the runner' });
  }

  pause(): void {
    this.stream.up.pause();
  }

  resume(): void {
    this.stream.up.resume(() => this.stream.forgetIfOver());
  }
}
