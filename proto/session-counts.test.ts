/** Laws of what sessions tell the Status RPC and the LB: counts, latency, durations, no code 0. */
import fc from 'fast-check';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RunnerEvent } from '../core/runner.js';
import { testCall } from '../test/support/calls.js';
import { linked } from '../test/support/linked.js';
import { responding } from '../test/support/responses.js';
import { DONE, START, data, failure } from '../test/support/scripted-runner.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { HALF_CLOSE, TRY, frame, serving, verdict } from './session.test.rig.js';
import { createStatus, type Status } from './status.js';
import type { ClientMessage } from './wire.js';

const NACK: RunnerEvent = { kind: 'nack', reason: 'busy' };
const GONE = { kind: 'lost', cause: 'canceled' } as const;

const counted = (says: readonly RunnerEvent[] = []) => {
  const clock = createVirtualClock();
  const status = createStatus(clock);
  const session = serving({ clock, counter: status, wire: { remainingUs: SECOND } });
  session.peer(TRY, frame('x', true));
  for (const event of says) session.says.next(event);
  return { clock, status, session };
};
const counts = (status: Status): number[] => {
  const { active, requestsReceived, requestsHandled } = status.now();
  return [active, requestsReceived, requestsHandled];
};

describe('an engagement', () => {
  it.each<[string, RunnerEvent[], number[]]>([
    ['that is open is active', [START], [1, 1, 0]],
    ['that is NACKed is received and not handled', [NACK], [0, 1, 0]],
    ['that went well is handled', [START, DONE], [0, 1, 1]],
    ['that failed is handled, with 503 too', [failure(503)], [0, 1, 1]],
  ])('%s', (_name, says, expected) => {
    expect(counts(counted(says).status)).toEqual(expected);
  });

  it('that the LB left, or whose time was up, is handled', () => {
    const left = counted();
    left.session.wire.peerEnds(GONE);
    const late = counted();
    advance(late.clock, SECOND);
    expect([counts(left.status), counts(late.status)]).toEqual([
      [0, 1, 1],
      [0, 1, 1],
    ]);
  });

  it('is counted once, whatever is said in whatever order', () => {
    type Step =
      | { readonly peer: ClientMessage }
      | { readonly says: RunnerEvent }
      | { readonly waits: number }
      | { readonly ends: true };
    const step = fc.oneof<fc.Arbitrary<Step>[]>(
      fc.constantFrom(TRY, HALF_CLOSE, frame('x'), frame('', true)).map((peer) => ({ peer })),
      fc.constantFrom(NACK, START, data('y'), DONE, failure(0)).map((says) => ({ says })),
      fc.nat({ max: 20_000 }).map((ms) => ({ waits: ms * MS })),
      fc.constant({ ends: true } as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const clock = createVirtualClock();
        const status = createStatus(clock);
        const session = serving({ clock, counter: status, bodyMaxBytes: 3 });
        let gone = false;
        for (const one of steps) {
          // The wire tells nothing behind its end.
          if ('ends' in one && !gone) session.wire.peerEnds(GONE);
          if ('ends' in one) gone = true;
          if ('peer' in one && !gone) session.peer(one.peer);
          if ('says' in one && session.says.observed) session.says.next(one.says);
          if ('waits' in one) advance(clock, one.waits);
        }
        if (!gone) session.wire.peerEnds(GONE);
        drain(clock);
        const said = session.wire.sent.filter((message) => message.kind === 'finished');
        const nacked =
          session.wire.status?.code === 503 || said.some(({ errorCode }) => errorCode === 503);
        expect(counts(status)).toEqual([0, 1, nacked ? 0 : 1]);
        expect(said.length).toBeLessThanOrEqual(1);
        expect([session.says.observed, clock.pending]).toEqual([false, 0]);
      }),
    );
  });
});

describe('the latency of an execution', () => {
  const latency = ({ status }: { readonly status: Status }) =>
    status.now().customStatus?.['latency_p50_us'];

  it('is from its offer to its verdict, and its parts travel with that', () => {
    const one = counted();
    advance(one.clock, 3 * MS);
    one.session.offers[0]?.begin();
    advance(one.clock, 5 * MS);
    one.session.says.next(DONE);
    expect(latency(one)).toBe('8000');
    const durations = { schedulerDuration: 3_000_000, executionDuration: 5_000_000 };
    expect(one.session.wire.sent.at(-1)).toMatchObject(durations);
  });

  it('is what its executor says of the parts, where it does', () => {
    const one = counted();
    one.session.offers[0]?.begin();
    advance(one.clock, 5 * MS);
    one.session.says.next({ ...DONE, schedulerUs: 1, executionUs: 2 });
    const durations = { schedulerDuration: 1000, executionDuration: 2000 };
    expect(one.session.wire.sent.at(-1)).toMatchObject(durations);
  });

  it('of one whose time was up is that time', () => {
    const one = counted();
    one.session.offers[0]?.begin();
    advance(one.clock, SECOND);
    expect(latency(one)).toBe(String(SECOND - 20 * MS));
  });

  it('is none where no function began, or its LB left', () => {
    const nacked = counted([NACK]);
    const impossible = counted([failure(400)]);
    const left = counted();
    left.session.offers[0]?.begin();
    left.session.wire.peerEnds(GONE);
    expect([nacked, impossible, left].map(latency)).toEqual([undefined, undefined, undefined]);
    const finished = impossible.session.wire.sent.at(-1);
    expect(finished).toMatchObject({ schedulerDuration: 0, executionDuration: 0 });
  });
});

describe('a failure with code 0', () => {
  const ends: readonly (readonly RunnerEvent[])[] = [
    [failure(0)],
    [failure(0, '')],
    [START, failure(0)],
    [START, data('half'), failure(0)],
    [],
  ];

  it.each(ends)('is no success to a client: %j %j %j', (...said) => {
    const l = linked({ execute: () => of(...said.filter((event) => event !== undefined)) });
    const events: RunnerEvent[] = [];
    l.runner.engage(testCall(l.clock), 1).subscribe((event) => events.push(event));
    drain(l.clock);
    expect(events.at(-1)).toMatchObject({ kind: 'finished', success: false, code: 0 });
    const client = responding();
    client.say(...events);
    expect(client.verdicts).toMatchObject([{ outcome: 'failed', status: 502 }]);
    expect(client.heads).toEqual([502]);
  });

  it('is what an offer without sense gets, and no function begins', () => {
    const session = serving();
    session.peer({ kind: 'unknown', callError: 'no JSON' });
    expect([verdict(session), session.offers]).toEqual(['0 no JSON', []]);
  });
});
