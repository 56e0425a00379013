/** What a runner has turned away unread may go elsewhere; what it has begun to answer may not. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { expect, it } from 'vitest';
import { METHODS } from '../codec.js';
import { bare, HEAD, opened, roundTrip, TRY } from './grpc.test.rig.js';

const REFUSED = constants.NGHTTP2_REFUSED_STREAM;

it.each<[string, (stream: ServerHttp2Stream) => void]>([
  ['RST_STREAM with REFUSED_STREAM', (stream) => stream.close(REFUSED)],
  ['a GOAWAY that leaves it out', (stream) => stream.session?.goaway(0, (stream.id ?? 0) - 2)],
])('a stream that ends by %s was turned away', async (_how, refuse) => {
  const channel = await bare((stream, path) => {
    // A stream before it: there is no GOAWAY that leaves out the very first one in Node.
    if (path === METHODS.status) return stream.close(REFUSED);
    refuse(stream);
  });
  await roundTrip(channel).catch(() => undefined);
  const [wire, events] = opened(channel);
  wire.send(TRY);
  await events.until(() => events.ends.length > 0);
  const cause = '14: Stream refused by server';
  expect(events.ends).toEqual([{ kind: 'refused', cause, byPeer: true }]);
});

it('by REFUSED_STREAM behind the head of an answer it is lost: somebody has read it', async () => {
  const channel = await bare((stream) => {
    stream.respond(HEAD);
    setImmediate(() => stream.close(REFUSED));
  });
  const [wire, events] = opened(channel);
  wire.send(TRY);
  await events.until(() => events.ends.length > 0);
  expect(events.ends).toEqual([{ kind: 'lost', cause: '14: Stream refused by server' }]);
});

it('a status of a gRPC peer that says the same words is no refusal', async () => {
  const channel = await bare((stream) => {
    const status = { 'grpc-status': '14', 'grpc-message': 'Stream refused by server' };
    stream.respond({ ...HEAD, ...status }, { endStream: true });
  });
  const [wire, events] = opened(channel);
  wire.send(TRY);
  await events.until(() => events.ends.length > 0);
  expect(events.ends).toEqual([{ kind: 'lost', cause: '14: Stream refused by server' }]);
});
