/** Laws of what a runner says of itself: live counters, recent latency, one shared check. */
import fc from 'fast-check';
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import type { RunnerStatus } from '../core/runner.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { createStatus, type Status, type StatusCheck } from './status.js';

const WELL: StatusCheck = { ok: true, details: 'all there' };
const STILL = { latency_count: '0' };

/** All that one who asks is told. */
const asking = (status: Status) => {
  const told: RunnerStatus[] = [];
  const complete = sinon.spy();
  const subscription = status.read().subscribe({ next: (answer) => told.push(answer), complete });
  return { told, complete, leave: () => subscription.unsubscribe() };
};

const checked = (check: () => Observable<StatusCheck>) => {
  const clock = createVirtualClock();
  const spy = sinon.spy(check);
  return { clock, spy, status: createStatus(clock, { check: spy }) };
};

describe('the counters', () => {
  it('of a runner without a check are told at once, and there is no self-test', () => {
    const status = createStatus(createVirtualClock());
    const { told, complete } = asking(status);
    expect(told).toEqual([
      { active: 0, requestsReceived: 0, requestsHandled: 0, customStatus: STILL },
    ]);
    sinon.assert.calledOnce(complete);
  });

  it('add up: received = active + handled + NACKed, and a NACK is not handled', () => {
    const steps = fc.array(fc.constantFrom('receive', 'nack', 'handle'), { maxLength: 50 });
    fc.assert(
      fc.property(steps, (all) => {
        const status = createStatus(createVirtualClock());
        let open = 0;
        const seen = { receive: 0, nack: 0, handle: 0 };
        for (const step of all) {
          if (step !== 'receive' && open === 0) continue;
          seen[step] += 1;
          open += step === 'receive' ? 1 : -1;
          if (step === 'receive') status.onReceived();
          else if (step === 'nack') status.onNacked();
          else status.onHandled();
        }
        const { active, requestsReceived, requestsHandled } = status.now();
        expect([active, requestsReceived, requestsHandled]).toEqual([
          open,
          seen.receive,
          seen.handle,
        ]);
        expect(requestsReceived).toBe(active + requestsHandled + seen.nack);
      }),
    );
  });
});

describe('the latency', () => {
  const words = (...times: readonly number[]) => {
    const status = createStatus(createVirtualClock());
    for (const us of times) status.onLatency(us);
    return status.now().customStatus;
  };
  const said = (p50: number, p99: number, count: number, atLoad = p50) => ({
    latency_count: String(count),
    latency_p50_us: String(p50),
    latency_p99_us: String(p99),
    latency_at_load_us: String(atLoad),
  });

  it.each([
    ['nothing', [], STILL],
    ['one', [7], said(7, 7, 1)],
    ['two', [9, 7], said(7, 9, 2)],
    ['a hundred', Array.from({ length: 100 }, (_, at) => 100 - at), said(50, 99, 100, 8)],
    ['two hundred', Array.from({ length: 200 }, (_, at) => 200 - at), said(100, 198, 200, 8)],
  ])('of %s is its nearest rank', (_name, times, expected) => {
    expect(words(...times)).toEqual(expected);
  });

  it('is that of the last 256 executions', () => {
    expect(words(...Array<number>(5000).fill(1_000_000), ...Array<number>(256).fill(3))).toEqual(
      said(3, 3, 256),
    );
  });

  it('at the load of now is that of the executions at loads next to it', () => {
    const status = createStatus(createVirtualClock());
    const run = (us: number, load: number): void => {
      for (let i = 0; i < load; i++) status.onReceived();
      status.onLatency(us);
      for (let i = 0; i < load; i++) status.onHandled();
    };
    for (let i = 0; i < 20; i++) for (const load of [1, 5, 9]) run(load * 100, load);
    const atLoad = (load: number): string | undefined => {
      for (let i = 0; i < load; i++) status.onReceived();
      const said = status.now().customStatus?.['latency_at_load_us'];
      for (let i = 0; i < load; i++) status.onHandled();
      return said;
    };
    expect([0, 2, 5, 8, 30].map(atLoad)).toEqual(['100', '100', '500', '900', '900']);
  });

  it('forgets what is a minute old', () => {
    const clock = createVirtualClock();
    const status = createStatus(clock);
    status.onLatency(1);
    advance(clock, 30 * SECOND);
    status.onLatency(2);
    advance(clock, 30 * SECOND - 1);
    expect(status.now().customStatus).toEqual(said(1, 2, 2));
    advance(clock, 1);
    expect(status.now().customStatus).toEqual(said(2, 2, 1));
    advance(clock, 30 * SECOND);
    expect(status.now().customStatus).toEqual(STILL);
  });
});

describe('a check', () => {
  it('does not run before somebody asks, and one run answers all who ask meanwhile', () => {
    const results = new Subject<StatusCheck>();
    const { clock, spy, status } = checked(() => results);
    sinon.assert.notCalled(spy);
    const all = [asking(status), asking(status), asking(status)];
    advance(clock, 3 * MS);
    expect(all.map(({ told }) => told.length)).toEqual([0, 0, 0]);
    results.next(WELL);
    sinon.assert.calledOnce(spy);
    const tests = all.map(({ told }) => told[0]?.selfTest);
    expect(tests.map((test) => test?.cached)).toEqual([false, true, true]);
    expect(tests[0]).toMatchObject({ id: 'status-1', failed: false, details: 'all there' });
    expect(tests[0]).toMatchObject({ errorCode: 0, errorStr: '', executionUs: 3 * MS });
    for (const { complete } of all) sinon.assert.calledOnce(complete);
    expect([results.observed, clock.pending]).toEqual([false, 0]);
  });

  it('is told again for 1.5 s from its result, and then runs anew', () => {
    const { clock, spy, status } = checked(() => of(WELL));
    const ids = (): unknown[] => asking(status).told.map(({ selfTest }) => selfTest?.id);
    expect(ids()).toEqual(['status-1']);
    advance(clock, 1500 * MS - 1);
    const late = asking(status);
    expect(late.told[0]?.selfTest).toMatchObject({ id: 'status-1', cached: true });
    sinon.assert.calledOnce(late.complete);
    advance(clock, 1);
    expect(ids()).toEqual(['status-2']);
    sinon.assert.calledTwice(spy);
  });

  it('says when it ran, on the wall clock', () => {
    const results = new Subject<StatusCheck>();
    const { clock, status } = checked(() => results);
    const { told } = asking(status);
    advance(clock, SECOND);
    results.next(WELL);
    const { createdAt = '', startedAt, completedAt = '' } = told[0]?.selfTest ?? {};
    expect(startedAt).toBe(createdAt);
    expect(Date.parse(completedAt) - Date.parse(createdAt)).toBe(1000);
  });

  it('may be old, the counters and the latency beside it never are', () => {
    const { status } = checked(() => of(WELL));
    asking(status);
    status.onReceived();
    status.onLatency(5);
    const [answer] = asking(status).told;
    expect(answer?.selfTest?.cached).toBe(true);
    expect(answer).toMatchObject({ active: 1, customStatus: { latency_p50_us: '5' } });
  });

  it('goes on when those who asked have left, and is there for the next', () => {
    const results = new Subject<StatusCheck>();
    const { status, spy } = checked(() => results);
    const left = asking(status);
    left.leave();
    expect(results.observed).toBe(true);
    results.next(WELL);
    expect(left.told).toEqual([]);
    // Nobody was told yet, so it is fresh.
    expect(asking(status).told[0]?.selfTest?.cached).toBe(false);
    expect(asking(status).told[0]?.selfTest?.cached).toBe(true);
    sinon.assert.calledOnce(spy);
  });

  it.each<[string, () => Observable<StatusCheck>, number, string]>([
    ['says so', () => of({ ok: false, details: 'disk full', code: 450 }), 450, 'disk full'],
    ['says so without a code', () => of({ ok: false, details: 'ill' }), 500, 'ill'],
    ['errs', () => throwError(() => new Error('no socket')), 500, 'no socket'],
    ['says nothing', () => of(), 500, 'the check said nothing'],
    [
      'throws',
      () => {
        throw new Error('bug');
      },
      500,
      'bug',
    ],
  ])('that %s has failed, and that is shared and cached too', (_name, check, code, text) => {
    const { clock, spy, status } = checked(check);
    const failure = { failed: true, errorCode: code, errorStr: text, details: text };
    expect(asking(status).told[0]?.selfTest).toMatchObject({ ...failure, cached: false });
    expect(asking(status).told[0]?.selfTest).toMatchObject({ ...failure, cached: true });
    sinon.assert.calledOnce(spy);
    expect(clock.pending).toBe(0);
  });

  it('has 60 s, and is stopped then', () => {
    const stopped = sinon.spy();
    const { clock, status } = checked(() => new Observable(() => stopped));
    const { told } = asking(status);
    advance(clock, 60 * SECOND - 1);
    expect(told).toEqual([]);
    advance(clock, 1);
    expect(told[0]?.selfTest).toMatchObject({ failed: true, errorCode: 504 });
    sinon.assert.calledOnce(stopped);
    expect(clock.pending).toBe(0);
  });

  it('says one thing: what it says later is not listened to', () => {
    const { status, clock } = checked(() => of(WELL, { ok: false, details: 'later' }));
    expect(asking(status).told[0]?.selfTest?.failed).toBe(false);
    expect(asking(status).told[0]?.selfTest?.failed).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('tells each who asks once, whoever leaves when, and leaves nothing behind', () => {
    const steps = fc.array(
      fc.oneof(
        fc.constant('ask' as const),
        fc.constant('result' as const),
        fc.record({ leave: fc.nat() }),
        fc.record({ wait: fc.nat({ max: 3000 }) }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const results = new Subject<StatusCheck>();
        const { clock, spy, status } = checked(() => results);
        const asked: (ReturnType<typeof asking> & { left: boolean })[] = [];
        for (const step of all) {
          if (step === 'ask') asked.push({ ...asking(status), left: false });
          else if (step === 'result') results.next(WELL);
          else if ('wait' in step) advance(clock, step.wait * MS);
          else {
            const one = asked[step.leave % Math.max(1, asked.length)];
            one?.leave();
            if (one !== undefined && one.told.length === 0) one.left = true;
          }
        }
        results.next(WELL);
        drain(clock);
        const told = asked.map((one) => one.told.length);
        expect(told).toEqual(asked.map(({ left }) => (left ? 0 : 1)));
        const fresh = asked.flatMap((one) => one.told).filter((one) => !one.selfTest?.cached);
        const runs = new Set(fresh.map(({ selfTest }) => selfTest?.id));
        // At most one fresh answer a run.
        expect(runs.size).toBe(fresh.length);
        expect(fresh.length).toBeLessThanOrEqual(spy.callCount);
        expect([results.observed, clock.pending]).toEqual([false, 0]);
      }),
    );
  });

  it('that never comes holds up nothing but its own askers', () => {
    const { status } = checked(() => NEVER);
    asking(status);
    expect(status.now()).toMatchObject({ active: 0, customStatus: STILL });
  });
});
