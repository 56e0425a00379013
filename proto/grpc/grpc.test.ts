/**
 * Laws of the wire over real HTTP/2 on the loopback: what travels, and what each way of breaking
 * looks like to either end. Every test waits for events; none sleeps.
 */
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dialect } from '../codec.js';
import { parseCallJson } from '../call-json.js';
import type { CallModel } from '../model.js';
import type {
  Channel,
  ClientMessage,
  ClientWire,
  Metadata,
  RunnerMessage,
  ServerWire,
  WireEnd,
  WireListener,
} from '../wire.js';
import { createGrpcChannel } from './channel.js';
import { createGrpcServer, defaultGrpcServerLimits, type GrpcServer } from './server.js';
import { grpcTimeout } from './timeout.js';

const SECOND_US = 1_000_000;
const model = parseCallJson('{"id":"c1"}') as CallModel;
const TRY: ClientMessage = { kind: 'try', model, slotHashId: '', extensions: {} };
const OK: RunnerMessage = {
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
interface Told<M> extends WireListener<M> {
  readonly metadata: Metadata[];
  readonly messages: M[];
  readonly ends: WireEnd[];
  drains: number;
  until(condition: () => boolean): Promise<void>;
}

function told<M>(onMessage?: (message: M) => void): Told<M> {
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
afterEach(() => {
  for (const work of undo.splice(0).reverse()) work();
});

interface Rig {
  readonly server: GrpcServer;
  readonly channel: Channel;
  readonly port: number;
}

async function rig(onEngage: (wire: ServerWire) => void, dialect: Dialect = 'head'): Promise<Rig> {
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
  undo.push(() => {
    channel.close();
    server.forceClose();
  });
  await untilReady(channel, true);
  return { server, channel, port };
}

/** The one place that polls: readiness is a value and tells nobody when it changes. */
async function untilReady(channel: Channel, ready: boolean): Promise<void> {
  while (channel.ready !== ready) await new Promise((resolve) => setImmediate(resolve));
}

function opened(channel: Channel, remainingUs = 10 * SECOND_US): [ClientWire, Told<RunnerMessage>] {
  const wire = channel.wire();
  const events = told<RunnerMessage>();
  wire.open({ fn_request_id: 'r1', 'windtunnel-attempt': '1' }, remainingUs, events);
  return [wire, events];
}

/** Answers one try with metadata, a head, a piece of body and a verdict. */
function answering(wire: ServerWire): void {
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

describe('a call over gRPC', () => {
  it.each<Dialect>(['head', 's'])('goes there and back in dialect %s', async (dialect) => {
    const { channel } = await rig(answering, dialect);
    const [wire, events] = opened(channel);
    expect(wire.send(TRY)).toBe(true);
    wire.send({ kind: 'data', bytes: new Uint8Array([1, 2]), eof: true });
    expect(events.metadata.length + events.messages.length + events.ends.length).toBe(0);
    await events.until(() => events.ends.length > 0);
    expect(events.metadata[0]?.['windtunnel-nack-reason']).toBe('size');
    expect(events.messages).toEqual([
      { kind: 'start', status: 201, headers: [['A', 'b']] },
      { kind: 'data', bytes: new Uint8Array([1, 2]) },
      OK,
    ]);
    expect(events.ends).toEqual([{ kind: 'status', code: 0, message: 'OK' }]);
  });

  it('carries metadata, and the deadline as a header that the runner can read', async () => {
    const wires: ServerWire[] = [];
    const { channel } = await rig((wire) => {
      wires.push(wire);
      wire.listen(told());
      wire.finish(0, '');
    });
    const [, events] = opened(channel, 30 * SECOND_US);
    await events.until(() => events.ends.length > 0);
    expect(wires[0]?.metadata).toMatchObject({ fn_request_id: 'r1', 'windtunnel-attempt': '1' });
    expect(wires[0]?.metadata).not.toHaveProperty('grpc-timeout');
    expect(wires[0]?.remainingUs).toBeLessThanOrEqual(30 * SECOND_US);
    expect(wires[0]?.remainingUs).toBeGreaterThan(29 * SECOND_US);
  });

  it.each([
    [503, 'Timed out - server too busy'],
    [2, 'Protocol failure: expected ClientMsg_Try'],
    [4, 'ü and a lone \ud800'],
  ])('may end with status %d before any message', async (code, message) => {
    const { channel } = await rig((wire) => {
      wire.listen(told());
      wire.finish(code, message);
    });
    const [, events] = opened(channel);
    await events.until(() => events.ends.length > 0);
    const text = message.replace('\ud800', '\ufffd');
    expect(events.ends).toEqual([{ kind: 'status', code, message: text }]);
  });

  it('that outlives its deadline is ended by the server library with status 4', async () => {
    const server = told<ClientMessage>();
    const { channel } = await rig((wire) => wire.listen(server));
    const [, events] = opened(channel, 20_000);
    await events.until(() => events.ends.length > 0);
    expect(events.ends).toEqual([{ kind: 'status', code: 4, message: 'Deadline exceeded' }]);
    await server.until(() => server.ends.length > 0);
    expect(server.ends[0]?.kind).toBe('lost');
  });

  it('tells the runner of a half-close or an empty message as unknown', async () => {
    const server = told<ClientMessage>();
    const { channel } = await rig((wire) => wire.listen(server));
    const [wire] = opened(channel);
    wire.send({ kind: 'unknown' });
    await server.until(() => server.messages.length > 0);
    expect(server.messages).toEqual([{ kind: 'unknown' }]);
  });

  it('asks for the status', async () => {
    const { channel } = await rig(answering);
    const answer = await new Promise((resolve) => channel.status(SECOND_US, resolve));
    expect(answer).toEqual({ active: 2, requestsReceived: 5, requestsHandled: 3 });
  });
});

describe('a runner that is not there', () => {
  it('is not ready, refuses a wire, and gives a status error', async () => {
    const port = await freePort();
    const channel = createGrpcChannel(`127.0.0.1:${port}`);
    undo.push(() => channel.close());
    const [wire, events] = opened(channel);
    expect(wire.send(TRY)).toBe(false);
    expect(events.ends).toEqual([]);
    await events.until(() => events.ends.length > 0);
    expect(events.ends).toEqual([{ kind: 'refused', cause: `127.0.0.1:${port} is not connected` }]);
    const answer = await new Promise((resolve) => channel.status(SECOND_US, resolve));
    expect(answer).toMatch(/^14: /);
    expect(channel.ready).toBe(false);
  });

  it('is found when it comes, and again when it comes back', async () => {
    const { server, port, channel } = await rig(answering);
    server.forceClose();
    await untilReady(channel, false);
    const again = createGrpcServer({
      onEngage: answering,
      status: () => ({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
      dialect: 'head',
      limits: defaultGrpcServerLimits,
    });
    undo.push(() => again.forceClose());
    again.listen(`127.0.0.1:${port}`, () => {});
    await untilReady(channel, true);
  });

  it('is refused after close, and open wires are lost', async () => {
    const server = told<ClientMessage>();
    const { channel } = await rig((wire) => wire.listen(server));
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await server.until(() => server.messages.length > 0);
    channel.close();
    await events.until(() => events.ends.length > 0);
    expect(events.ends[0]?.kind).toBe('lost');
    const [, late] = opened(channel);
    await late.until(() => late.ends.length > 0);
    expect(late.ends[0]?.kind).toBe('refused');
    const answer = await new Promise((resolve) => channel.status(SECOND_US, resolve));
    expect(answer).toMatch(/is closed$/);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
