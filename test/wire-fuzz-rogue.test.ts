/**
 * Bad input for the load balancer: whatever a runner answers, below gRPC and above it, the call
 * ends as specified, the balancer never falls, holds nothing, and places the next call on the same
 * connection.
 */
import { request, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeRunnerMessage } from '../proto/codec.js';
import type { RunnerMessage } from '../proto/wire.js';
import { realPatience, turn } from './conformance/law.js';
import { OK, START, failed, piece } from './conformance/wire-rig.js';
import { utf8 } from './support/calls.js';
import { answerOf, type Answer } from './support/edge.js';
import { createRogueHouse, framed, sends, type Rogue, type RogueHouse } from './support/rogue.js';

const { until } = realPatience(turn);

let house: RogueHouse;
beforeAll(async () => {
  house = await createRogueHouse();
});
afterAll(() => house.close());

const bytesOf = (message: RunnerMessage): Uint8Array => encodeRunnerMessage(message, 'head');
const all = (...messages: readonly (RunnerMessage | Uint8Array)[]): Buffer =>
  Buffer.concat(messages.map((one) => framed(one instanceof Uint8Array ? one : bytesOf(one))));
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const VALUE = piece(utf8('pong'));

/** One call through the edge. Status 0: the connection broke before there was a head. */
function call(fn = 'hello'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = house;
    const path = `/invoke/${fn}`;
    const asking = request({ host: '127.0.0.1', port, method: 'POST', path, agent: false });
    asking.on('error', reject);
    asking.on('response', (came: IncomingMessage) => void answerOf(came).then(resolve));
    asking.end('ping');
  });
}

async function against(rogue: Rogue): Promise<Answer> {
  house.plays(rogue);
  return call();
}

/** The next call is answered well, on the connection of before, and nothing is held. */
async function stillGood(): Promise<void> {
  const answer = await against(sends(all(START, VALUE, OK)));
  expect([answer.status, answer.body, answer.aborted]).toEqual([201, 'pong', false]);
  expect(house.connections).toBe(1);
  expect(house.balancer.held).toMatchObject({ calls: 0, bodyBytes: 0, responseBytes: 0 });
}

const lastEnd = (): unknown => house.probed.filter(({ kind }) => kind === 'end').at(-1);

describe('an answer that cannot be read', () => {
  const LARGE = 4 * 1024 * 1024 + 1;
  it.each<[string, Rogue]>([
    ['garbage', sends(framed(hex('1aff')))],
    ['garbage after start', sends(Buffer.concat([all(START), framed(hex('12ff'))]))],
    ['a oneof of another time, and no verdict', sends(all(hex('7a03010203')))],
    ['nothing but empty messages', sends(all(hex(''), hex(''), hex('')))],
    ['no message', sends(hex(''))],
    ['a start alone', sends(all(START))],
    ['data first, in neither dialect', sends(all(VALUE, OK))],
    ['a message that is too large', sends(framed(new Uint8Array(LARGE)))],
    ['a length that is never reached', sends(Buffer.from('00000000ff01', 'hex'))],
    ['half of a prefix', sends(Buffer.from('0000', 'hex'))],
    ['a length of 4 GiB', sends(Buffer.from('00ffffffff0102', 'hex'))],
    ['a compressed message that is none', sends(framed(bytesOf(OK), 1))],
    ['a status that is no number', sends(hex(''), { 'grpc-status': 'fine' })],
    [
      'a status text with a broken escape',
      sends(hex(''), { 'grpc-status': '2', 'grpc-message': '%' }),
    ],
    ['an HTTP error', sends(utf8('<html>'), {}, { ':status': 500, 'content-type': 'text/html' })],
    ['a page', sends(utf8('<html>'), {}, { ':status': 200, 'content-type': 'text/html' })],
    ['trailers alone', sends(hex(''), { 'grpc-status': '13', 'grpc-message': 'no' })],
    ['a reset', (stream) => stream.close(2)],
  ])('%s: 502, and nobody else is asked', async (_name, rogue) => {
    const answer = await against(rogue);
    expect([answer.status, answer.aborted]).toEqual([502, false]);
    expect(lastEnd()).toMatchObject({ outcome: 'failed', code: 'broken', attempts: 1 });
    await stillGood();
  });

  it('a stream refused unread was not executed: the call is placed again', async () => {
    const answers = [(stream) => stream.close(7), sends(all(START, VALUE, OK))] as Rogue[];
    const answer = await against((stream) => answers.shift()?.(stream));
    expect([answer.status, answer.body]).toEqual([201, 'pong']);
    expect(lastEnd()).toMatchObject({ outcome: 'ok', attempts: 2 });
    await stillGood();
  });

  it.each<[string, Rogue]>([
    ['an end without a status', sends(hex(''), {})],
    ['HTTP 503, which is no status of ours', sends(hex(''), {}, { ':status': 503 })],
    ['silence', () => undefined],
    ['headers and silence', (stream) => stream.respond({ ':status': 200 })],
  ])('%s lasts until the deadline, and no longer', async (_name, rogue) => {
    house.plays(rogue);
    const answer = await call('brief');
    expect([answer.status, answer.aborted]).toEqual([504, false]);
    expect(lastEnd()).toMatchObject({ outcome: 'expired', attempts: 1 });
    await stillGood();
  });

  it('after the client has its head is cut, never ended', async () => {
    const type: RunnerMessage = {
      ...(START as object),
      headers: [['Content-Type', 'a/b']],
    } as never;
    const big = piece(new Uint8Array(20_000));
    const pieces = Buffer.concat([all(type, big, big), framed(hex('12ff'))]);
    const answer = await against(sends(pieces));
    expect([answer.status, answer.aborted]).toEqual([201, true]);
    await stillGood();
  });
});

describe('an answer that is odd', () => {
  it.each<[string, Rogue, number, string]>([
    ['a oneof of another time before it', sends(all(hex('7a00'), START, VALUE, OK)), 201, 'pong'],
    [
      'fields of another time',
      sends(all(hex('0a0ea2060b08c80112060a014b1201567a00'), OK)),
      200,
      '',
    ],
    ['anything behind its verdict', sends(all(START, VALUE, OK, VALUE, hex('1aff'))), 201, 'pong'],
    [
      'a status after its verdict',
      sends(all(START, VALUE, OK), { 'grpc-status': '13' }),
      201,
      'pong',
    ],
    ['a failure without text', sends(all(failed(418, ''))), 418, ''],
    ['a failure with a line break', sends(all(failed(418, 'a\r\nX-B: c'))), 418, ''],
    ['a failure with a code beyond', sends(all(failed(2 ** 31 - 1, 'x'))), 502, ''],
    ['a failure with a code below', sends(all(failed(-503, 'x'))), 502, ''],
    ...[0, -1, 100, 101, 103, 199, 600, 99_999].map((status): [string, Rogue, number, string] => [
      `the status ${status}`,
      sends(all({ kind: 'start', status, headers: [] }, VALUE, OK)),
      status <= 0 ? 200 : 502,
      status <= 0 ? 'pong' : '{"message":"invalid function response"}\n',
    ]),
  ])('%s', async (_name, rogue, status, body) => {
    const answer = await against(rogue);
    expect([answer.status, answer.aborted]).toEqual([status, false]);
    if (body !== '') expect(answer.body).toBe(body);
    await stillGood();
  });

  it('with headers that are none: they are dropped, the others kept', async () => {
    const headers = [
      ['X-Good', 'yes'],
      ['X-Crlf', 'a\r\nX-Split: 1'],
      ['X-Lf', 'a\nb'],
      ['X-Nul', 'a\0b'],
      ['X-Name\r\nX-Split', '1'],
      ['X Space', '1'],
      ['', 'nameless'],
      [':status', '500'],
      [':path', '/'],
      ['X-Ünïcode', '1'],
      ['X-Wide', 'snow ☃'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'X-Hop, close'],
      ['X-Hop', '1'],
      ['Content-Length', '-1'],
      ['__proto__', 'kept'],
      ['X-Good', 'twice'],
    ] as const;
    const answer = await against(sends(all({ kind: 'start', status: 200, headers }, VALUE, OK)));
    expect([answer.status, answer.body, answer.aborted]).toEqual([200, 'pong', false]);
    const names = answer.raw.filter((_, index) => index % 2 === 0);
    const ours = ['content-type', 'content-length', 'fn-call-id', 'date', 'connection'];
    const theirs = names.filter((name) => !ours.includes(name.toLowerCase()));
    expect(theirs).toEqual(['X-Good', '__proto__', 'X-Good']);
    await stillGood();
  });

  it('with more headers than a client would read harms that client alone', async () => {
    const headers = Array.from({ length: 5000 }, (_, index) => [`X-${index}`, 'x'] as const);
    house.plays(sends(all({ kind: 'start', status: 200, headers }, VALUE, OK)));
    await call().catch((error: unknown) => error);
    await until(() => house.balancer.held.calls === 0);
    await stillGood();
  });
});

/** Answers at random: good messages, some of them with a byte changed, and bytes that are none. */
const good = fc.constantFrom(START, VALUE, OK, failed(503, 'busy'), failed(418, 'x')).map(bytesOf);
const changed = fc.tuple(good, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
  const bytes = Uint8Array.from(message);
  bytes[at % bytes.length] = byte;
  return bytes;
});
const chunk = fc.oneof(
  { weight: 4, arbitrary: good.map((message) => framed(message)) },
  { weight: 3, arbitrary: changed.map((message) => framed(message)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => framed(bytes)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
);
const ending = fc.constantFrom('0', '2', '4', '8', '13', '14', '503', '-1', '1e9', '', 'reset');

/** Kept: an answer in the other dialect, a verdict behind garbage, a NACK cut in two. */
const KEPT: [Buffer[], string][] = [
  [[framed(hex('220708011203696431'))], '0'],
  [[framed(hex('ffff')), framed(bytesOf(OK))], '0'],
  [[framed(bytesOf(failed(503, 'busy'))).subarray(0, 9)], '503'],
];

it('whatever is answered, every call ends and nothing is held', { timeout: 60_000 }, async () => {
  const holds = async (chunks: Buffer[], status: string): Promise<void> => {
    let asked = 0;
    house.plays((stream) => {
      asked += 1;
      // A NACK would be offered here again, until the search is given up.
      if (asked > 1) return sends(all(START, VALUE, OK))(stream);
      if (status !== 'reset')
        return sends(Buffer.concat(chunks), { 'grpc-status': status })(stream);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.write(Buffer.concat(chunks), () => stream.close(2));
    });
    const { status: got } = await call();
    expect(got).toBeGreaterThanOrEqual(200);
    await stillGood();
  };
  await fc.assert(fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), ending, holds), {
    numRuns: 150,
    examples: KEPT,
    seed: 20_260,
  });
});
