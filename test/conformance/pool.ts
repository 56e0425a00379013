/** The laws of PORT Pool: snapshots never change, and closing waits for every runner once. */
import { strict as assert } from 'node:assert';
import { NEVER, Subject } from 'rxjs';
import type { DynamicPool, Pool } from '../../core/pool.js';
import type { Runner } from '../../core/runner.js';
import { plainLaw, type Law } from './law.js';

/** Makes a pool of these runners, in this order, in the group "default". */
export type MakePool = (runners: readonly Runner[]) => Pool;

/** Makes an empty pool. */
export type MakeDynamicPool = () => DynamicPool;

/** A runner that only counts how it is let go of. */
interface Counted extends Runner {
  closes: number;
  cuts: number;
  /** Times that it was asked to do something else. */
  asked: number;
  readonly end: Subject<never>;
}

function counted(id: string): Counted {
  const self: Counted = {
    id,
    ready: true,
    readiness: () => NEVER,
    closes: 0,
    cuts: 0,
    asked: 0,
    end: new Subject<never>(),
    engage() {
      self.asked += 1;
      return NEVER;
    },
    status() {
      self.asked += 1;
      return NEVER;
    },
    close() {
      self.closes += 1;
      return self.end.asObservable();
    },
    cut() {
      self.cuts += 1;
      self.end.complete();
    },
  };
  return self;
}

const some = (): [Counted, Counted, Counted] => [counted('a'), counted('b'), counted('c')];
const ids = (runners: readonly Runner[]): string => runners.map(({ id }) => id).join();

/** How a closing goes. */
function watch(pool: Pool): { completed: number; errors: unknown[] } {
  const seen = { completed: 0, errors: [] as unknown[] };
  pool.close().subscribe({
    error: (error: unknown) => seen.errors.push(error),
    complete: () => (seen.completed += 1),
  });
  return seen;
}

const pools = (name: string, holds: (make: MakePool) => void) => plainLaw<MakePool>(name, holds);

export const poolLaws: readonly Law<MakePool>[] = [
  pools('a snapshot has every runner in its order, and looking opens nothing', (make) => {
    const runners = some();
    const pool = make(runners);
    assert.deepEqual([...pool.snapshot('default')], [...runners]);
    for (const one of runners) assert.deepEqual([one.closes, one.cuts, one.asked], [0, 0, 0]);
  }),

  pools('while nothing changes a snapshot is the same array', (make) => {
    const pool = make(some());
    assert.equal(pool.snapshot('default'), pool.snapshot('default'));
  }),

  pools('a snapshot cannot be changed, by its holder or by its pool', (make) => {
    const runners = some();
    const pool = make(runners);
    const held = pool.snapshot('default');
    assert.throws(() => (held as Runner[]).pop(), TypeError);
    pool.cut();
    assert.equal(ids(held), 'a,b,c');
  }),

  pools('an empty pool is legal, and closes at once', (make) => {
    const pool = make([]);
    assert.deepEqual([...pool.snapshot('default')], []);
    assert.equal(watch(pool).completed, 1);
  }),

  pools('two runners of one id are refused, and let go of', (make) => {
    const [a, b] = some();
    const twin = counted('a');
    assert.throws(() => make([a, b, twin]), /already exists/);
    assert.equal(twin.closes, 1);
  }),

  pools('close begins at once, closes each runner once, and empties the pool', (make) => {
    const runners = some();
    const pool = make(runners);
    void pool.close();
    assert.deepEqual(
      runners.map(({ closes }) => closes),
      [1, 1, 1],
    );
    assert.deepEqual([...pool.snapshot('default')], []);
    void pool.close();
    assert.deepEqual(
      runners.map(({ closes }) => closes),
      [1, 1, 1],
    );
  }),

  pools('close completes when the last runner has ended, for all who wait', (make) => {
    const runners = some();
    const pool = make(runners);
    const [first, second] = [watch(pool), watch(pool)];
    runners[2].end.complete();
    runners[0].end.complete();
    assert.deepEqual([first.completed, second.completed], [0, 0]);
    runners[1].end.complete();
    assert.deepEqual([first.completed, second.completed, watch(pool).completed], [1, 1, 1]);
  }),

  pools(
    'close ends with the error of the first runner in order that had one, told once',
    (make) => {
      const runners = some();
      const pool = make(runners);
      const seen = watch(pool);
      const [early, late] = [new Error('of c'), new Error('of b')];
      runners[2].end.error(early);
      runners[1].end.error(late);
      assert.deepEqual(seen.errors, []);
      runners[0].end.complete();
      assert.deepEqual(seen.errors, [late]);
      const again = watch(pool);
      assert.deepEqual([again.completed, again.errors], [1, []]);
    },
  ),

  pools('cut cuts every runner, and close has its end', (make) => {
    const runners = some();
    const pool = make(runners);
    const seen = watch(pool);
    pool.cut();
    assert.deepEqual(
      runners.map(({ cuts }) => cuts),
      [1, 1, 1],
    );
    assert.equal(seen.completed + seen.errors.length, 1);
    assert.deepEqual([...pool.snapshot('default')], []);
  }),
];

const dynamic = (name: string, holds: (make: MakeDynamicPool) => void) =>
  plainLaw<MakeDynamicPool>(name, holds);

export const dynamicPoolLaws: readonly Law<MakeDynamicPool>[] = [
  dynamic('a group has its own runners, in the order they came', (make) => {
    const pool = make();
    const [a, b, c] = some();
    pool.add(b);
    pool.add(c, 'gpu');
    pool.add(a);
    assert.deepEqual(
      ['default', 'gpu', 'nobody'].map((group) => ids(pool.snapshot(group))),
      ['b,a', 'c', ''],
    );
  }),

  dynamic('a change leaves snapshots of before, and other groups, as they are', (make) => {
    const pool = make();
    const [a, b, c] = some();
    pool.add(a);
    pool.add(b, 'gpu');
    const [before, gpu] = [pool.snapshot('default'), pool.snapshot('gpu')];
    pool.add(c);
    pool.remove('a').subscribe();
    assert.equal(ids(before), 'a');
    assert.equal(pool.snapshot('gpu'), gpu);
    assert.equal(ids(pool.snapshot('default')), 'c');
  }),

  dynamic('an id is in the pool once, whatever the group; who is refused is let go of', (make) => {
    const pool = make();
    const [a] = some();
    const twin = counted('a');
    pool.add(a);
    assert.throws(() => pool.add(twin, 'gpu'), /already exists/);
    assert.deepEqual([a.closes, twin.closes], [0, 1]);
    assert.equal(ids(pool.snapshot('default')), 'a');
  }),

  dynamic(
    'who is removed is in no snapshot at once, and drains; its id is free at once',
    (make) => {
      const pool = make();
      const [a] = some();
      pool.add(a);
      let left = 0;
      pool.remove('a').subscribe({ complete: () => (left += 1) });
      assert.deepEqual([ids(pool.snapshot('default')), a.closes, left], ['', 1, 0]);
      pool.add(counted('a'));
      a.end.complete();
      assert.equal(left, 1);
      pool.remove('nobody').subscribe({ complete: () => (left += 1) });
      assert.equal(left, 2);
    },
  ),

  dynamic('close waits for those that were leaving before, and nobody joins any more', (make) => {
    const pool = make();
    const [a, b, c] = some();
    pool.add(a);
    pool.add(b);
    pool.remove('a').subscribe();
    const seen = watch(pool);
    b.end.complete();
    assert.equal(seen.completed, 0);
    assert.throws(() => pool.add(c), /closed/);
    assert.equal(c.closes, 1);
    a.end.complete();
    assert.equal(seen.completed, 1);
  }),
];
