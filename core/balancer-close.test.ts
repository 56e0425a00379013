/** Laws of closing a balancer: it refuses, waits, forces, and always comes to its end. */
import { NEVER, Subject } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import {
  START,
  breaks,
  data,
  hangs,
  nacks,
  ok,
  type Script,
} from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import type { Pool } from './pool.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';

describe('close', () => {
  const closing = (service: Service): { done: boolean } => {
    const state = { done: false };
    service.balancer.close().subscribe({
      error: (error: unknown) => {
        throw error;
      },
      complete: () => (state.done = true),
    });
    return state;
  };

  it('refuses what comes, lets finish what is there, then closes the runners', () => {
    const service = createService({ runners: [[ok()]] });
    const inside = service.call();
    const state = closing(service);
    expect(service.call().verdict).toMatchObject({
      code: 'closed',
      outcome: 'refused',
      status: 503,
    });
    expect([state.done, service.runners[0]?.closed]).toEqual([false, false]);
    drain(service.clock);
    expect([inside.verdict?.outcome, state.done, service.runners[0]?.closed]).toEqual([
      'ok',
      true,
      true,
    ]);
    expect(service.idle()).toBe(true);
  });

  it.each<[string, readonly Script[], boolean, string]>([
    ['a search, which is refused', [], false, 'refused closed'],
    ['an attempt, which may have been executed', [hangs()], false, 'failed aborted'],
    ['a response that streams', [hangs(START, data('x'))], false, 'failed aborted'],
    ['a client that does not take the end', [ok()], true, 'failed aborted'],
  ])('forces an end at the grace limit: %s', (_name, scripts, slow, ending) => {
    const options = { closeGraceMs: 1000 };
    const functions = { hello: { timeoutMs: 60_000 } };
    const service = createService({
      runners: scripts.map((script) => [script]),
      options,
      functions,
    });
    const visit = service.call({}, slow ? { takes: () => false, slowEnd: true } : {});
    advance(service.clock, 100 * MS);
    const state = closing(service);
    advance(service.clock, SECOND - 1);
    expect(state.done).toBe(false);
    advance(service.clock, 1);
    expect(state.done).toBe(true);
    expect(`${visit.verdict?.outcome} ${visit.verdict?.code}`).toBe(ending);
    expect(service.idle()).toBe(true);
  });

  it('is one close, however often it is asked for', () => {
    const service = createService({ runners: [[ok()]] });
    service.call();
    const states = [closing(service), closing(service)];
    drain(service.clock);
    states.push(closing(service));
    expect(states.map((state) => state.done)).toEqual([true, true, true]);
    expect(service.idle()).toBe(true);
  });

  it('begins at once and goes to its end, whether or not anybody waits for it', () => {
    const service = createService({ runners: [[ok()]] });
    service.call();
    const closed = service.balancer.close();
    const waiting = closed.subscribe();
    waiting.unsubscribe();
    drain(service.clock);
    expect([service.runners[0]?.closed, service.idle()]).toEqual([true, true]);
    let done = false;
    closed.subscribe({ complete: () => (done = true) });
    expect(done).toBe(true);
  });

  it('forces an end that only begins when its patience is over', () => {
    const options = { closeGraceMs: 1000 };
    const parts = { listeners: [{ afterCall: () => NEVER }] };
    const service = createService({ runners: [[hangs()]], options, parts });
    service.call();
    const state = closing(service);
    advance(service.clock, SECOND);
    expect(state.done).toBe(true);
    expect(service.idle()).toBe(true);
  });

  it('tells a call that may have been executed from one that was not', () => {
    // The first attempt broke and is not open any more; its second chance found nobody.
    const functions = { hello: { timeoutMs: 60_000, idempotent: true } };
    const options = { closeGraceMs: 1000 };
    const runners = [[breaks()], [nacks('busy')]];
    const service = createService({ runners, functions, options });
    const visit = service.call();
    advance(service.clock, 100 * MS);
    expect(service.story()).toMatch(/attempt-end attempt nack wait /);
    expect(service.balancer.held.waiting).toBe(1);
    closing(service);
    advance(service.clock, SECOND);
    expect(visit.verdict).toMatchObject({ outcome: 'failed', code: 'aborted', status: 502 });
  });

  it('cuts runners that do not let go within the grace, and always comes to its end', () => {
    const ended = new Subject<never>();
    const cut = sinon.spy(() => ended.complete());
    const pool: Pool = { snapshot: () => [], changes: () => NEVER, close: () => ended, cut };
    const service = createService({ options: { closeGraceMs: 1000 }, parts: { pool } });
    const state = closing(service);
    advance(service.clock, SECOND - 1);
    expect([cut.callCount, state.done]).toEqual([0, false]);
    advance(service.clock, 1);
    expect([cut.callCount, state.done]).toEqual([1, true]);
    expect(service.idle()).toBe(true);
  });

  it('completes at once with nothing in flight', () => {
    expect(closing(createService()).done).toBe(true);
  });
});
