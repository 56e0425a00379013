/** What the laws of the wire share: the rig they need, ears for both ends, and things to say. */
import { parseCallJson } from '../../proto/call-json.js';
import type {
  Channel,
  ClientMessage,
  ClientWire,
  FinishedMessage,
  Metadata,
  RunnerMessage,
  ServerWire,
  WireEnd,
  WireListener,
} from '../../proto/wire.js';
import type { Rig } from './law.js';

/** A channel of the implementation under test, connected to a server that the law plays. */
export interface WireRig extends Rig {
  /** The LB's end; READY when the law begins. */
  readonly channel: Channel;
  /** Says who takes the wires that arrive at the runner's end. Set before a wire is opened. */
  accept(taker: (wire: ServerWire) => void): void;
  /** What the Status RPC answers. */
  readonly status: {
    readonly active: number;
    readonly requestsReceived: number;
    readonly requestsHandled: number;
  };
  /** Breaks every open stream, and leaves the connection; where the implementation can. */
  resetStreams?(): void;
  /** The runner's process dies with all its connections; where the implementation can. */
  crash?(): void;
}

/** What one end has been told, in order. */
export interface Ear<M> extends WireListener<M> {
  readonly metadata: Metadata[];
  readonly messages: M[];
  readonly ends: WireEnd[];
  drains: number;
  /** Everything told so far, as one number. */
  readonly told: number;
}

export function ear<M>(react?: (message: M) => void): Ear<M> {
  const self: Ear<M> = {
    metadata: [],
    messages: [],
    ends: [],
    drains: 0,
    get told() {
      return self.metadata.length + self.messages.length + self.ends.length + self.drains;
    },
    onMetadata: (metadata) => void self.metadata.push(metadata),
    onMessage(message) {
      self.messages.push(message);
      react?.(message);
    },
    onDrain: () => void (self.drains += 1),
    onEnd: (end) => void self.ends.push(end),
  };
  return self;
}

/** A wire that the LB has opened, and what it is told. */
export interface Opened {
  readonly wire: ClientWire;
  readonly ear: Ear<RunnerMessage>;
}

export const ENOUGH_US = 30_000_000;

export function open(rig: WireRig, metadata: Metadata = {}, remainingUs = ENOUGH_US): Opened {
  const wire = rig.channel.wire();
  const listener = ear<RunnerMessage>();
  wire.open(metadata, remainingUs, listener);
  return { wire, ear: listener };
}

/** The runner's ends in the order they came, each with its ear. */
export interface Taken {
  readonly wires: ServerWire[];
  readonly ears: Ear<ClientMessage>[];
}

/** Has every wire taken by an ear that reacts as it is told to. */
export function take(
  rig: WireRig,
  react: (message: ClientMessage, wire: ServerWire) => void = () => undefined,
): Taken {
  const taken: Taken = { wires: [], ears: [] };
  rig.accept((wire) => {
    const listener = ear<ClientMessage>((message) => react(message, wire));
    taken.wires.push(wire);
    taken.ears.push(listener);
    wire.listen(listener);
  });
  return taken;
}

const model = parseCallJson('{"id":"c1","headers":{"A":["1","2"]},"config":{"K":"V"}}');
if (typeof model === 'string') throw new Error(model);

export const TRY: ClientMessage = {
  kind: 'try',
  model,
  slotHashId: '6162',
  extensions: { a: 'b' },
};
export const EOF: ClientMessage = { kind: 'data', bytes: new Uint8Array(0), eof: true };
export const frame = (bytes: Uint8Array, eof = false): ClientMessage => ({
  kind: 'data',
  bytes,
  eof,
});
export const START: RunnerMessage = {
  kind: 'start',
  status: 201,
  headers: [
    ['A', '1'],
    ['A', '2'],
  ],
};
export const piece = (bytes: Uint8Array): RunnerMessage => ({ kind: 'data', bytes });
export const OK: FinishedMessage = {
  kind: 'finished',
  success: true,
  details: 'c1',
  errorCode: 0,
  errorStr: '',
  errorUser: false,
  schedulerDuration: 0,
  executionDuration: 0,
};
export const failed = (errorCode: number, errorStr: string): FinishedMessage => ({
  ...OK,
  success: false,
  details: '',
  errorCode,
  errorStr,
});
