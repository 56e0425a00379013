/** Laws of the client half: refused, or maybe executed? One row each of the table that decides. */
import { describe, expect, it } from 'vitest';
import { pattern } from '../test/conformance/bytes.js';
import { joined, text, utf8 } from '../test/support/calls.js';
import { engaging, failed, finished, type Engaging } from '../test/support/engaging.js';
import { SECOND, advance, drain } from '../test/support/virtual.js';
import { MAX_DATA_CHUNK } from './frames.js';
import { META, type RunnerMessage, type WireEnd } from './wire.js';

const START: RunnerMessage = { kind: 'start', status: 201, headers: [['X-A', '1']] };
const data = (content: string): RunnerMessage => ({ kind: 'data', bytes: utf8(content) });
const UNKNOWN: RunnerMessage = { kind: 'unknown' };
const status = (code: number): WireEnd => ({ kind: 'status', code, message: '' });
const LOST: WireEnd = { kind: 'lost', cause: 'reset' };
const REFUSED: WireEnd = { kind: 'refused', cause: 'no connection' };

/** What came out, in words. */
const outcome = (e: Engaging): string => {
  const words = e.events.map((event) => {
    if (event.kind === 'nack') return `nack ${event.reason}`;
    if (event.kind === 'start') return `start ${event.status}`;
    if (event.kind === 'data') return `data ${text(event.bytes)}`;
    return event.success ? 'ok' : `failed ${event.code}`;
  });
  if (e.error !== undefined) words.push(e.error.code);
  if (e.completed) words.push('.');
  return words.join(' ');
};
const play = (e: Engaging, script: readonly (RunnerMessage | WireEnd)[]): void => {
  for (const each of script) {
    if (each.kind === 'status' || each.kind === 'refused' || each.kind === 'lost') {
      e.wire.peerEnds(each);
    } else e.wire.peer(each);
  }
};

describe('a runner that answers', () => {
  it.each<[string, (RunnerMessage | WireEnd)[], string]>([
    ['no stream', [REFUSED], 'nack unreachable .'],
    ['a stream turned away unread', [{ ...REFUSED, byPeer: true }], 'nack busy .'],
    ['503 as its first word', [failed(503)], 'nack busy .'],
    ['503 after start', [START, failed(503)], 'start 201 failed 503 .'],
    ['503 after data alone', [data('x'), failed(503)], 'start 200 data x failed 503 .'],
    ['status 503 before any message', [status(503)], 'nack busy .'],
    ['status 503 behind what cannot be read', [UNKNOWN, status(503)], 'nack busy .'],
    ['status 503 after start', [START, status(503)], 'start 201 broken'],
    ['OK without a verdict', [status(0)], 'broken'],
    ['OK after data', [START, data('x'), status(0)], 'start 201 data x broken'],
    ['UNKNOWN', [status(2)], 'broken'],
    ['UNAVAILABLE', [status(14)], 'broken'],
    ['DEADLINE_EXCEEDED', [status(4)], 'expired'],
    ['DEADLINE_EXCEEDED after start', [START, status(4)], 'start 201 expired'],
    ['nothing and is lost', [LOST], 'broken'],
    ['something and is lost', [START, LOST], 'start 201 broken'],
    ['another failure', [failed(500)], 'failed 500 .'],
    ['a failure without a code', [failed(0)], 'failed 0 .'],
    ['a success', [START, data('x'), finished(), status(0)], 'start 201 data x ok .'],
    ['a success without a head', [finished()], 'start 200 ok .'],
    ['data without a head', [data('x'), finished()], 'start 200 data x ok .'],
    ['an empty data frame first', [{ kind: 'data', bytes: utf8('') }, failed(503)], 'nack busy .'],
    ['two heads', [START, { ...START, status: 500 }, finished()], 'start 201 ok .'],
    ['a status of 0', [{ ...START, status: 0 }, finished()], 'start 200 ok .'],
    ['what cannot be read', [UNKNOWN, START, UNKNOWN, finished()], 'start 201 ok .'],
    ['more after its verdict', [START, finished(), data('y'), failed(500), LOST], 'start 201 ok .'],
    ['a bad end after success', [START, finished(), status(13)], 'start 201 ok .'],
  ])('%s', (_name, script, expected) => {
    const e = engaging();
    play(e, script);
    expect(outcome(e)).toBe(expected);
    drain(e.clock);
    expect([e.clock.pending, e.abandoned]).toEqual([0, 0]);
  });

  it('nothing, and is lost at the deadline, has expired', () => {
    const e = engaging({ timeoutMs: 1000 });
    advance(e.clock, SECOND - 1);
    const early = engaging({ timeoutMs: 1000 });
    early.wire.peerEnds(LOST);
    advance(e.clock, 1);
    e.wire.peerEnds(LOST);
    expect([outcome(early), outcome(e)]).toEqual(['broken', 'expired']);
  });

  it.each([
    [{ [META.nackReason]: 'size' }, { reason: 'size' }],
    [
      { [META.nackReason]: 'draining', [META.retryAfterMs]: '1.5' },
      { reason: 'draining', retryAfterUs: 1500 },
    ],
    [{ [META.retryAfterMs]: '20' }, { reason: 'busy', retryAfterUs: 20_000 }],
    [{ [META.nackReason]: 'unreachable' }, { reason: 'busy' }],
    [{ [META.nackReason]: 'nonsense', [META.retryAfterMs]: 'soon' }, { reason: 'busy' }],
    [{ [META.retryAfterMs]: '-5' }, { reason: 'busy' }],
    [{ [META.retryAfterMs]: 'Infinity' }, { reason: 'busy' }],
    [{}, { reason: 'busy' }],
  ])('a NACK says why in its metadata: %j', (metadata, said) => {
    const e = engaging();
    e.wire.peerMetadata(metadata);
    e.wire.peer(failed(503));
    expect(e.events).toEqual([{ kind: 'nack', ...said }]);
  });

  it('its verdict in full', () => {
    const e = engaging();
    e.wire.peer({ ...failed(418, 'teapot'), errorUser: true });
    const verdict = { kind: 'finished', success: false, code: 418, message: 'teapot' };
    expect(e.events).toEqual([{ ...verdict, userError: true, schedulerUs: 1, executionUs: 2999 }]);
  });
});

describe('the offer', () => {
  it('says who, which attempt, and how long there is', () => {
    const e = engaging({ timeoutMs: 5000 });
    expect(e.wire.opened).toEqual({
      metadata: { 'windtunnel-attempt': '3' },
      remainingUs: 5 * SECOND,
    });
    expect(e.wire.sent[0]).toMatchObject({ kind: 'try', slotHashId: '', extensions: {} });
  });

  it('says of which span it is, but cannot be made to say another attempt by that', () => {
    const traceparent = ['traceparent', '00-0-0-01'] as const;
    const e = engaging({ trace: [traceparent, ['windtunnel-attempt', '9']] });
    expect(e.wire.opened?.metadata).toEqual({
      traceparent: '00-0-0-01',
      'windtunnel-attempt': '3',
    });
  });

  it('sends the body in frames, the last with eof, and says when all is handed over', () => {
    const big = new Uint8Array(MAX_DATA_CHUNK + 1).fill(7);
    const e = engaging({ body: [utf8('ab'), big] });
    const frames = e.wire.sent
      .slice(1)
      .map((m) => (m.kind === 'data' ? [m.bytes.length, m.eof] : []));
    expect(frames).toEqual([
      [2, false],
      [MAX_DATA_CHUNK, false],
      [1, true],
    ]);
    e.call.body.committed();
    expect(e.call.body.chunks).toEqual([]);
  });

  it('of an empty body is one empty frame with eof', () => {
    const e = engaging({ body: [] });
    expect(e.wire.sent.slice(1)).toEqual([{ kind: 'data', bytes: utf8(''), eof: true }]);
  });

  it('waits for room: after the call, and after each frame', () => {
    // Of a size that the cache keeps apart.
    const frames = ['a', 'b', 'c'].map((letter) => utf8(letter.repeat(3000)));
    const e = engaging({ body: frames, window: 1 });
    expect(e.wire.sent.length).toBe(1);
    e.wire.drain(2);
    expect(e.wire.sent.length).toBe(3);
    e.call.body.committed();
    expect([...e.call.body.chunks].length).toBe(3);
    e.wire.drain(5);
    const sent = e.wire.sent.flatMap((m) => (m.kind === 'data' ? [m.bytes] : []));
    expect(joined(sent)).toEqual(joined(frames));
    expect(e.call.body.chunks).toEqual([]);
    e.wire.drain(5);
    expect(e.wire.sent.length).toBe(4);
  });

  it.each<[string, (e: Engaging) => void]>([
    ['its verdict', (e) => e.wire.peer(failed(500))],
    ['the stream is over', (e) => e.wire.peerEnds(LOST)],
    ['nobody waits for the answer', (e) => e.leave()],
  ])('sends no more body once there is %s', (_name, end) => {
    const e = engaging({ body: [utf8('a'), utf8('b')], window: 1 });
    end(e);
    e.wire.drain(9);
    expect(e.wire.sent.length).toBe(1);
  });
});

describe('an engagement that is let go of', () => {
  it('before its verdict resets the stream at once, and hears nothing more', () => {
    const e = engaging();
    e.wire.peer(START);
    e.leave();
    expect([e.wire.cancels, e.clock.pending]).toEqual([1, 0]);
  });

  it('with its verdict gives the stream a second to end', () => {
    const e = engaging();
    e.wire.peer(finished());
    advance(e.clock, SECOND - 1);
    expect(e.wire.cancels).toBe(0);
    advance(e.clock, 1);
    expect(e.wire.cancels).toBe(1);
  });

  it('with its verdict and its end resets nothing', () => {
    const e = engaging();
    play(e, [finished(), status(0)]);
    drain(e.clock);
    expect(e.wire.cancels).toBe(0);
  });

  it('after its end resets nothing', () => {
    const e = engaging();
    e.wire.peerEnds(LOST);
    e.leave();
    expect(e.wire.cancels).toBe(0);
  });

  it('above the pace is abandoned: read on, thrown away, and counted until its end', () => {
    const e = engaging({ mayCancel: () => false });
    e.call.valve.set(false);
    expect(e.wire.paused).toBe(true);
    e.leave();
    expect([e.wire.cancels, e.abandoned, e.wire.paused]).toEqual([0, 1, false]);
    e.call.valve.set(true);
    e.call.valve.set(false);
    expect(e.wire.paused).toBe(false);
    play(e, [START, finished()]);
    expect([e.events, e.abandoned]).toEqual([[], 1]);
    e.wire.peerEnds(status(0));
    expect(e.abandoned).toBe(0);
  });

  it('above the pace is told by a message, once, whether there is room or not', () => {
    for (const window of [2, 0]) {
      const e = engaging({ mayCancel: () => false, body: [pattern(MAX_DATA_CHUNK)], window });
      e.leave();
      e.wire.drain(9);
      expect(e.wire.sent.map(({ kind }) => kind).at(-1)).toBe('cancel');
      expect(e.wire.sent.filter(({ kind }) => kind === 'cancel')).toHaveLength(1);
    }
  });

  it('above the pace says nothing behind a verdict, where nothing runs', () => {
    const e = engaging({ mayCancel: () => false });
    e.wire.peer(finished());
    advance(e.clock, SECOND);
    expect(e.wire.sent.map(({ kind }) => kind)).not.toContain('cancel');
  });

  it('above the pace is abandoned after its second too', () => {
    const e = engaging({ mayCancel: () => false });
    e.wire.peer(finished());
    advance(e.clock, SECOND);
    expect([e.wire.cancels, e.abandoned]).toEqual([0, 1]);
    e.wire.peerEnds(LOST);
    expect(e.abandoned).toBe(0);
  });
});

describe('back-pressure', () => {
  it('pauses and resumes the wire with the valve', () => {
    const e = engaging();
    e.call.valve.set(false);
    play(e, [START, status(0)]);
    expect(outcome(e)).toBe('');
    e.call.valve.set(true);
    expect(outcome(e)).toBe('start 201 broken');
  });

  it('pauses nothing after the verdict, whose stream has yet to end', () => {
    const e = engaging();
    e.call.valve.set(false);
    e.call.valve.set(true);
    play(e, [START, finished()]);
    e.call.valve.set(false);
    expect(e.wire.paused).toBe(false);
  });
});
