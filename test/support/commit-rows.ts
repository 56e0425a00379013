/**
 * The rows of the commit table: what a runner does, and what must come of it. Rows where we differ
 * from the original on purpose say what it does.
 */
import type { Outcome, Request } from '../../core/call.js';
import type { Channel, RunnerMessage } from '../../proto/wire.js';
import { OK, START, failed, piece } from '../conformance/wire-rig.js';
import { utf8 } from './calls.js';
import type { Carrier } from './carriers.js';
import type { SinkScript } from './scripted-sink.js';
import type { Peer, Stage } from './table-stage.js';

/** What must come of a row. */
export interface Comes {
  /** Whether the call is offered to runner b. */
  readonly next: boolean;
  readonly status: number;
  readonly outcome: Outcome;
  /** The body the client got; not looked at where it is an error's. */
  readonly body?: string;
  readonly how?: 'ended' | 'cut' | 'left';
  /** Offers that arrive at runner a. Default 1. */
  readonly tries?: number;
}

export interface Row extends Comes {
  /** The point of failure. */
  readonly point: string;
  /** What runner a does once it has the try. */
  readonly does?: (peer: Peer) => void;
  /** What happens before the call. */
  readonly before?: (stage: Stage, carrier: Carrier) => void | Promise<void>;
  readonly channel?: (channel: Channel) => Channel;
  readonly request?: Partial<Request>;
  readonly timeoutMs?: number;
  /** How the client takes its response. */
  readonly sink?: SinkScript;
  /** Carriers that know no such failure, why, and what comes of the same deed there instead. */
  readonly cannot?: { readonly on: RegExp; readonly why: string; readonly comes: Comes };
}

const BUSY = failed(503, 'Timed out - server too busy');
const VALUE = piece(utf8('a'));
const BIG = piece(new Uint8Array(20_000).fill(120));
const head = (status: number): RunnerMessage => ({ kind: 'start', status, headers: [] });
const TEXT: RunnerMessage = { kind: 'start', status: 200, headers: [['Content-Type', 'a/b']] };
const UNKNOWN: RunnerMessage = { kind: 'unknown' };
const UPLOAD = { body: new Uint8Array(400_000) };

/** Says these messages, and ends with that status. */
export const says =
  (messages: readonly RunnerMessage[], code = 0) =>
  ({ wire }: Peer): void => {
    for (const message of messages) wire.send(message);
    wire.finish(code, 'why');
  };
/** Says these messages and breaks the stream. */
const breaks =
  (...messages: readonly RunnerMessage[]) =>
  ({ wire }: Peer): void => {
    for (const message of messages) wire.send(message);
    wire.cancel();
  };
/** A channel that says that it is connected, whatever it is. */
const boasting = (channel: Channel): Channel => ({
  ready: true,
  watch: () => () => undefined,
  wire: () => channel.wire(),
  status: (us, done) => channel.status(us, done),
  close: () => channel.close(),
});
const crashed = async ({ a }: Stage, carrier: Carrier): Promise<void> => {
  a.crash();
  await carrier.until(() => !a.channel.ready);
};

const elsewhere = { next: true, status: 201, outcome: 'ok', body: 'b' } as const;
const broken = { next: false, status: 502, outcome: 'failed' } as const;
const expired = { next: false, status: 504, outcome: 'expired' } as const;
const fine = { next: false, status: 201, outcome: 'ok', body: 'a' } as const;
const left = { next: false, status: 499, outcome: 'canceled', how: 'left' } as const;

export const ROWS: readonly Row[] = [
  {
    point: 'runner already closed',
    before: ({ a }) => a.channel.close(),
    ...elsewhere,
    tries: 0,
  },
  { point: 'Engage fails: not connected', before: crashed, ...elsewhere, tries: 0 },
  {
    point: 'Engage fails: the connection went while the stream was created',
    before: crashed,
    channel: boasting,
    ...elsewhere,
    tries: 0,
  },
  {
    point: 'Send(try) fails: larger than a message may be',
    request: { headers: [['X-Large', 'x'.repeat(5 * 1024 * 1024)]] },
    ...broken,
    tries: 0,
    cannot: { on: /^sim/, why: 'a simulated message has no largest size', comes: fine },
  },
  {
    point: 'deadline before a verdict: silence',
    does: () => undefined,
    timeoutMs: 200,
    ...expired,
  },
  {
    point: 'deadline before a verdict: silence after start',
    does: ({ wire }) => void wire.send(TEXT),
    timeoutMs: 200,
    next: false,
    status: 200,
    outcome: 'expired',
    how: 'cut',
  },
  { point: 'cancel before a verdict', does: ({ leave }) => leave(), ...left },
  { point: 'Recv error before any message: reset', does: breaks(), ...broken },
  { point: 'Recv error before any message: clean EOF', does: says([]), ...broken },
  { point: 'Recv error before any message: crash', does: ({ crash }) => crash(), ...broken },
  { point: 'Recv error before any message: status UNKNOWN', does: says([], 2), ...broken },
  { point: 'Recv error before any message: status UNAVAILABLE', does: says([], 14), ...broken },
  { point: 'Recv error before any message: status DEADLINE', does: says([], 4), ...expired },
  {
    point: 'Recv error before any message: status 503 is a NACK',
    does: says([], 503),
    ...elsewhere,
  },
  { point: 'the same behind what cannot be read', does: says([UNKNOWN], 503), ...elsewhere },
  { point: 'Recv error after start: reset', does: breaks(START), ...broken },
  { point: 'Recv error after start: status', does: says([START], 13), ...broken },
  { point: 'Recv error after start: status 503 is no NACK', does: says([START], 503), ...broken },
  { point: 'Recv error after start: clean EOF', does: says([START]), ...broken },
  {
    point: 'Recv error after data that the client has',
    does({ wire, onHead }: Peer): void {
      wire.send(TEXT);
      wire.send(BIG);
      onHead(() => wire.cancel());
    },
    next: false,
    status: 200,
    outcome: 'failed',
    how: 'cut',
  },
  {
    point: 'crash after data that the client has',
    does({ wire, onHead, crash }: Peer): void {
      wire.send(TEXT);
      wire.send(BIG);
      onHead(crash);
    },
    next: false,
    status: 200,
    outcome: 'failed',
    how: 'cut',
  },
  { point: 'failure 503', does: says([BUSY]), ...elsewhere },
  {
    point: 'failure 503 with our reason and push-back',
    does(peer: Peer): void {
      const reason = { 'windtunnel-nack-reason': 'draining', 'windtunnel-retry-after-ms': '50' };
      peer.wire.sendMetadata(reason);
      says([BUSY])(peer);
    },
    ...elsewhere,
  },
  { point: 'failure 503 then a status that is not OK', does: says([BUSY], 2), ...elsewhere },
  { point: 'failure 503 under an upload', does: says([BUSY]), request: UPLOAD, ...elsewhere },
  {
    point: 'failure 503 after start (the original: next runner)',
    does: says([START, BUSY]),
    ...broken,
  },
  { point: 'failure 503 after data', does: says([START, VALUE, BUSY]), ...broken },
  {
    point: 'failure with another code',
    does: says([failed(418, 'a: teapot')]),
    next: false,
    status: 418,
    outcome: 'failed',
  },
  {
    point: 'failure with another code, after start',
    does: says([START, failed(413, 'too large')]),
    next: false,
    status: 413,
    outcome: 'failed',
  },
  {
    point: 'failure 504: the function’s time was over',
    does: says([failed(504, 'Timed out')]),
    ...expired,
  },
  {
    point: 'failure with a code that is no error status',
    does: says([failed(302, 'x')]),
    ...broken,
  },
  { point: 'failure with code 0', does: says([failed(0, 'invalid character')]), ...broken },
  { point: 'success then EOF', does: says([START, VALUE, OK]), ...fine },
  { point: 'success alone', does: says([OK]), ...fine, status: 200, body: '' },
  { point: 'success, then not OK (the original: 500)', does: says([START, VALUE, OK], 2), ...fine },
  {
    point: 'success, then another message (the original: 500)',
    does: says([START, VALUE, OK, piece(utf8('more')), BUSY]),
    ...fine,
  },
  {
    point: 'success, then silence (the original: 504)',
    does({ wire }: Peer): void {
      for (const message of [START, VALUE, OK]) wire.send(message);
    },
    ...fine,
  },
  {
    point: 'failure, then anything: the first is kept',
    does: says([failed(418, 'teapot'), OK, BUSY], 2),
    next: false,
    status: 418,
    outcome: 'failed',
  },
  {
    point: 'the client takes no more; a later NACK is ignored',
    does({ wire, onHead, leave }: Peer): void {
      wire.send(TEXT);
      wire.send(BIG);
      onHead(() => {
        leave();
        wire.send(BUSY);
      });
    },
    next: false,
    status: 499,
    outcome: 'canceled',
    how: 'left',
  },
  {
    point: 'unknown messages, or a start without meta',
    does: says([UNKNOWN, START, UNKNOWN, VALUE, UNKNOWN, OK]),
    ...fine,
  },
  {
    point: 'start with status 0',
    does: says([head(0), VALUE, OK]),
    ...fine,
    status: 200,
  },
  {
    point: 'start with a status below 0',
    does: says([head(-7), VALUE, OK]),
    ...fine,
    status: 200,
  },
  {
    point: 'several starts: the first counts (the original: each)',
    does: says([START, head(500), VALUE, OK]),
    ...fine,
  },
  {
    point: 'data before start',
    does: says([VALUE, OK]),
    ...fine,
    status: 200,
    cannot: {
      on: /^gRPC/,
      why: 'the first message tells the dialect, and in neither of them is it data',
      comes: broken,
    },
  },
  {
    point: 'an upload that fails is no verdict: the answer is',
    does: says([START, VALUE, OK]),
    request: UPLOAD,
    ...fine,
  },
  {
    point: 'a client that is full has taken what it was given: there is no short write',
    does: says([START, VALUE, OK]),
    sink: { takes: () => false },
    ...fine,
  },
];

/** Rows of the original that have no wire in them; each has a test of its own beside the others. */
export const ELSEWHERE = [
  'model JSON marshal fails: no model can, whatever is in it',
  'write error but full length accepted: a sink has no way to say such a thing',
] as const;
