/** Laws of what a session allows: time, bytes, silence, detachment and early answers. */
import { Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RunnerEvent } from '../core/runner.js';
import { text } from '../test/support/calls.js';
import { DONE, START, data, failure } from '../test/support/scripted-runner.js';
import { MS, SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import type { Offer } from './executor.js';
import { TRY, frame, offering, serving, verdict, type Serving } from './session.test.rig.js';
import { createStatus } from './status.js';

describe('the limits of an execution', () => {
  it('are the bytes of its response: so many are legal, one more is 502 and stops it', () => {
    const outcomes = ['abcd', 'abcde'].map((content) => {
      let stopped = false;
      const answer = () =>
        new Observable<RunnerEvent>((out) => {
          out.next(START);
          out.next(data('x'));
          out.next(data(content));
          out.next(DONE);
          return () => (stopped = true);
        });
      const session = serving({ answer, responseMaxBytes: 5 });
      session.peer(TRY);
      return [verdict(session), stopped];
    });
    expect(outcomes).toEqual([
      ['ok', true],
      ['502 function response body too large', true],
    ]);
  });

  it('are its own timeout, from when it begins, if that ends first', () => {
    const session = serving({ wire: { remainingUs: 60 * SECOND } });
    session.peer(TRY);
    advance(session.clock, 5 * SECOND);
    session.offers[0]?.begin();
    advance(session.clock, 10 * SECOND - 1);
    expect(verdict(session)).toBe('0 sent');
    advance(session.clock, 1);
    expect(verdict(session)).toBe('504 Timed out');
    expect([session.says.observed, session.clock.pending]).toEqual([false, 0]);
  });

  it.each([0, -1, NaN])('have no timeout of their own where it says %d', (timeout) => {
    const session = serving({ wire: { remainingUs: 60 * SECOND } });
    session.peer(offering({ timeout }));
    session.offers[0]?.begin();
    advance(session.clock, 59 * SECOND);
    expect(verdict(session)).toBe('0 sent');
  });

  it('are its own timeout where the LB gives no deadline, whenever it begins', () => {
    for (const waits of [0, 3 * SECOND]) {
      const begins = (offer: Offer) =>
        new Observable<RunnerEvent>(() => {
          if (waits === 0) offer.begin();
        });
      const session = serving({ answer: begins });
      session.peer(TRY);
      advance(session.clock, waits);
      session.offers[0]?.begin();
      advance(session.clock, 10 * SECOND - 1);
      expect(verdict(session)).toBe('0 sent');
      advance(session.clock, 1);
      expect(verdict(session)).toBe('504 Timed out');
    }
  });

  it('begin once: who tells it again gets no more time', () => {
    const session = serving();
    session.peer(TRY);
    session.offers[0]?.begin();
    advance(session.clock, 5 * SECOND);
    session.offers[0]?.begin();
    advance(session.clock, 5 * SECOND);
    expect(verdict(session)).toBe('504 Timed out');
    session.offers[0]?.begin();
    expect(session.clock.pending).toBe(0);
  });

  it('hold for what is written, not for what is announced or read', () => {
    const session = serving({ responseMaxBytes: 5, bodyMaxBytes: 10 });
    session.peer(TRY, frame('0123456789', true));
    session.says.next({ kind: 'start', status: 200, headers: [['Content-Length', '99']] });
    session.says.next(data(new Uint8Array(0)));
    session.says.next(data('abcde'));
    session.says.next(DONE);
    expect(verdict(session)).toBe('ok');
  });
});

describe('a stream that offers nothing', () => {
  const BUSY = { code: 503, message: 'Timed out - server too busy' };

  it.each([
    ['20 ms before its deadline', SECOND, SECOND - 20 * MS],
    ['at once where less is left', 5 * MS, 0],
    ['after 30 s, however long it might be', 3600 * SECOND, 30 * SECOND],
    ['after 30 s without a deadline', undefined, 30 * SECOND],
  ])('ends %s with a status that lets it be offered elsewhere', (_name, remainingUs, us) => {
    const counter = createStatus(createVirtualClock());
    const session = serving({ wire: remainingUs === undefined ? {} : { remainingUs }, counter });
    if (us > 0) advance(session.clock, us - 1);
    expect(session.wire.status).toBe(undefined);
    advance(session.clock, 1);
    expect(session.wire.status).toEqual(BUSY);
    session.peer(TRY);
    expect([session.wire.sent, session.offers, session.clock.pending]).toEqual([[], [], 0]);
    expect(counter.now()).toMatchObject({ active: 0, requestsReceived: 1, requestsHandled: 0 });
  });

  it('is let go of when its LB leaves', () => {
    const session = serving();
    expect(session.clock.pending).toBe(1);
    session.wire.peerEnds({ kind: 'lost', cause: 'canceled' });
    expect([session.clock.pending, session.wire.status]).toEqual([0, undefined]);
  });
});

describe('a detached call', () => {
  const DETACHED = offering({ type: 'detached' });
  const said = ({ wire }: Serving) =>
    wire.sent.map((m) => (m.kind === 'start' ? `${m.status} ${m.headers.length}` : m.kind));

  it('is accepted with 202 when its function begins; its output is thrown away', () => {
    const session = serving({ responseMaxBytes: 1 });
    session.peer(DETACHED, frame('x', true));
    expect(said(session)).toEqual([]);
    session.offers[0]?.begin();
    expect(said(session)).toEqual(['202 0']);
    session.says.next(START);
    session.says.next(data('more than it may'));
    session.says.next(DONE);
    expect(said(session)).toEqual(['202 0', 'finished']);
    expect(verdict(session)).toBe('ok');
  });

  it('is accepted by its first output where its executor does not tell', () => {
    const session = serving({ answer: () => of(DONE) });
    session.peer(DETACHED);
    expect(said(session)).toEqual(['202 0', 'finished']);
  });

  it('is not accepted by a NACK or a failure before it begins', () => {
    const nack = serving({ answer: () => of({ kind: 'nack', reason: 'busy' }) });
    nack.peer(DETACHED);
    const failed = serving({ answer: () => of(failure(404, 'no image')) });
    failed.peer(DETACHED);
    expect([said(nack), said(failed)]).toEqual([['finished'], ['finished']]);
  });

  it('stops when its LB leaves, like any other', () => {
    const session = serving();
    session.peer(DETACHED);
    session.offers[0]?.begin();
    session.wire.peerEnds({ kind: 'lost', cause: 'canceled' });
    expect([session.says.observed, session.clock.pending]).toEqual([false, 0]);
  });
});

describe('an answer before the whole request', () => {
  const WROTE = '502 function invoked write before receiving entire request';
  const CLOSED = '502 function closed pipe while receiving request';
  const early = (earlyAnswer: 'allow' | 'refuse') => {
    const session = serving({ earlyAnswer });
    session.peer(TRY, frame('a'));
    return session;
  };

  it('is allowed, unless it is refused', () => {
    for (const [how, expected] of [
      ['allow', 'ok'],
      ['refuse', WROTE],
    ] as const) {
      const session = early(how);
      session.says.next(START);
      session.says.next(DONE);
      expect([verdict(session), session.wire.status?.code]).toEqual([expected, 0]);
    }
  });

  it('is none where it is a failure, or comes with the end of the request', () => {
    const failed = early('refuse');
    failed.says.next(failure(404, 'no image'));
    const whole = early('refuse');
    whole.peer(frame('', true));
    whole.says.next(DONE);
    expect([verdict(failed), verdict(whole)]).toEqual(['404 no image', 'ok']);
  });

  it('may be that nobody reads any more: the rest is thrown away, or refused', () => {
    for (const [how, expected] of [
      ['allow', 'ok'],
      ['refuse', CLOSED],
    ] as const) {
      const session = early(how);
      const read: string[] = [];
      session.offers[0]?.body.subscribe((bytes) => read.push(text(bytes))).unsubscribe();
      session.peer(frame('b'), frame('c', true));
      session.says.next(DONE);
      expect([verdict(session), read]).toEqual([expected, ['a']]);
    }
  });

  it('does not lift the limit of the request', () => {
    const session = serving({ bodyMaxBytes: 2 });
    session.peer(TRY, frame('a'));
    session.offers[0]?.body.subscribe().unsubscribe();
    session.peer(frame('b'), frame('c'));
    expect(verdict(session)).toBe('413 Request content too large');
  });
});
