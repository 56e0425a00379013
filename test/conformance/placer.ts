/** The laws of PORT Placer: an order is a permutation of one snapshot, and nothing else. */
import { strict as assert } from 'node:assert';
import { NEVER } from 'rxjs';
import type { Clock } from '../../core/clock.js';
import type { MakePlacer, Placer } from '../../core/placer.js';
import { seededRng } from '../../core/rng.js';
import type { Runner } from '../../core/runner.js';
import type { Standing } from '../../core/standing.js';
import { callOf } from './call.js';
import { plainLaw, type Law } from './law.js';
import { standingOf, type Belief } from './standing.js';

/** Time that stands still: an order is given at once, whatever a placer wants to look at later. */
function stillClock(): Clock & { readonly pending: number } {
  const waiting = new Set<object>();
  return {
    now: () => 1_000_000,
    wall: () => 0,
    after() {
      const timer = { cancel: () => void waiting.delete(timer) };
      waiting.add(timer);
      return timer;
    },
    get pending() {
      return waiting.size;
    },
  };
}
const STILL: Clock = stillClock();

/** A runner that may be chosen, and asked how it is, which it never says. */
function untouchable(id: string): Runner {
  const never = (): never => assert.fail('a placer opens nothing');
  const touched = { engage: never, status: () => NEVER, close: never, cut: never };
  return { id, ready: true, readiness: never, ...touched };
}

const fleet = (count: number, beliefOf?: (index: number) => Partial<Belief>): readonly Standing[] =>
  Object.freeze(
    Array.from({ length: count }, (_, index) =>
      standingOf(untouchable(`r${index}`), beliefOf?.(index)),
    ),
  );

/** All runners of a round by id. */
function round(placer: Placer, runners: readonly Standing[], fn = 'hello'): string[] {
  const order = placer.order(callOf(STILL, { fn }), runners, STILL.now());
  const ids: string[] = [];
  for (let next = order.next(); next !== undefined; next = order.next()) {
    ids.push(next.runner.id);
    assert.ok(ids.length <= runners.length, 'more than every runner once');
  }
  assert.equal(order.next(), undefined, 'a round that is over goes on');
  return ids;
}

const sorted = (list: readonly string[]): string[] => [...list].sort();
const idsOf = (runners: readonly Standing[]): string[] =>
  sorted(runners.map(({ runner }) => runner.id));

const made = (make: MakePlacer, seed: number): Placer =>
  make({ rng: seededRng(seed), clock: STILL });

const placers = (name: string, holds: (make: MakePlacer) => void) =>
  plainLaw<MakePlacer>(name, holds);

export const placerLaws: readonly Law<MakePlacer>[] = [
  placers('a round has each runner exactly once, however many there are', (make) => {
    const placer = made(make, 1);
    for (const count of [0, 1, 2, 3, 7, 64, 1000]) {
      const runners = fleet(count);
      for (let i = 0; i < 5; i++) {
        assert.deepEqual(sorted(round(placer, runners, `fn-${i}`)), idsOf(runners));
      }
    }
  }),

  placers('runners come and go between rounds', (make) => {
    const placer = made(make, 2);
    for (const count of [3, 5, 0, 1, 10, 2, 9, 9, 4]) {
      const runners = fleet(count);
      assert.deepEqual(sorted(round(placer, runners)), idsOf(runners));
    }
  }),

  placers('rounds that run at once do not disturb each other', (make) => {
    const placer = made(make, 3);
    const runners = fleet(5);
    const orders = Array.from({ length: 4 }, (_, index) =>
      placer.order(callOf(STILL, { fn: `fn-${index % 2}` }), runners, STILL.now()),
    );
    const ids = orders.map((): string[] => []);
    for (let step = 0; step < runners.length; step++) {
      for (const [index, order] of orders.entries())
        ids[index]?.push(order.next()?.runner.id ?? '');
    }
    for (const one of ids) assert.deepEqual(sorted(one), idsOf(runners));
  }),

  placers('a round that is not asked to its end leaves nothing undone', (make) => {
    const placer = made(make, 4);
    const runners = fleet(5);
    for (let i = 0; i < 20; i++) placer.order(callOf(STILL), runners, STILL.now()).next();
    assert.deepEqual(sorted(round(placer, runners)), idsOf(runners));
  }),

  placers('whoever is usable is in a round, whatever is believed of the runners', (make) => {
    const [placer, rng] = [made(make, 6), seededRng(7)];
    for (let i = 0; i < 200; i++) {
      const runners = fleet(rng.int(20), () => ({
        inFlight: rng.int(5),
        acceptance: 0.01 + 0.99 * rng.float(),
        latencyUs: rng.int(1_000_000),
        weight: rng.int(2) === 0 ? 1 : 0.1 + 10 * rng.float(),
        usable: rng.int(4) > 0,
      }));
      const given = round(placer, runners, `fn-${i % 5}`);
      assert.equal(new Set(given).size, given.length, 'a runner came twice');
      const usable = runners.filter((one) => one.usable(STILL.now()));
      const missing = idsOf(usable).filter((id) => !given.includes(id));
      assert.deepEqual(missing, [], 'a runner that is usable was left out');
    }
  }),

  placers('a placer that is closed holds nothing, and takes up nothing', (make) => {
    const clock = stillClock();
    const placer = make({ rng: seededRng(8), clock });
    const runners = fleet(5);
    for (let i = 0; i < 20; i++) placer.order(callOf(STILL), runners, clock.now()).next();
    placer.close?.();
    assert.equal(clock.pending, 0, 'a timer is left behind');
    placer.order(callOf(STILL), runners, clock.now()).next();
    assert.equal(clock.pending, 0, 'a timer is set after the end');
  }),

  placers('the same stream of chance, and the same calls, give the same orders', (make) => {
    const [one, other] = [made(make, 5), made(make, 5)];
    for (let i = 0; i < 50; i++) {
      const runners = fleet(1 + (i % 9));
      const fn = `fn-${i % 3}`;
      assert.deepEqual(round(one, runners, fn), round(other, runners, fn));
    }
  }),
];
