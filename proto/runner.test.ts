/** Laws of a runner behind a channel, over the simulated link: both halves say the same thing. */
import fc from 'fast-check';
import { NEVER, Observable, concat, ignoreElements, of } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import type { RunnerEvent } from '../core/runner.js';
import { joined, testCall } from '../test/support/calls.js';
import { linked, type Linked } from '../test/support/linked.js';
import { START, data, failure } from '../test/support/scripted-runner.js';
import { SECOND, advance, drain } from '../test/support/virtual.js';
import type { Executor } from './executor.js';

const silent: Executor = { execute: () => NEVER };
const engageOn = (l: Linked, body?: readonly Uint8Array[]) => {
  const call = testCall(l.clock, body === undefined ? {} : { body });
  const events: RunnerEvent[] = [];
  const spies = { error: sinon.spy(), complete: sinon.spy() };
  const next = (event: RunnerEvent): void => void events.push(event);
  const subscription = l.runner.engage(call, 1).subscribe({ next, ...spies });
  return { events, call, leave: () => subscription.unsubscribe(), ...spies };
};

describe('a runner behind a channel', () => {
  it('is ready as its channel is, until it is closed', () => {
    const l = linked(silent);
    expect(l.runner.ready).toBe(true);
    l.alive = false;
    l.link.serverDied();
    drain(l.clock);
    expect(l.runner.ready).toBe(false);
    l.alive = true;
    l.link.serverBack();
    drain(l.clock);
    expect(l.runner.ready).toBe(true);
    l.runner.close();
    expect(l.runner.ready).toBe(false);
  });

  it('says each time that its connection is lost or up again, and nothing of before', () => {
    const l = linked(silent);
    const told: boolean[] = [];
    const watching = l.runner.readiness().subscribe((ready) => told.push(ready));
    for (let i = 0; i < 2; i++) {
      l.alive = false;
      l.link.serverDied();
      drain(l.clock);
      l.alive = true;
      l.link.serverBack();
      drain(l.clock);
    }
    expect(told).toEqual([false, true, false, true]);
    watching.unsubscribe();
    l.runner.cut();
    expect(told).toHaveLength(4);
  });

  it('tells that a stream is free again, once all were taken', () => {
    const l = linked(silent, {}, { streamsMax: 2 });
    const told: boolean[] = [];
    l.runner.readiness().subscribe((ready) => told.push(ready));
    const all = [engageOn(l), engageOn(l)];
    expect(told).toEqual([]);
    for (const one of all) one.leave();
    // Only at its limit was anything to tell.
    expect(told).toEqual([true]);
    const again = [engageOn(l), engageOn(l)];
    again[0]?.leave();
    expect(told).toEqual([true, true]);
  });

  it('is not ready while all its streams are taken, abandoned ones too', () => {
    const l = linked(silent, {}, { streamsMax: 2 });
    const first = engageOn(l);
    expect(l.runner.ready).toBe(true);
    const second = engageOn(l);
    expect(l.runner.ready).toBe(false);
    first.leave();
    expect(l.runner.ready).toBe(true);
    second.leave();
    drain(l.clock);
    // Above the pace of cancels a stream stays open until its runner ends it.
    const some = Array.from({ length: 600 }, () => engageOn(l));
    for (const one of some) one.leave();
    expect([l.runner.abandoned > 1, l.runner.ready]).toEqual([true, false]);
  });

  it.each([{ weight: 0 }, { weight: Number.NaN }, { weight: Infinity }, { streamsMax: 0 }])(
    'cannot have %j',
    (own) => {
      expect(() => linked(silent, {}, own)).toThrow(RangeError);
    },
  );

  it('cut breaks what is open and NACKs what comes, never during subscribe', () => {
    const l = linked(silent);
    const open = engageOn(l);
    advance(l.clock, SECOND);
    l.runner.cut();
    sinon.assert.calledOnceWithMatch(open.error, { code: 'broken' });
    const late = engageOn(l);
    expect(late.events).toEqual([]);
    const left = engageOn(l);
    left.leave();
    drain(l.clock);
    expect([late.events, left.events]).toEqual([[{ kind: 'nack', reason: 'closed' }], []]);
    sinon.assert.calledOnce(late.complete);
  });

  it('says its status, or that it has none', () => {
    const l = linked(silent);
    const said = sinon.spy();
    l.runner.status().subscribe(said);
    drain(l.clock);
    sinon.assert.calledOnceWithExactly(said, {
      active: 0,
      requestsReceived: 1,
      requestsHandled: 2,
    });
    l.runner.cut();
    const error = sinon.spy();
    l.runner.status().subscribe({ error });
    drain(l.clock);
    sinon.assert.calledOnceWithMatch(error, { code: 'broken' });
  });

  it('asked for its status by nobody any more leaves no timer', () => {
    const l = linked(silent);
    l.runner.status().subscribe().unsubscribe();
    expect(l.clock.pending).toBe(0);
  });

  it('unreachable is a NACK, and nothing executed', () => {
    const execute = sinon.spy(() => NEVER);
    const l = linked({ execute });
    l.alive = false;
    l.link.serverDied();
    drain(l.clock);
    const { events } = engageOn(l);
    drain(l.clock);
    expect(events).toEqual([{ kind: 'nack', reason: 'unreachable' }]);
    sinon.assert.notCalled(execute);
  });

  it('resets 500 attempts at once, and stops the next by a message each', () => {
    let running = 0;
    const l = linked({
      execute: () =>
        new Observable(() => {
          running += 1;
          return () => void (running -= 1);
        }),
    });
    const all = Array.from({ length: 503 }, () => engageOn(l));
    advance(l.clock, SECOND);
    expect(running).toBe(503);
    for (const each of all) each.leave();
    expect(l.runner.abandoned).toBe(3);
    advance(l.clock, SECOND);
    expect([running, l.runner.abandoned, l.link.open]).toEqual([0, 0, 0]);
    drain(l.clock);
  });

  it('has a function stopped when its caller leaves', () => {
    const stopped = sinon.spy();
    const l = linked({ execute: () => new Observable<RunnerEvent>(() => stopped) });
    const { leave } = engageOn(l);
    advance(l.clock, SECOND);
    leave();
    sinon.assert.notCalled(stopped);
    drain(l.clock);
    sinon.assert.calledOnce(stopped);
    expect([l.link.open, l.clock.pending]).toEqual([0, 0]);
  });
});

/** What an executor may say: a NACK, a failure alone, or a head, data and a verdict. */
const status = fc.integer({ min: 200, max: 599 });
const start = status.map((s): RunnerEvent => ({
  kind: 'start',
  status: s,
  headers: [['X-A', '1']],
}));
const piece = fc
  .oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 10_000, max: 90_000 }))
  .map((length) => data(new Uint8Array(length).map((_, index) => index * 7)));
const us = fc.nat({ max: 4_000_000 });
const verdict = fc.oneof(
  fc
    .record({ schedulerUs: us, executionUs: us, userError: fc.boolean() })
    .map((o): RunnerEvent => ({ kind: 'finished', success: true, code: 0, message: '', ...o })),
  fc
    .record({
      // A 503 of a call that has begun is told as a 502: its own laws are the session's.
      code: fc.integer({ min: 0, max: 599 }).filter((code) => code !== 503),
      message: fc.string(),
      userError: fc.boolean(),
    })
    .map((o) => ({ ...failure(o.code), ...o, schedulerUs: 0, executionUs: 0 })),
);
const nack = fc
  .record({
    reason: fc.constantFrom('busy', 'size', 'draining'),
    retryAfterUs: fc.integer({ min: 1, max: 9e6 }),
  })
  .map((o): RunnerEvent => ({ kind: 'nack', ...o }));
const refusal = verdict.filter((v) => v.kind === 'finished' && !v.success);
const answer = fc.oneof(
  nack.map((event) => [event]),
  refusal.map((event) => [event]),
  fc.tuple(start, fc.array(piece, { maxLength: 4 }), verdict).map(([s, d, v]) => [s, ...d, v]),
);

/** Events with their data joined, since frames cut it otherwise. */
const whole = (events: readonly RunnerEvent[]) => ({
  others: events.filter((event) => event.kind !== 'data'),
  bytes: joined(events.flatMap((event) => (event.kind === 'data' ? [event.bytes] : []))),
});

describe('for any executor and any network', () => {
  it('the client half emits what the executor emitted, and the executor read what was sent', () => {
    const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30_000 }), { maxLength: 4 });
    const delays = fc.tuple(fc.nat(2000), fc.nat(2000));
    const toggles = fc.array(fc.tuple(fc.nat(3000), fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(
        answer,
        body,
        delays,
        toggles,
        fc.boolean(),
        (says, sent, [way, jitter], valve, first) => {
          const read: Uint8Array[] = [];
          const l = linked(
            {
              execute: (offer) => {
                const reading = new Observable<never>((out) =>
                  offer.body.subscribe({
                    next: (bytes) => read.push(bytes),
                    error: (error: unknown) => out.error(error),
                    complete: () => out.complete(),
                  }),
                );
                return concat(first ? of() : reading.pipe(ignoreElements()), of(...says));
              },
            },
            { oneWayUs: way, jitterUs: jitter },
          );
          const e = engageOn(l, sent);
          for (const [after, open] of valve) {
            advance(l.clock, after);
            e.call.valve.set(open);
          }
          e.call.valve.set(true);
          drain(l.clock);
          sinon.assert.notCalled(e.error);
          sinon.assert.calledOnce(e.complete);
          const [out, expected] = [whole(e.events), whole(says)];
          expect(out.others).toEqual(expected.others);
          expect(Buffer.compare(out.bytes, expected.bytes)).toBe(0);
          if (!first) expect(Buffer.compare(joined(read), joined(sent))).toBe(0);
          expect([l.link.open, l.clock.pending, l.runner.abandoned]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a runner that starts and then dies is broken, wherever it stood', () => {
    const l = linked({ execute: () => concat(of(START, data('x')), NEVER) });
    const e = engageOn(l);
    advance(l.clock, SECOND);
    l.alive = false;
    l.link.serverDied();
    drain(l.clock);
    expect(e.events.map((event) => event.kind)).toEqual(['start', 'data']);
    sinon.assert.calledOnceWithMatch(e.error, { code: 'broken' });
  });
});
