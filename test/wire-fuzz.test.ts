/**
 * Bad input for a real runner: whatever an LB sends, the runner answers as specified, never falls,
 * gives every slot back, and serves the next call on the same connection.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeClientMessage } from '../proto/codec.js';
import { pattern } from './conformance/bytes.js';
import { realPatience, turn } from './conformance/law.js';
import {
  BODY_MAX,
  createRawRig,
  raw,
  type Answer,
  type Raw,
  type RawRig,
} from './support/raw-client.js';

const SLOTS = 4;
const { until } = realPatience(turn);

let rig: RawRig;
beforeAll(async () => {
  rig = await createRawRig(SLOTS);
});
afterAll(() => rig.close());

/** A try of that JSON, by hand, since our own encoder writes no bad ones. */
function tryOf(json: string, more: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = field(1, Buffer.from(json));
  return field(1, Buffer.concat([text, more]));
}
function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  let left = bytes.length;
  for (; left > 127; left = Math.floor(left / 128)) length.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, left]), bytes]);
}
const callOf = (fields: object): string => JSON.stringify({ id: 'c1', fn_id: 'a', ...fields });
const GOOD = tryOf(callOf({}));
const frame = (bytes: Uint8Array, eof = false): Uint8Array =>
  encodeClientMessage({ kind: 'data', bytes, eof });
const EOF = frame(new Uint8Array(0), true);
const GARBAGE = raw('0aff');
const UNKNOWN_FIELD = raw('7203010203');
const LARGE = 4 * 1024 * 1024 + 1;

/** A call as it should be works on this connection, and nothing else holds a slot. */
async function stillGood(): Promise<void> {
  await until(() => rig.executor.active === 0);
  const all = Array.from({ length: SLOTS }, () => rig.open());
  for (const one of all) for (const bytes of [GOOD, frame(pattern(10)), EOF]) one.write(bytes);
  for (const answer of await Promise.all(all.map((one) => one.answer))) {
    expect(answer.messages.map(({ kind }) => kind)).toEqual(['start', 'data', 'finished']);
    expect(answer.code).toBe(0);
  }
  await until(() => rig.executor.active === 0);
}

type Sent = readonly (Uint8Array | 'half-close')[];

async function answerTo(
  sent: Sent,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const one = rig.open(metadata);
  for (const bytes of sent) {
    if (bytes === 'half-close') one.stream.end();
    else one.write(bytes);
  }
  return one.answer;
}

describe('a breach of the protocol ends with UNKNOWN', () => {
  const NO_TRY = 'Protocol failure: expected ClientMsg_Try';
  const NO_DATA = 'Protocol failure: expected ClientMsg_Data';
  it.each<[string, Sent, string]>([
    ['data first', [frame(pattern(3)), GOOD], NO_TRY],
    ['eof first', [EOF], NO_TRY],
    ['an empty message first', [new Uint8Array(0)], NO_TRY],
    ['a oneof of another time first', [UNKNOWN_FIELD], NO_TRY],
    ['a half-close first', ['half-close'], NO_TRY],
    ['a second try', [GOOD, GOOD], NO_DATA],
    ['a second try within the body', [GOOD, frame(pattern(3)), GOOD, EOF], NO_DATA],
    ['an empty message within the body', [GOOD, frame(pattern(3)), new Uint8Array(0)], NO_DATA],
    ['a oneof of another time within the body', [GOOD, UNKNOWN_FIELD, EOF], NO_DATA],
    ['a half-close before eof', [GOOD, frame(pattern(3)), 'half-close'], NO_DATA],
  ])('%s', async (_name, sent, text) => {
    expect(await answerTo(sent)).toEqual({ messages: [], code: 2, text });
    await stillGood();
  });
});

describe('what cannot be read breaks the stream, and only it', () => {
  it.each<[string, Sent, number, RegExp]>([
    ['garbage first', [GARBAGE], 13, /undecodable ClientMsg/],
    ['garbage within the body', [GOOD, frame(pattern(3)), GARBAGE], 13, /undecodable ClientMsg/],
    ['a try that is no message', [raw('0a0108')], 13, /undecodable ClientMsg/],
    ['text that is not UTF-8', [field(1, raw('0a02c328'))], 13, /undecodable ClientMsg/],
    ['a message that is too large', [new Uint8Array(LARGE)], 8, /larger than max/],
    ['a body frame that is too large', [GOOD, frame(pattern(LARGE))], 8, /larger than max/],
  ])('%s', async (_name, sent, code, text) => {
    const answer = await answerTo(sent);
    expect(answer).toMatchObject({ code, text: expect.stringMatching(text) as string });
    await stillGood();
  });
});

describe('a call that makes no sense is a verdict, not a breach', () => {
  const verdicts: [string, string, number][] = [
    ['no JSON', '', 0],
    ['bad JSON', '{"id":', 0],
    ['JSON that is a list', '[1]', 0],
    ['JSON that is a number', '7', 0],
    ['nested beyond reason', '['.repeat(100_000), 0],
    ['a field of the wrong type', callOf({ memory: 'much' }), 0],
    ['headers that are text', callOf({ headers: 'X: 1' }), 0],
    ['header values that are numbers', callOf({ headers: { A: [1] } }), 0],
    ['a method with a line break', callOf({ method: 'GET\r\nX: 1' }), 0],
    ['a URL with a NUL', callOf({ url: '/a\0b' }), 0],
    ['a function that is not here', callOf({ fn_id: '../a' }), 404],
    ['a function by the name of a prototype', callOf({ fn_id: '__proto__' }), 404],
    ['more memory than there is', callOf({ memory: 1e15 }), 400],
    ['memory below zero', callOf({ memory: -5 }), 400],
    ['memory without end', '{"id":"c1","fn_id":"a","memory":1e999}', 400],
  ];
  it.each(verdicts)('%s', async (_name, json, code) => {
    const { messages, code: status } = await answerTo([tryOf(json), EOF]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ kind: 'finished', success: false, errorCode: code });
    expect(status).toBe(0);
    await stillGood();
  });

  it('a slot hash that is not hex', async () => {
    const { messages } = await answerTo([tryOf(callOf({}), field(2, Buffer.from('no hex')))]);
    expect(messages[0]).toMatchObject({ kind: 'finished', success: false, errorCode: 0 });
    await stillGood();
  });

  it('a body beyond its limit is 413, exactly so much is not', async () => {
    const [half, rest] = [pattern(BODY_MAX / 2), pattern(BODY_MAX / 2)];
    const { messages } = await answerTo([GOOD, frame(half), frame(rest), frame(pattern(1)), EOF]);
    expect(messages.at(-1)).toMatchObject({ success: false, errorCode: 413 });
    const whole = await answerTo([GOOD, frame(half), frame(rest), EOF]);
    expect(whole.messages.at(-1)).toMatchObject({ success: true });
    await stillGood();
  });
});

describe('odd, but legal', () => {
  it.each<[string, Sent]>([
    ['frames behind eof', [GOOD, EOF, frame(pattern(5)), EOF, GOOD, new Uint8Array(0)]],
    ['a half-close behind eof', [GOOD, EOF, 'half-close']],
    ['a body of empty frames', [GOOD, ...Array.from({ length: 50 }, () => frame(pattern(0))), EOF]],
    ['a try with fields of another time', [Buffer.concat([GOOD, UNKNOWN_FIELD]), EOF]],
    [
      'a try with everything null',
      [tryOf(callOf({ headers: null, memory: null, url: null })), EOF],
    ],
    ['a timeout below zero', [tryOf(callOf({ timeout: -1 })), EOF]],
    ['a timeout without end', [tryOf('{"id":"c1","fn_id":"a","timeout":1e999}'), EOF]],
    ['keys of a prototype', [tryOf('{"fn_id":"a","config":{"__proto__":"1"}}'), EOF]],
    ['20 000 headers', [tryOf(callOf({ headers: manyHeaders(20_000) })), EOF]],
  ])('%s', async (_name, sent) => {
    const { messages, code } = await answerTo(sent);
    expect(messages.at(-1)).toMatchObject({ kind: 'finished', success: true });
    expect(code).toBe(0);
    await stillGood();
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['an attempt that is no number', { 'windtunnel-attempt': 'x' }],
    ['an attempt below zero', { 'windtunnel-attempt': '-1' }],
    ['an attempt without end', { 'windtunnel-attempt': '1e999' }],
    ['a long request id', { fn_request_id: 'x'.repeat(10_000) }],
    ['a deadline far away', { 'grpc-timeout': '99999999H' }],
  ])('%s', async (_name, metadata) => {
    const { messages } = await answerTo([GOOD, EOF], metadata);
    expect(messages.at(-1)).toMatchObject({ kind: 'finished', success: true });
    await stillGood();
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a deadline that has passed', { 'grpc-timeout': '0n' }],
    ['a deadline that cannot be read', { 'grpc-timeout': 'soon' }],
    ['a deadline below zero', { 'grpc-timeout': '-1S' }],
    ['300 entries of metadata', Object.fromEntries(manyNames(300).map((name) => [name, '1']))],
    ['metadata of 200 kB', { fn_request_id: 'x'.repeat(200_000) }],
  ])('%s is answered somehow, and harms nobody', async (_name, metadata) => {
    await answerTo([GOOD, EOF], metadata);
    await stillGood();
  });
});

function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `x-${index}`);
}
function manyHeaders(count: number): Record<string, string[]> {
  return Object.fromEntries(manyNames(count).map((name) => [name, ['1']]));
}

/** What a client may do with a stream, at random. */
type Step = Uint8Array | 'half-close' | 'cancel' | 'turn';
const mutated = fc
  .tuple(fc.constantFrom(GOOD, EOF, frame(pattern(40))), fc.nat(), fc.nat(255))
  .map(([message, at, byte]) => {
    const bytes = Uint8Array.from(message);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>(GOOD, EOF, frame(pattern(40))) },
  { weight: 3, arbitrary: mutated },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>('half-close', 'cancel', 'turn') },
);

/** Kept whatever the seed: a cancel before the stream is made, breaches, garbage behind a NACK. */
const KEPT: [Step[][]][] = [
  [[[GOOD, 'cancel']]],
  [
    [
      [GOOD, 'turn', 'cancel'],
      [GOOD, GOOD],
      ['half-close', 'turn', 'cancel'],
    ],
  ],
  [[[GOOD], [GOOD], [GOOD], [GOOD], [GOOD, EOF, GARBAGE]]],
];

async function act(one: Raw, steps: readonly Step[]): Promise<void> {
  for (const next of steps) {
    if (next === 'turn') await turn();
    else if (next === 'cancel') one.stream.cancel();
    else if (next === 'half-close') one.stream.end();
    else if (one.stream.writable) one.write(next);
  }
}

it(
  'whatever is sent, on however many streams, every slot comes back',
  { timeout: 60_000 },
  async () => {
    const streams = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
    const holds = async (scripts: Step[][]): Promise<void> => {
      const all = scripts.map(() => rig.open());
      await Promise.all(all.map((one, index) => act(one, scripts[index] ?? [])));
      // Some would stay open for ever: their client gives up.
      await turn();
      for (const { stream } of all) stream.cancel();
      await Promise.all(all.map(({ answer }) => answer));
      await stillGood();
    };
    await fc.assert(fc.asyncProperty(streams, holds), {
      numRuns: 100,
      examples: KEPT,
      seed: 20_260,
    });
  },
);
