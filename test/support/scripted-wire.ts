/**
 * Both ends of a wire as a test holds them: it plays the peer, and reads what was sent. Like the
 * real ones they keep what is unread while paused, and tell the LB's end of the end after that.
 */
import type {
  ClientMessage,
  ClientWire,
  Metadata,
  RunnerMessage,
  ServerWire,
  WireEnd,
  WireListener,
} from '../../proto/wire.js';

interface Scripted<Incoming, Outgoing> {
  readonly sent: Outgoing[];
  paused: boolean;
  cancels: number;
  /** Sends that are taken before the wire says "enough"; raised by `drain`. */
  window: number;
  /** The peer says this. */
  peer(message: Incoming): void;
  peerMetadata(metadata: Metadata): void;
  peerEnds(end: WireEnd): void;
  /** There is room for `more` sends. */
  drain(more: number): void;
}

export interface ScriptedClientWire extends ClientWire, Scripted<RunnerMessage, ClientMessage> {
  opened: { metadata: Metadata; remainingUs: number } | undefined;
}

export interface ScriptedServerWire extends ServerWire, Scripted<ClientMessage, RunnerMessage> {
  readonly metadataSent: Metadata[];
  status: { code: number; message: string } | undefined;
}

/** The part that both ends share. */
function flow<Incoming, Outgoing>(window: number) {
  let listener: WireListener<Incoming> | undefined;
  let unread: (() => void)[] = [];
  let over = false;
  return {
    sent: [] as Outgoing[],
    paused: false,
    cancels: 0,
    window,
    attach(next: WireListener<Incoming>) {
      if (listener !== undefined) throw new Error('wire: a second listener');
      listener = next;
    },
    tell(work: (listener: WireListener<Incoming>) => void): void {
      const telling = (): void => {
        if (listener === undefined) throw new Error('wire: nobody listens');
        if (!over) work(listener);
      };
      if (this.paused) unread.push(telling);
      else telling();
    },
    peer(message: Incoming) {
      this.tell((to) => to.onMessage(message));
    },
    peerMetadata(metadata: Metadata) {
      this.tell((to) => to.onMetadata(metadata));
    },
    peerEnds(end: WireEnd) {
      this.tell((to) => {
        over = true;
        to.onEnd(end);
      });
    },
    drain(more: number) {
      this.window += more;
      listener?.onDrain();
    },
    send(message: Outgoing): boolean {
      this.sent.push(message);
      this.window -= 1;
      return this.window > 0;
    },
    pause() {
      this.paused = true;
    },
    resume() {
      this.paused = false;
      const telling = unread;
      unread = [];
      for (const tell of telling) tell();
    },
    cancel() {
      this.cancels += 1;
      over = true;
    },
  };
}

export function scriptedClientWire(window = Infinity): ScriptedClientWire {
  const shared = flow<RunnerMessage, ClientMessage>(window);
  return Object.assign(shared, {
    opened: undefined as ScriptedClientWire['opened'],
    open(metadata: Metadata, remainingUs: number, listener: WireListener<RunnerMessage>) {
      (this as ScriptedClientWire).opened = { metadata, remainingUs };
      shared.attach(listener);
    },
  });
}

export function scriptedServerWire(
  given: { metadata?: Metadata; remainingUs?: number; window?: number } = {},
): ScriptedServerWire {
  const shared = flow<ClientMessage, RunnerMessage>(given.window ?? Infinity);
  return Object.assign(shared, {
    metadata: given.metadata ?? {},
    remainingUs: given.remainingUs,
    metadataSent: [] as Metadata[],
    status: undefined as ScriptedServerWire['status'],
    listen: (listener: WireListener<ClientMessage>) => shared.attach(listener),
    sendMetadata(metadata: Metadata) {
      if (shared.sent.length > 0) throw new Error('wire: metadata after a message');
      this.metadataSent.push(metadata);
    },
    finish(code: number, message: string) {
      if ((this as ScriptedServerWire).status !== undefined)
        throw new Error('wire: a second status');
      (this as ScriptedServerWire).status = { code, message };
    },
  });
}
