/** Laws between who waits, who comes, and runners that refuse, leave, or break their word. */
import { describe, expect, it } from 'vitest';
import { breaks, nacks, ok, scriptedRunner, type Script } from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { createPool } from './pools.js';
import type { MakePlacer } from './placer.js';
import { placerByName } from './placer.js';

const functions = { hello: { timeoutMs: 60_000 }, big: { timeoutMs: 60_000 } };

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

describe('runners that leave', () => {
  it('so that only ejected ones are left lift the ejections, and who waits goes there', () => {
    const clock = createVirtualClock();
    const made = ['a', 'b', 'c', 'd'].map((id, index) =>
      scriptedRunner(clock, id, index < 2 ? [breaks(), ok()] : [ok()]),
    );
    const pool = createPool();
    for (const runner of made) pool.add(runner);
    const options = { ejectAfter: 1, ejectMs: 30_000, ejectMaxMs: 30_000 };
    const service = createService({ options, parts: { pool, clock } });
    for (let i = 0; i < 2; i++) {
      service.call();
      advance(clock, 50 * MS);
    }
    pool.remove('c').subscribe();
    pool.remove('d').subscribe();
    const changes = service.probed.flatMap((event) =>
      event.kind === 'runner' ? [`${event.runner} ${event.change}`] : [],
    );
    expect(changes.filter((one) => / (?:ejected|panic)$/.test(one))).toEqual([
      'a ejected',
      'b ejected',
      'c panic',
    ]);
    const visit = service.call();
    advance(clock, 50 * MS);
    expect(visit.verdict?.outcome).toBe('ok');
  });
});

describe('a second chance', () => {
  it('is none where there is no other runner, and is not waited for', () => {
    const service = createService({
      runners: [[breaks()]],
      functions: { hello: { timeoutMs: 60_000, idempotent: true } },
    });
    const visit = service.call();
    advance(service.clock, 50 * MS);
    expect(visit.verdict).toMatchObject({ outcome: 'failed', code: 'broken', status: 502 });
    expect(service.idle()).toBe(true);
  });
});

describe("somebody else's code", () => {
  it('that throws as it opens an engagement fails its call, and nothing is held', () => {
    const service = createService({ runners: [[ok()]] });
    Object.assign(service.runners[0]!, {
      engage: () => {
        throw new Error('boom');
      },
    });
    const visit = service.call();
    drain(service.clock);
    expect(visit.verdict).toMatchObject({ outcome: 'failed', code: 'internal', status: 500 });
    expect(service.idle()).toBe(true);
  });

  it('that throws as its placer is closed does not keep the pool open', () => {
    const placer: MakePlacer = (parts) => ({
      ...placerByName.naive(parts),
      close() {
        throw new Error('mine');
      },
    });
    const service = createService({ runners: [[ok()]], parts: { placer } });
    service.call();
    drain(service.clock);
    let done = false;
    service.balancer.close().subscribe({ complete: () => (done = true) });
    drain(service.clock);
    expect([done, service.runners[0]?.closed]).toEqual([true, true]);
  });

  it('that orders one runner for ever is asked no more often than there are runners', () => {
    let asked = 0;
    const placer: MakePlacer = () => ({
      order: (_call, runners) => ({
        next() {
          asked += 1;
          return runners[0];
        },
      }),
    });
    const service = createService({
      runners: ['a', 'b', 'c'].map(() => [nacks('busy')]),
      parts: { placer },
      options: { placementMs: 5, tickMs: 10_000 },
    });
    const visit = service.call();
    advance(service.clock, SECOND);
    expect(visit.verdict).toMatchObject({ outcome: 'refused', code: 'not_placed' });
    expect(asked).toBeLessThanOrEqual(3);
  });
});
