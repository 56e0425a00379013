/** What the tests of the gRPC wire share: a server and a channel on the loopback, and ears. */
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { parseCallJson } from '../call-json.js';
import type { Dialect } from '../codec.js';
import type { CallModel } from '../model.js';
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
} from '../wire.js';
import { createGrpcChannel } from './channel.js';
import { createGrpcServer, defaultGrpcServerLimits, type GrpcServer } from './server.js';

export const SECOND_US = 1_000_000;
const model = parseCallJson('{"id":"c1"}') as CallModel;
export const TRY: ClientMessage = { kind: 'try', model, slotHashId: '', extensions: {} };
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

/** What one end has been told, and a way to wait for more of it. */
export interface Told<M> extends WireListener<M> {
  readonly metadata: Metadata[];
  readonly messages: M[];
  readonly ends: WireEnd[];
  drains: number;
  until(condition: () => boolean): Promise<void>;
}

export function told<M>(onMessage?: (message: M) => void): Told<M> {
  const waiting: { condition: () => boolean; resolve: () => void }[] = [];
  const check = (): void => {
    for (const one of [...waiting]) {
      if (!one.condition()) continue;
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve();
    }
  };
  const self: Told<M> = {
    metadata: [],
    messages: [],
    ends: [],
    drains: 0,
    onMetadata: (metadata) => {
      self.metadata.push(metadata);
      check();
    },
    onMessage: (message) => {
      self.messages.push(message);
      onMessage?.(message);
      check();
    },
    onDrain: () => {
      self.drains += 1;
      check();
    },
    onEnd: (end) => {
      self.ends.push(end);
      check();
    },
    until: (condition) =>
      new Promise((resolve) => {
        waiting.push({ condition, resolve });
        check();
      }),
  };
  return self;
}

const undo: (() => void)[] = [];

/** Has `work` done after the test. */
export function after(work: () => void): void {
  undo.push(work);
}
afterEach(() => {
  for (const work of undo.splice(0).reverse()) work();
});

export interface Rig {
  readonly server: GrpcServer;
  readonly channel: Channel;
  readonly port: number;
}

export async function rig(
  onEngage: (wire: ServerWire) => void,
  dialect: Dialect = 'head',
): Promise<Rig> {
  const server = createGrpcServer({
    onEngage,
    status: () => ({ active: 2, requestsReceived: 5, requestsHandled: 3 }),
    dialect,
    limits: defaultGrpcServerLimits,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (got) => (typeof got === 'number' ? resolve(got) : reject(got)));
  });
  const channel = createGrpcChannel(`127.0.0.1:${port}`);
  after(() => {
    channel.close();
    server.forceClose();
  });
  await untilReady(channel, true);
  return { server, channel, port };
}

/** The one place that polls: readiness is a value and tells nobody when it changes. */
export async function untilReady(channel: Channel, ready: boolean): Promise<void> {
  while (channel.ready !== ready) await new Promise((resolve) => setImmediate(resolve));
}

export function opened(
  channel: Channel,
  remainingUs = 10 * SECOND_US,
): [ClientWire, Told<RunnerMessage>] {
  const wire = channel.wire();
  const events = told<RunnerMessage>();
  wire.open({ fn_request_id: 'r1', 'windtunnel-attempt': '1' }, remainingUs, events);
  return [wire, events];
}

/** Answers one try with metadata, a head, a piece of body and a verdict. */
export function answering(wire: ServerWire): void {
  wire.listen(
    told<ClientMessage>((message) => {
      if (message.kind === 'try') wire.sendMetadata({ 'windtunnel-nack-reason': 'size' });
      if (message.kind !== 'data' || !message.eof) return;
      wire.send({ kind: 'start', status: 201, headers: [['A', 'b']] });
      wire.send({ kind: 'data', bytes: new Uint8Array(message.bytes) });
      wire.send(OK);
      wire.finish(0, '');
    }),
  );
}

/** The answer of the Status RPC; what was sent before it on the connection has then arrived. */
export function roundTrip(channel: Channel): Promise<unknown> {
  return new Promise((resolve) => channel.status(SECOND_US, resolve));
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The head of an answer of gRPC. */
export const HEAD = { ':status': 200, 'content-type': 'application/grpc' };

/** A bare HTTP/2 peer, and a channel to it. */
export async function bare(
  onStream: (stream: ServerHttp2Stream, path: unknown) => void,
): Promise<Channel> {
  const peer = createHttp2Server();
  peer.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers[':path']);
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const { port } = peer.address() as AddressInfo;
  const channel = createGrpcChannel(`127.0.0.1:${port}`);
  after(() => {
    channel.close();
    peer.close();
  });
  await untilReady(channel, true);
  return channel;
}
