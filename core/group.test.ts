/** Laws between who waits, who comes, and runners that refuse, leave, or break their word. */
import { describe, expect, it } from 'vitest';
import { breaks, nacks, ok, scriptedRunner } from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { createPool } from './pools.js';
import type { MakePlacer } from './placer.js';
import { placerByName } from './placer.js';

const functions = { hello: { timeoutMs: 60_000 } };

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

describe('calls that waited', () => {
  it('keep their place when they were called up in vain, however full the room is', () => {
    const clock = createVirtualClock();
    const pool = createPool();
    const options = { waitingMax: 2, placementMs: 10_000, tickMs: 20_000 };
    const service = createService({ parts: { pool, clock }, options });
    const first = service.call();
    const second = service.call();
    pool.add(scriptedRunner(clock, 'a', [nacks('busy')]));
    // The first is at the runner, and somebody takes its seat.
    const third = service.call();
    advance(clock, SECOND);
    expect([first, second, third].map(({ verdict }) => verdict?.code)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(service.balancer.held.waiting).toBe(3);
    drain(clock);
    expect(first.verdict?.code).toBe('not_placed');
    expect(service.idle()).toBe(true);
  });

  it('fill a runner that joins in few round trips, however many slots it has', () => {
    const clock = createVirtualClock();
    const pool = createPool();
    const service = createService({ parts: { pool, clock }, functions });
    for (let i = 0; i < 1000; i++) service.call();
    const late = ok().map((line) => ({ ...line, afterUs: 10 * SECOND }));
    const runner = scriptedRunner(clock, 'a', [late]);
    pool.add(runner);
    // Ten steps of two round trips that nobody has measured yet, 10 ms each.
    advance(clock, 220 * MS);
    expect(runner.engaged).toHaveLength(1000);
  });

  it('all hear of a runner that fails at once, and none is left behind', () => {
    const clock = createVirtualClock();
    const pool = createPool();
    const service = createService({ parts: { pool, clock }, functions });
    const visits = Array.from({ length: 2000 }, () => service.call());
    const runner = scriptedRunner(clock, 'a', [ok()]);
    Object.assign(runner, {
      engage: () => {
        throw new Error('boom');
      },
    });
    pool.add(runner);
    drain(clock);
    expect(visits.every(({ verdict }) => verdict !== undefined)).toBe(true);
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

describe('groups beyond a thousand', () => {
  it('are forgotten when no call is in them, and kept while one is', () => {
    const made: string[] = [];
    const closed: string[] = [];
    const placer: MakePlacer = (parts) => {
      const name = `g${made.length}`;
      made.push(name);
      return { ...placerByName.naive(parts), close: () => closed.push(name) };
    };
    const names = Array.from({ length: 1002 }, (_, index) => `g${index}`);
    const inGroups = Object.fromEntries(names.map((name) => [name, { group: name }]));
    const late = ok().map((line) => ({ ...line, afterUs: 10 * SECOND }));
    const service = createService({
      runners: [[late, ok()]],
      functions: inGroups,
      parts: { placer },
    });
    for (const fn of names.slice(0, 1000)) {
      service.call({ fn });
      // All but the first have their answer by then.
      advance(service.clock, 5 * MS);
    }
    expect(closed).toEqual([]);
    service.call({ fn: 'g1000' });
    // The longest unused of those that no call is in.
    expect(closed).toEqual(['g1']);
    service.call({ fn: 'g2' });
    advance(service.clock, 5 * MS);
    service.call({ fn: 'g1001' });
    expect(closed).toEqual(['g1', 'g3']);
    drain(service.clock);
    service.call({ fn: 'g0' });
    expect(made).toHaveLength(1002);
    // It begins anew: what was disposed of must not serve a call.
    service.call({ fn: 'g1' });
    expect(made).toHaveLength(1003);
  });

  it('a placer that throws keeps no group', () => {
    let asked = 0;
    const placer: MakePlacer = () => ({
      order() {
        asked += 1;
        throw new Error('mine');
      },
    });
    const service = createService({ runners: [[ok()]], parts: { placer } });
    const visit = service.call();
    drain(service.clock);
    expect(asked).toBe(1);
    expect(visit.verdict).toMatchObject({ outcome: 'failed', code: 'internal', status: 500 });
    expect(service.idle()).toBe(true);
  });
});
