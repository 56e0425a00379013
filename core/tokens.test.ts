/** Laws of tokens: who they call up, how often, and who must not come before. */
import { expect, it } from 'vitest';
import { breaks, nacks, ok, scriptedRunner } from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { createPool } from './pools.js';

/** It answers, after a while. */
const late = ok().map((line) => ({ ...line, afterUs: 100 * MS }));
const functions = { hello: { timeoutMs: 60_000 } };
/** No tick comes to the rescue. */
const options = { tickMs: 20_000, busyMemoryMs: 10 };

const offers = (service: Service): number => service.runners[0]?.engaged.length ?? 0;
const endOfFirst = (service: Service): number =>
  service.probed.find(({ kind }) => kind === 'attempt-end')?.at ?? 0;

it('a call that comes does not overtake one that waits for the same runner', () => {
  const service = createService({ runners: [[late, nacks(), ok()]], functions, options });
  service.call();
  service.call();
  advance(service.clock, 50 * MS);
  // The NACK is not believed any more, so that the runner would be asked if nobody waited.
  service.call();
  expect(offers(service)).toBe(2);
  expect(service.balancer.held.waiting).toBe(2);
});

it('one that is spent is no sign of room for the next call', () => {
  const service = createService({ runners: [[late, nacks(), late]], functions, options });
  service.call();
  service.call();
  while (endOfFirst(service) === 0) advance(service.clock, MS);
  expect(offers(service)).toBe(3);
  service.call();
  expect(offers(service)).toBe(3);
  expect(service.balancer.held.waiting).toBe(1);
});

it('goes on to the next when the one that it calls up gives up at that instant', () => {
  const runners = [[late, nacks(), ok()]];
  const first = createService({ runners, functions, options });
  const startedAt = first.clock.now();
  first.call();
  advance(first.clock, SECOND);
  const tookUs = endOfFirst(first) - startedAt;

  const placementMs = 50;
  const service = createService({ runners, functions, options: { ...options, placementMs } });
  service.call();
  advance(service.clock, tookUs - placementMs * MS);
  const inVain = service.call();
  advance(service.clock, 40 * MS);
  const next = service.call();
  advance(service.clock, SECOND);
  expect(inVain.verdict?.code).toBe('not_placed');
  expect(next.verdict?.outcome).toBe('ok');
});

it('comes of a panic too: who waits is called up by whoever is not ejected any more', () => {
  const clock = createVirtualClock();
  const scripts = [[breaks(), ok()], [breaks(), ok()], [nacks()], [nacks()]];
  const pool = createPool();
  scripts.forEach((script, index) => pool.add(scriptedRunner(clock, `r${index}`, script)));
  const ejects = { ejectAfter: 1, ejectMs: 30_000, ejectMaxMs: 30_000 };
  const service = createService({
    functions,
    options: { ...options, ...ejects },
    parts: { pool, clock },
  });
  for (let i = 0; i < 2; i++) {
    service.call();
    advance(clock, 50 * MS);
  }
  const visit = service.call();
  advance(clock, 50 * MS);
  expect(service.balancer.held.waiting).toBe(1);
  pool.remove('r2').subscribe();
  pool.remove('r3').subscribe();
  advance(clock, 50 * MS);
  expect(visit.verdict?.outcome).toBe('ok');
});
