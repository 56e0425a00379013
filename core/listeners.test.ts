/** Laws of listeners and of the end of a call: order, refusal, limits, and what close waits for. */
import { EMPTY, NEVER, Observable, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { hangs, ok } from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';
import { asScheduler } from './clock.js';
import { CallError } from './errors.js';
import type { CallListener } from './listeners.js';

/** A listener that writes down what it is told. */
const noting = (name: string, log: string[]): CallListener => ({
  beforeCall(call) {
    log.push(`${name} before ${call.id}`);
    return EMPTY;
  },
  afterCall(call, verdict) {
    log.push(`${name} after ${call.id} ${verdict.outcome}`);
    return EMPTY;
  },
});

const serviceWith = (listeners: CallListener[], options = {}): Service =>
  createService({ runners: [[ok()]], options, parts: { listeners } });

describe('listeners', () => {
  it('are told in order of registration, before placement and behind the response', () => {
    const log: string[] = [];
    const service = serviceWith([noting('a', log), noting('b', log)]);
    service.call({ id: 'c' });
    expect(log).toEqual(['a before c', 'b before c']);
    drain(service.clock);
    expect(log.slice(2)).toEqual(['a after c ok', 'b after c ok']);
    expect(service.idle()).toBe(true);
  });

  it.each<[Error, string, number]>([
    [new CallError('full', 'quota', { status: 429 }), 'full', 429],
    [Object.assign(new Error('pay first'), { status: 402 }), 'rejected', 402],
    [new Error('broken listener'), 'rejected', 500],
  ])('that refuse are the answer, with their own status: %s', (error, code, status) => {
    const log: string[] = [];
    const refusing: CallListener = { beforeCall: () => throwError(() => error) };
    const service = serviceWith([noting('a', log), refusing, noting('b', log)]);
    const { verdict } = service.call({ id: 'c' });
    expect([verdict?.code, verdict?.status]).toEqual([code, status]);
    // A call that never was placed has no end either.
    expect(log).toEqual(['a before c']);
    expect(service.runners[0]?.engaged).toEqual([]);
    expect(service.idle()).toBe(true);
  });

  it('that never answer cost the call its deadline, refused since nothing ran', () => {
    const service = serviceWith([{ beforeCall: () => NEVER }]);
    const visit = service.call();
    drain(service.clock);
    expect(visit.verdict).toMatchObject({ outcome: 'refused', code: 'not_placed' });
    expect(service.idle()).toBe(true);
  });

  it('are let go of when the client leaves', () => {
    let open = false;
    const waiting = new Observable<never>(() => {
      open = true;
      return () => (open = false);
    });
    const service = serviceWith([{ beforeCall: () => waiting }]);
    const visit = service.call();
    expect(open).toBe(true);
    visit.leave();
    expect([open, service.idle()]).toEqual([false, true]);
  });
});

describe('the end of a call', () => {
  const slow = (service: () => Service, ms: number): CallListener => ({
    afterCall: () => timer(ms, asScheduler(service().clock)),
  });

  it('is behind the response, and holds no slot', () => {
    const service: Service = serviceWith([slow(() => service, 1000)], { inFlightMax: 1 });
    const first = service.call();
    advance(service.clock, 100 * MS);
    expect(first.completed).toBe(true);
    expect(service.balancer.held).toMatchObject({ calls: 0, callEnds: 1, bodyBytes: 0 });
    const second = service.call();
    drain(service.clock);
    expect([second.verdict?.outcome, service.idle()]).toEqual(['ok', true]);
  });

  it('is cut at its limit', () => {
    const service = serviceWith([{ afterCall: () => NEVER }], { callEndTimeoutMs: 500 });
    service.call();
    advance(service.clock, 100 * MS);
    expect(service.balancer.held.callEnds).toBe(1);
    advance(service.clock, 500 * MS);
    expect(service.idle()).toBe(true);
  });

  it('above the cap refuses new calls, and nothing else happens to them', () => {
    let lookups = 0;
    const listeners: CallListener[] = [{ afterCall: () => NEVER }];
    const service = createService({
      runners: [[ok()]],
      options: { callEndBacklogMax: 1 },
      parts: { listeners },
    });
    service.call();
    advance(service.clock, 100 * MS);
    const count = service.probed.length;
    const late = service.call({ options: [() => ((lookups += 1), undefined)] });
    expect(late.verdict).toMatchObject({ code: 'full', status: 503, outcome: 'refused' });
    expect(service.probed.slice(count).map((event) => event.kind)).toEqual([
      'arrive',
      'head',
      'end',
    ]);
    expect([lookups, service.runners[0]?.engaged.length]).toEqual([0, 1]);
    // It took no ticket, so it gives none back: the one end is all that is counted.
    expect(service.balancer.held).toMatchObject({ calls: 0, callEnds: 1 });
  });

  it('that fails ends the calling of later listeners and nothing else', () => {
    const log: string[] = [];
    const failing: CallListener = { afterCall: () => throwError(() => new Error('db down')) };
    const service = serviceWith([failing, noting('b', log)]);
    const visit = service.call({ id: 'c' });
    drain(service.clock);
    expect([visit.verdict?.outcome, log, service.idle()]).toEqual(['ok', ['b before c'], true]);
  });

  it('is waited for by close, and forced at the grace limit', () => {
    let service = createService();
    for (const [listener, took] of [
      [slow(() => service, 300), 300],
      [{ afterCall: () => NEVER } satisfies CallListener, 1000],
    ] as const) {
      service = serviceWith([listener], { closeGraceMs: 1000 });
      service.call();
      advance(service.clock, 10 * MS);
      const startedAt = service.clock.now();
      let closedAt = 0;
      service.balancer.close().subscribe({
        complete: () => (closedAt = service.clock.now()),
        error: (error: unknown) => {
          throw error;
        },
      });
      drain(service.clock);
      const tookMs = (closedAt - startedAt) / MS;
      expect(tookMs).toBeGreaterThan(took - 20);
      expect(tookMs).toBeLessThanOrEqual(took);
      expect(service.idle()).toBe(true);
    }
  });

  it('is told to the probe where an end says that it comes, once, and before close is over', () => {
    let service = createService();
    const told = (): unknown[] =>
      service.probed.flatMap<unknown>((event) => {
        if (event.kind === 'end') return [['end', event.call, event.callEnd]];
        return event.kind === 'call-end' ? [['call-end', event.call, event.at / MS]] : [];
      });
    service = serviceWith([slow(() => service, 300)], { inFlightMax: 2 });
    service.call({ id: 'a' });
    service.call({ id: 'unknown', fn: 'nobody' });
    service.call({ id: 'b' });
    service.call({ id: 'full' });
    advance(service.clock, 10 * MS);
    const log: unknown[] = [];
    service.balancer.close().subscribe({ complete: () => log.push(told().at(-1)) });
    drain(service.clock);
    expect(told()).toEqual([
      ['end', 'unknown', false],
      ['end', 'full', false],
      ['end', 'a', true],
      ['end', 'b', true],
      ['call-end', 'a', 1303],
      ['call-end', 'b', 1303],
    ]);
    expect(log).toEqual([['call-end', 'b', 1303]]);
  });

  it('comes for a call that failed, and for one whose client left', () => {
    const log: string[] = [];
    const service = createService({
      runners: [[hangs()]],
      functions: { hello: { timeoutMs: 1000 } },
      parts: { listeners: [noting('a', log)] },
    });
    service.call({ id: 'late' });
    const left = service.call({ id: 'left' });
    advance(service.clock, 100 * MS);
    left.leave();
    advance(service.clock, SECOND);
    expect(log.slice(2)).toEqual(['a after left canceled', 'a after late expired']);
    expect(service.idle()).toBe(true);
  });
});
