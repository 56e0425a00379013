/** What an LB says it believes: each thing that speaks against a runner, for as long as it does. */
import { expect, test } from 'vitest';
import { breaks, hangs, nacks, ok } from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance } from '../test/support/virtual.js';

const state = ({ balancer }: Service): unknown[] =>
  balancer.beliefs().map(({ runner, state, forMs }) => [runner, state, forMs]);

test('nothing of a group before its first call, then that its runners are open', () => {
  const service = createService({ runners: [[ok()], [ok()]] });
  expect(service.balancer.beliefs()).toEqual([]);
  service.call();
  advance(service.clock, 50 * MS);
  expect(state(service)).toEqual([
    ['a', 'open', 0],
    ['b', 'open', 0],
  ]);
  const [first] = service.balancer.beliefs();
  expect(first).toMatchObject({ group: 'default', acceptance: 1, inFlight: 0, weight: 1 });
  expect(first?.latencyMs).toBeGreaterThan(0);
});

test('a runner that refused is busy, one that failed is ejected until it is over', () => {
  const options = { ejectAfter: 1, ejectMs: 1000, ejectMaxMs: 1000, usableMin: 0.1 };
  const service = createService({ runners: [[breaks()], [nacks(), ok()], [hangs()]], options });
  service.call();
  advance(service.clock, 5 * MS);
  service.call();
  advance(service.clock, 5 * MS);
  const beliefs = service.balancer.beliefs();
  expect(beliefs.map((belief) => belief.state)).toEqual(['ejected', 'busy', 'open']);
  const [ejected, busy, open] = beliefs;
  expect(ejected).toMatchObject({ ejections: 1 });
  expect(ejected?.forMs).toBeGreaterThan(980);
  expect(busy?.acceptance).toBeLessThan(1);
  expect(open?.inFlight).toBe(1);
  advance(service.clock, 2 * SECOND);
  expect(service.balancer.beliefs()[0]?.state).toBe('open');
});
