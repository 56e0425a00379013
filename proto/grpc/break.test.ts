/**
 * Laws of the wire over real HTTP/2 when it breaks, stops or is held: what each way of breaking
 * looks like to either end, and that nothing is told that must not be.
 */
import { constants } from 'node:http2';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { encodeRunnerMessage, METHODS } from '../codec.js';
import type { Channel, ClientMessage, RunnerMessage, ServerWire } from '../wire.js';
import { same } from './bytes.js';
import { createGrpcChannel } from './channel.js';
import {
  after,
  answering,
  bare,
  HEAD,
  OK,
  opened,
  rig,
  roundTrip,
  SECOND_US,
  told,
  TRY,
  untilReady,
  type Rig,
  type Told,
} from './grpc.test.rig.js';

/** A rig whose runner only listens. */
async function silent(): Promise<Rig & { ends: Told<ClientMessage>; wires: ServerWire[] }> {
  const ends = told<ClientMessage>();
  const wires: ServerWire[] = [];
  const made = await rig((wire) => {
    wires.push(wire);
    wire.listen(ends);
  });
  return { ...made, ends, wires };
}

const data = (length: number, eof = false): ClientMessage => ({
  kind: 'data',
  bytes: new Uint8Array(length),
  eof,
});

/** Round trips on the same connection, until all that was to come on it has come. */
async function trips(channel: Channel): Promise<void> {
  for (let trip = 0; trip < 40; trip += 1) {
    await roundTrip(channel);
  }
}

const NACK: RunnerMessage = { ...OK, success: false, errorCode: 503, errorStr: 'busy' };

/**
 * A bare HTTP/2 peer that answers an engagement without reading it, as grpc-go does: headers, one
 * message, trailers, and RST_STREAM with NO_ERROR. It answers `status` only after it has done so.
 */
function gone(message: Uint8Array): Promise<Channel> {
  return bare((stream, path) => {
    if (path !== METHODS.engage) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    stream.respond(HEAD, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      stream.sendTrailers({ 'grpc-status': '0' });
      // In the same turn Node would reset before the trailers are out.
      setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
  });
}

describe('a stream that breaks', () => {
  it('with its connection is lost to both ends, though it had said nothing', async () => {
    const { server, channel, ends } = await silent();
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    server.forceClose();
    await events.until(() => events.ends.length > 0);
    expect(events.ends).toEqual([{ kind: 'lost', cause: '1: Call cancelled' }]);
    await ends.until(() => ends.ends.length > 0);
    expect(ends.ends[0]?.kind).toBe('lost');
    await untilReady(channel, false);
  });

  it('by RST_STREAM is lost, and only it: the connection lives', async () => {
    const { server, channel, ends } = await silent();
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    expect(server.resetStreams()).toBe(1);
    await events.until(() => events.ends.length > 0);
    const cause = '13: Received RST_STREAM with code 2 (Internal server error)';
    expect(events.ends).toEqual([{ kind: 'lost', cause }]);
    await ends.until(() => ends.ends.length > 0);
    expect(server.resetStreams()).toBe(0);
    expect(channel.ready).toBe(true);
    const answer = await roundTrip(channel);
    expect(answer).toMatchObject({ active: 2 });
  });

  it('by the runner canceling its wire is lost; the runner is told nothing more', async () => {
    const { channel, ends, wires } = await silent();
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    wires[0]?.cancel();
    wires[0]?.cancel();
    await events.until(() => events.ends.length > 0);
    expect(events.ends).toEqual([{ kind: 'lost', cause: '1: Call cancelled' }]);
    expect(wires[0]?.send(OK)).toBe(false);
    expect(ends.ends).toEqual([]);
  });

  it('by bytes that no codec reads is unreadable, until it is let go of', async () => {
    const raw = new Server();
    const path = METHODS.engage;
    const types = { path, requestStream: true, responseStream: true };
    const requests = { requestSerialize: same, requestDeserialize: same };
    const responses = { responseSerialize: same, responseDeserialize: same };
    raw.addService(
      { Engage: { ...types, ...requests, ...responses } },
      {
        Engage: (stream: ServerDuplexStream<Buffer, Buffer>) => {
          stream.on('error', () => {});
          stream.write(Buffer.from('1aff', 'hex'));
        },
      },
    );
    const port = await new Promise<number>((resolve) => {
      const insecure = ServerCredentials.createInsecure();
      raw.bindAsync('127.0.0.1:0', insecure, (_error, bound) => resolve(bound));
    });
    const channel = createGrpcChannel(`127.0.0.1:${port}`);
    after(() => {
      channel.close();
      raw.forceShutdown();
    });
    await untilReady(channel, true);
    const [wire, events] = opened(channel);
    await events.until(() => events.messages.length > 0);
    const cause = expect.stringMatching(/^undecodable RunnerMsg: /) as string;
    expect([events.messages, events.ends]).toEqual([[{ kind: 'unreadable', cause }], []]);
    wire.cancel();
  });
});

describe('a cancel', () => {
  it('reaches the runner, and the load balancer is told nothing more', async () => {
    const { channel, ends } = await silent();
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    wire.cancel();
    wire.cancel();
    expect(wire.send(data(1))).toBe(false);
    await ends.until(() => ends.ends.length > 0);
    expect(ends.ends[0]?.kind).toBe('lost');
    // A round trip on the same connection: what was to come has come.
    await roundTrip(channel);
    expect([events.messages, events.ends]).toEqual([[], []]);
  });

  it('before the wire is open, or of a status, is quiet', async () => {
    const { channel } = await silent();
    const cancel = channel.status(SECOND_US, () => expect.unreachable());
    cancel();
    channel.wire().cancel();
    await roundTrip(channel);
  });

  it('reaches a runner that has paused its wire', async () => {
    const { channel, ends, wires } = await silent();
    const [wire] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    wires[0]?.pause();
    wire.cancel();
    await ends.until(() => ends.ends.length > 0);
  });
});

describe('a wire that is held', () => {
  const START: RunnerMessage = { kind: 'start', status: 200, headers: [] };
  const piece: RunnerMessage = { kind: 'data', bytes: new Uint8Array([7]) };

  /** Answers a try with `count` pieces and a verdict, and ends; tells when it has. */
  async function flooding(count: number): Promise<Rig> {
    return rig((wire) => {
      wire.listen(
        told<ClientMessage>((message) => {
          if (message.kind !== 'try') return;
          wire.send(START);
          for (let sent = 0; sent < count; sent += 1) wire.send(piece);
          wire.send(OK);
          wire.finish(0, '');
        }),
      );
    });
  }

  it('by pause is told neither messages nor the end until resume', async () => {
    const { channel } = await flooding(40);
    const [wire, events] = opened(channel);
    wire.pause();
    wire.send(TRY);
    await trips(channel);
    expect([events.messages, events.ends]).toEqual([[], []]);
    wire.resume();
    await events.until(() => events.messages.length >= 10);
    wire.pause();
    const seen = events.messages.length;
    await roundTrip(channel);
    expect(events.messages).toHaveLength(seen);
    wire.resume();
    await events.until(() => events.ends.length > 0);
    expect(events.messages).toHaveLength(42);
    expect(events.messages[41]).toEqual(OK);
  });

  it('while the peer has ended loses nothing when this end still writes', async () => {
    const { channel } = await flooding(40);
    const [wire, events] = opened(channel);
    wire.pause();
    wire.send(TRY);
    await trips(channel);
    wire.send(data(1));
    await trips(channel);
    wire.resume();
    await events.until(() => events.ends.length > 0);
    expect(events.messages).toHaveLength(42);
    expect(events.ends).toEqual([{ kind: 'status', code: 0, message: 'OK' }]);
  });

  it.each([false, true])(
    'is whole though the peer resets with NO_ERROR under an upload, as Go does (paused: %s)',
    async (paused) => {
      const channel = await gone(encodeRunnerMessage(NACK, 'head'));
      const [wire, events] = opened(channel);
      if (paused) wire.pause();
      wire.send(TRY);
      // More than the peer's window: the rest of the upload hangs when the reset comes.
      while (wire.send(data(10_240)));
      if (paused) await roundTrip(channel);
      wire.resume();
      await events.until(() => events.ends.length > 0);
      expect(events.messages).toEqual([NACK]);
      expect(events.ends).toEqual([{ kind: 'status', code: 0, message: '' }]);
    },
  );

  it('by a runner that does not read makes send say so, and drains when it reads', async () => {
    const { channel, ends, wires } = await silent();
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await ends.until(() => ends.messages.length > 0);
    wires[0]?.pause();
    let sent = 0;
    while (wire.send(data(10_240))) sent += 1;
    wires[0]?.resume();
    await events.until(() => events.drains > 0);
    await ends.until(() => ends.messages.length === sent + 2);
  });
});

it('2000 calls leave nothing behind', async () => {
  const { server, channel } = await rig(answering);
  let ends = 0;
  const oneByOne = async (): Promise<void> => {
    for (let calls = 0; calls < 40; calls += 1) {
      const [wire, events] = opened(channel);
      wire.send(TRY);
      wire.send(data(100, true));
      await events.until(() => events.ends.length > 0);
      if (events.messages.at(-1)?.kind === 'finished') ends += 1;
    }
  };
  await Promise.all(Array.from({ length: 50 }, oneByOne));
  expect(ends).toBe(2000);
  await roundTrip(channel);
  expect(server.resetStreams()).toBe(0);
  channel.close();
  await new Promise<void>((resolve) => server.close(1000, resolve));
});
