/** Laws of the server half: what an LB may say, what a runner answers, and when it stops. */
import { NEVER, ignoreElements, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RunnerEvent } from '../core/runner.js';
import { text } from '../test/support/calls.js';
import { DONE, START, data, failure } from '../test/support/scripted-runner.js';
import { SECOND, MS, advance } from '../test/support/virtual.js';
import type { Offer } from './executor.js';
import { MAX_DATA_CHUNK } from './frames.js';
import { HALF_CLOSE, TRY, frame, serving, verdict } from './session.test.rig.js';
import { META, type ClientMessage } from './wire.js';

describe('what a NACK may not say', () => {
  const nack: RunnerEvent = { kind: 'nack', reason: 'busy' };

  it('"not executed" of a function that has begun, with or without output', () => {
    const silent = serving();
    silent.peer(TRY);
    silent.offers[0]?.begin();
    silent.says.next(nack);
    const heard = serving();
    heard.peer(TRY);
    heard.says.next(START);
    heard.says.next(nack);
    for (const session of [silent, heard]) {
      expect(verdict(session)).toBe('502 a NACK of a call that has begun');
      expect(session.wire.metadataSent).toEqual([]);
    }
  });
});

describe('what only a NACK may say', () => {
  it('an execution that ends with 503 says 502: the LB would offer it elsewhere', () => {
    const session = serving({ answer: () => of(failure(503, 'registry is down')) });
    session.peer(TRY);
    expect(verdict(session)).toBe('502 registry is down');
  });

  it.each([
    ['3', 3],
    ['x', 0],
    ['-1', 0],
    ['1e99', 0],
  ])('an attempt number %s reads as %i', (said, read) => {
    const session = serving({ wire: { metadata: { [META.attempt]: said } } });
    session.peer(TRY);
    expect(session.offers[0]?.attempt).toBe(read);
  });
});

describe('a breach of the protocol', () => {
  it.each<[string, ClientMessage[], string]>([
    ['data first', [frame('x')], 'Try'],
    ['a half-close first', [HALF_CLOSE], 'Try'],
    ['a second try', [TRY, TRY], 'Data'],
    ['a half-close before eof', [TRY, frame('x'), HALF_CLOSE], 'Data'],
  ])('is status 2 and no verdict: %s', (_name, messages, expected) => {
    const s = serving();
    s.peer(...messages, frame('ignored'));
    expect(s.wire.status).toEqual({
      code: 2,
      message: `Protocol failure: expected ClientMsg_${expected}`,
    });
    expect([s.wire.sent, s.says.observed, s.clock.pending]).toEqual([[], false, 0]);
  });

  it('is none behind eof: what comes there is ignored', () => {
    const s = serving();
    s.peer(TRY, frame('x', true), TRY, HALF_CLOSE, frame('y'));
    expect([s.wire.status, s.says.observed]).toEqual([undefined, true]);
  });

  it('is none where the call cannot be read: that is answered', () => {
    const s = serving();
    s.peer({ kind: 'unknown', callError: 'no JSON' });
    expect([verdict(s), s.wire.status?.code, s.offers]).toEqual(['0 no JSON', 0, []]);
  });
});

describe('a cancel that is a message', () => {
  it.each<[string, ClientMessage[]]>([
    ['within the body', [TRY, frame('x')]],
    ['behind the body', [TRY, frame('x', true)]],
  ])('stops the function, and leaves nothing: %s', (_name, before) => {
    const s = serving();
    s.peer(...before);
    s.says.next(START);
    s.peer({ kind: 'cancel' }, frame('ignored'), { kind: 'cancel' });
    expect(s.wire.status).toEqual({ code: 1, message: 'canceled' });
    expect(s.wire.sent.map(({ kind }) => kind)).toEqual(['start']);
    expect([s.says.observed, s.clock.pending]).toEqual([false, 0]);
  });

  it('of nothing ends the stream, and behind the verdict says nothing', () => {
    const none = serving();
    none.peer({ kind: 'cancel' });
    expect([none.wire.status?.code, none.offers, none.clock.pending]).toEqual([1, [], 0]);
    const done = serving({ answer: () => of(DONE) });
    done.peer(TRY, { kind: 'cancel' });
    expect([verdict(done), done.wire.status?.code]).toEqual(['ok', 0]);
  });
});

describe('an executor', () => {
  it('gets the offer as it came', () => {
    const s = serving({ wire: { metadata: { [META.attempt]: '4' } } });
    s.peer(TRY);
    expect(s.offers[0]).toMatchObject({ attempt: 4, slotHashId: 'c0', extensions: { a: 'b' } });
    expect(s.offers[0]?.model.id).toBe('call-1');
  });

  it('reads the body, whether it came before or after it began to', () => {
    const s = serving();
    s.peer(TRY, frame('a'), frame('b'));
    const read: string[] = [];
    s.offers[0]?.body.subscribe({
      next: (bytes) => read.push(text(bytes)),
      complete: () => read.push('.'),
    });
    s.peer(frame('c'), frame('', true));
    expect(read).toEqual(['a', 'b', 'c', '.']);
    const late: string[] = [];
    const t = serving();
    t.peer(TRY, frame('all', true));
    t.offers[0]?.body.subscribe({
      next: (bytes) => late.push(text(bytes)),
      complete: () => late.push('.'),
    });
    expect(late).toEqual(['all', '.']);
  });

  it('answers: head, frames of at most 10 KiB, verdict, status OK', () => {
    const s = serving();
    s.peer(TRY);
    s.says.next(START);
    s.says.next(data(new Uint8Array(MAX_DATA_CHUNK * 2 + 1)));
    s.says.next({ ...DONE, schedulerUs: 2, executionUs: 3 });
    expect(s.wire.sent.map((m) => (m.kind === 'data' ? m.bytes.length : m.kind))).toEqual([
      'start',
      MAX_DATA_CHUNK,
      MAX_DATA_CHUNK,
      1,
      'finished',
    ]);
    const last = {
      success: true,
      details: 'call-1',
      schedulerDuration: 2000,
      executionDuration: 3000,
    };
    expect(s.wire.sent.at(-1)).toMatchObject(last);
    expect([s.wire.status?.code, s.says.observed]).toEqual([0, false]);
  });

  it('sees its valve closed while the LB takes no more', () => {
    const s = serving({ wire: { window: 1 } });
    s.peer(TRY);
    s.says.next(START);
    s.says.next(data('x'));
    expect(s.offers[0]?.valve.open).toBe(false);
    s.wire.drain(5);
    expect(s.offers[0]?.valve.open).toBe(true);
  });

  it.each<[string, Observable<RunnerEvent>, string]>([
    [
      'NACKs',
      of({ kind: 'nack', reason: 'size', retryAfterUs: 2500 }),
      '503 Timed out - server too busy',
    ],
    ['fails', of(failure(418, 'teapot')), '418 teapot'],
    ['errs', throwError(() => new Error('bug')), '0 bug'],
    ['says nothing', of(), '0 the executor said nothing'],
    ['stops without a verdict', of(START), '0 the executor said nothing'],
  ])('that %s at once is answered and done with', (_name, answer, expected) => {
    const s = serving({ answer: () => answer, wire: { remainingUs: SECOND } });
    s.peer(TRY, frame('x', true));
    expect([verdict(s), s.wire.status?.code, s.clock.pending]).toEqual([expected, 0, 0]);
  });

  it('that NACKs says why in the metadata before its verdict', () => {
    const s = serving({ answer: () => of({ kind: 'nack', reason: 'size', retryAfterUs: 2500 }) });
    s.peer(TRY);
    expect(s.wire.metadataSent).toEqual([
      { [META.nackReason]: 'size', [META.retryAfterMs]: '2.5' },
    ]);
  });

  it('that throws ends the stream with an internal status', () => {
    const s = serving({
      answer: () => {
        throw new Error('bug');
      },
    });
    s.peer(TRY);
    expect(s.wire.status).toEqual({ code: 13, message: 'bug' });
  });
});

describe('the end', () => {
  it('comes 20 ms before the deadline, as a verdict that still arrives', () => {
    const s = serving({ wire: { remainingUs: SECOND } });
    s.peer(TRY);
    advance(s.clock, SECOND - 20 * MS - 1);
    expect(s.says.observed).toBe(true);
    advance(s.clock, 1);
    expect([verdict(s), s.wire.status?.code, s.says.observed]).toEqual(['504 Timed out', 0, false]);
  });

  it('comes at once where less than that is left', () => {
    const s = serving({ wire: { remainingUs: 5 * MS } });
    s.peer(TRY);
    advance(s.clock, 0);
    expect(verdict(s)).toBe('504 Timed out');
  });

  it('never comes by itself where there is no deadline', () => {
    const s = serving();
    s.peer(TRY);
    expect(s.clock.pending).toBe(0);
  });

  it('is 413 for a body one byte above the limit, whether it is read or not', () => {
    for (const answer of [() => NEVER, (offer: Offer) => offer.body.pipe(ignoreElements())]) {
      const s = serving({ answer, bodyMaxBytes: 5 });
      s.peer(TRY, frame('abc'), frame('de'));
      expect(s.wire.status).toBe(undefined);
      s.peer(frame('f'));
      expect(verdict(s)).toBe('413 Request content too large');
    }
  });

  it('stops the function when the LB has gone, and says nothing more', () => {
    const s = serving({ wire: { remainingUs: SECOND } });
    s.peer(TRY);
    s.says.next(START);
    s.wire.peerEnds({ kind: 'lost', cause: 'canceled' });
    expect([s.says.observed, s.clock.pending, s.wire.status]).toEqual([false, 0, undefined]);
    expect(s.wire.sent.length).toBe(1);
  });

  it('is harmless where the LB goes before it has said anything, or after the verdict', () => {
    const before = serving();
    before.wire.peerEnds({ kind: 'lost', cause: 'canceled' });
    const after = serving({ answer: () => of(DONE) });
    after.peer(TRY);
    after.wire.peerEnds({ kind: 'lost', cause: 'canceled' });
    expect([before.wire.sent.length, after.wire.sent.length]).toEqual([0, 1]);
  });
});
