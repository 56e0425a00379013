/**
 * Laws of the wire over real HTTP/2 on the loopback: what travels there and back. How it breaks is
 * in break.test.ts. Every test waits for events; none sleeps.
 */
import { Client, credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { METHODS, type Dialect } from '../codec.js';
import type { ClientMessage, ServerWire } from '../wire.js';
import { same } from './bytes.js';
import { createGrpcChannel } from './channel.js';
import {
  after,
  answering,
  freePort,
  OK,
  opened,
  rig,
  roundTrip,
  SECOND_US,
  told,
  TRY,
  untilReady,
} from './grpc.test.rig.js';
import { createGrpcServer, defaultGrpcServerLimits } from './server.js';
import { grpcTimeout } from './timeout.js';

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

  it('tells the runner of an empty message, and of a half-close, as unknown', async () => {
    const server = told<ClientMessage>();
    const { channel, port } = await rig((wire) => wire.listen(server));
    const [wire] = opened(channel);
    wire.send({ kind: 'unknown' });
    await server.until(() => server.messages.length === 1);
    const raw = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    after(() => raw.close());
    const stream = raw.makeBidiStreamRequest(METHODS.engage, same, same);
    stream.on('error', () => {});
    stream.end();
    await server.until(() => server.messages.length === 2);
    expect(server.messages).toEqual([{ kind: 'unknown' }, { kind: 'unknown' }]);
  });

  it('asks for the status', async () => {
    const { channel } = await rig(answering);
    const answer = await roundTrip(channel);
    expect(answer).toEqual({ active: 2, requestsReceived: 5, requestsHandled: 3 });
  });
});

describe('a runner that is not there', () => {
  it('is not ready, refuses a wire, and gives a status error', async () => {
    const port = await freePort();
    const channel = createGrpcChannel(`127.0.0.1:${port}`);
    after(() => channel.close());
    const [wire, events] = opened(channel);
    expect(wire.send(TRY)).toBe(false);
    expect(events.ends).toEqual([]);
    await events.until(() => events.ends.length > 0);
    expect(events.ends).toEqual([{ kind: 'refused', cause: `127.0.0.1:${port} is not connected` }]);
    const answer = await roundTrip(channel);
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
    after(() => again.forceClose());
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
    const answer = await roundTrip(channel);
    expect(answer).toMatch(/is closed$/);
  });
});

it.each([
  [0, '1u'],
  [1.9, '1u'],
  [99_999_999, '99999999u'],
  [100_000_999, '100000m'],
  [99_999_999_999, '99999999m'],
  [100_000_000_000, '100000S'],
  [Number.MAX_SAFE_INTEGER, '2147483S'],
])('%d µs left are sent as %s', (us, header) => {
  expect(grpcTimeout(us)).toBe(header);
});
