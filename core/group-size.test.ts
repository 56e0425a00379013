/** Calls that were too large for what a runner has left: who is asked again, when, and for whom. */
import { describe, expect, it } from 'vitest';
import { nacks, ok, scriptedRunner, type Script } from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { MS, SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import type { FunctionOptions } from './data-access.js';
import { createPool } from './pools.js';
import { placerByName } from './placer.js';

const functions = { hello: { timeoutMs: 60_000 }, big: { timeoutMs: 60_000, memoryMb: 500 } };

describe('a call that was too large for a runner', () => {
  it('is offered again within a few ticks, whoever set free what it needs', () => {
    const service = createService({ runners: [[nacks('size'), nacks('size'), ok()]], functions });
    const visit = service.call({ fn: 'big' });
    advance(service.clock, 200 * MS);
    expect(visit.verdict?.outcome).toBe('ok');
    const [first, second, third] = service.runners[0]?.engaged ?? [];
    for (const [one, next] of [
      [first, second],
      [second, third],
    ]) {
      expect((next?.at ?? 0) - (one?.at ?? 0)).toBeLessThan(30 * MS);
    }
    expect(service.idle()).toBe(true);
  });

  it('asks one runner a tick, not all of them', () => {
    const runners = Array.from({ length: 20 }, () => [nacks('size')]);
    const service = createService({ runners, functions, options: { placementMs: 1000 } });
    service.call({ fn: 'big' });
    advance(service.clock, SECOND);
    const offers = service.runners.reduce((sum, { engaged }) => sum + engaged.length, 0);
    // Each of them once at first, then one every 7.5 to 12.5 ms.
    expect(offers).toBeLessThan(20 + 140);
    expect(offers).toBeGreaterThan(20 + 70);
  });

  it('does not make others wait, nor takes the choice from the placer', () => {
    const runners = ['a', 'b', 'c', 'd'].map((): readonly Script[] => [nacks('size'), ok()]);
    const service = createService({
      runners,
      functions,
      parts: { placer: placerByName.hash },
      options: { tickMs: 10_000 },
    });
    service.call({ fn: 'big' });
    advance(service.clock, 50 * MS);
    expect(service.balancer.held.waiting).toBe(1);
    for (let i = 0; i < 20; i++) service.call();
    expect(service.balancer.held.waiting).toBe(1);
    const shares = service.runners.map(({ engaged }) => engaged.length - 1);
    expect(shares.sort()).toEqual([0, 0, 0, 20]);
  });

  it('is not offered again because a slot more may be free there', () => {
    const clock = createVirtualClock();
    const pool = createPool();
    const service = createService({
      functions,
      parts: { pool, clock },
      options: { tickMs: 20_000 },
    });
    service.call();
    for (let i = 0; i < 3; i++) service.call({ fn: 'big' });
    // It takes the first, which goes on, and has no memory for others as long as it does.
    const late = ok().map((line) => ({ ...line, afterUs: SECOND }));
    const runner = scriptedRunner(clock, 'a', [late, nacks('size')]);
    pool.add(runner);
    advance(clock, SECOND);
    expect(runner.engaged).toHaveLength(2);
    advance(clock, 5 * SECOND);
    expect(runner.engaged).toHaveLength(3);
  });

  it('speaks for all functions that are as large, however many wait', () => {
    const names = Array.from({ length: 1200 }, (_, index) => `f${index}`);
    const large = (fn: string): [string, FunctionOptions] => [fn, { memoryMb: 500 }];
    const service = createService({
      runners: [[nacks('size')]],
      functions: { ...Object.fromEntries(names.map(large)), small: { memoryMb: 100 } },
      options: { tickMs: 20_000 },
    });
    for (const fn of names) service.call({ fn });
    advance(service.clock, SECOND);
    const offers = (): number => service.runners[0]?.engaged.length ?? 0;
    // Those that came before the first answer, which took no time here.
    expect(offers()).toBe(names.length);
    for (const fn of names) service.call({ fn });
    advance(service.clock, SECOND);
    expect(offers()).toBe(names.length);
    service.call({ fn: 'small' });
    expect(offers()).toBe(names.length + 1);
  });

  it('is waited for by those that come, while its like waits', () => {
    const runners = Array.from({ length: 20 }, () => [nacks('size')]);
    const service = createService({ runners, functions, options: { tickMs: 100_000 } });
    for (let i = 0; i < 10; i++) {
      service.call({ fn: 'big' });
      advance(service.clock, SECOND);
    }
    const offers = service.runners.reduce((sum, { engaged }) => sum + engaged.length, 0);
    expect(offers).toBe(20);
  });

  it('leaves a push-back as it was, and may ask for one itself', () => {
    const wish = (): Script => nacks('size', 2 * SECOND);
    const service = createService({ runners: [[wish(), ok()]], functions });
    const visit = service.call({ fn: 'big' });
    advance(service.clock, 1.9 * SECOND);
    expect(service.runners[0]?.engaged).toHaveLength(1);
    advance(service.clock, SECOND);
    expect(visit.verdict?.outcome).toBe('ok');
  });

  it('makes no runner attractive that refuses all for their size', () => {
    const runners = [[nacks('size')], ...Array.from({ length: 3 }, () => [ok()])];
    const parts = { placer: placerByName.least };
    const service = createService({ runners, functions, parts });
    for (let i = 0; i < 200; i++) {
      service.call();
      advance(service.clock, 20 * MS);
    }
    expect(service.runners[0]?.engaged.length).toBeLessThan(10);
  });
});
