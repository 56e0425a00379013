/** Laws of pools: who is in, who leaves, and how they close. */
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { testCall } from '../test/support/calls.js';
import { hangs, ok, scriptedRunner, START } from '../test/support/scripted-runner.js';
import type { ScriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import type { DynamicPool, Pool } from './pool.js';
import { PoolError, createPool, staticPool } from './pools.js';
import type { Runner } from './runner.js';

const clock = createVirtualClock();
const runnerOf = (id: string): ScriptedRunner => scriptedRunner(clock, id, [hangs(START)]);
const ids = (pool: Pool, group = 'default'): string[] => pool.snapshot(group).map(({ id }) => id);
/** A call that hangs on the runner until it is unsubscribed. */
const busy = (runner: Runner) => {
  const error = sinon.spy();
  const subscription = runner.engage(testCall(clock), 1).subscribe({ error });
  return { error, leave: () => subscription.unsubscribe() };
};
const ending = (end: ReturnType<Pool['close']>) => {
  const told = { complete: sinon.spy(), error: sinon.spy() };
  end.subscribe(told);
  return told;
};
const filled = (...runners: readonly Runner[]): DynamicPool => {
  const pool = createPool();
  for (const runner of runners) pool.add(runner);
  return pool;
};

describe('every pool', () => {
  const pools: readonly [string, (...runners: readonly Runner[]) => Pool][] = [
    ['fixed', (...runners) => staticPool(runners)],
    ['dynamic', filled],
  ];

  it.each(pools)('%s: lists runners in the order they came, and lets nobody change it', (_, of) => {
    const [a, b, c] = [runnerOf('a'), runnerOf('b'), runnerOf('c')];
    const pool = of(c, a, b);
    expect(pool.snapshot('default')).toEqual([c, a, b]);
    expect(pool.snapshot('default')).toBe(pool.snapshot('default'));
    expect(() => (pool.snapshot('default') as Runner[]).pop()).toThrow(TypeError);
  });

  it.each(pools)('%s: closed it is empty at once, and waits for all runners', (_, of) => {
    const [a, b] = [runnerOf('a'), runnerOf('b')];
    const pool = of(a, b);
    const call = busy(b);
    const before = pool.snapshot('default');
    const told = ending(pool.close());
    expect(ids(pool)).toEqual([]);
    expect(before).toEqual([a, b]);
    expect([a.ready, b.ready]).toEqual([false, false]);
    sinon.assert.notCalled(told.complete);
    call.leave();
    sinon.assert.calledOnce(told.complete);
  });

  it.each(pools)('%s: closes subscribed or not, and of nobody at once', (_, of) => {
    const a = runnerOf('a');
    void of(a).close();
    expect(a.closed).toBe(true);
    sinon.assert.calledOnce(ending(of().close()).complete);
  });

  it.each(pools)('%s: ends with the first runner that failed, after all have settled', (_, of) => {
    const [a, b, c] = [runnerOf('a'), runnerOf('b'), runnerOf('c')];
    b.closeError = new Error('b is stuck');
    c.closeError = new Error('c is stuck');
    const pool = of(a, b, c);
    const [last, middle] = [busy(a), busy(b)];
    const end = pool.close();
    const told = ending(end);
    middle.leave();
    sinon.assert.notCalled(told.error);
    last.leave();
    sinon.assert.calledOnceWithExactly(told.error, b.closeError);
    // Who subscribes late is told the same; who closes again was told by the first.
    sinon.assert.calledOnceWithExactly(ending(end).error, b.closeError);
    sinon.assert.calledOnce(ending(pool.close()).complete);
  });

  it.each(pools)('%s: closing again waits for the same end', (_, of) => {
    const a = runnerOf('a');
    const pool = of(a);
    const call = busy(a);
    pool.close().subscribe().unsubscribe();
    const again = ending(pool.close());
    sinon.assert.notCalled(again.complete);
    call.leave();
    sinon.assert.calledOnce(again.complete);
  });

  it.each(pools)('%s: cut breaks what is open, and close has its end', (_, of) => {
    const [a, b] = [runnerOf('a'), runnerOf('b')];
    const pool = of(a, b);
    const call = busy(b);
    const told = ending(pool.close());
    pool.cut();
    sinon.assert.calledOnceWithMatch(call.error, { code: 'broken' });
    sinon.assert.calledOnce(told.complete);
    const other = of(runnerOf('c'));
    other.cut();
    expect(ids(other)).toEqual([]);
    sinon.assert.calledOnce(ending(other.close()).complete);
  });

  it.each(pools)('%s: cut waits for nobody, not for a runner that breaks its word', (_, of) => {
    const deaf = Object.assign(runnerOf('a'), {
      cut: () => {
        throw new Error('no');
      },
    });
    const b = runnerOf('b');
    const pool = of(deaf, b);
    const calls = [busy(deaf), busy(b)];
    const told = ending(pool.close());
    pool.cut();
    sinon.assert.calledOnce(told.complete);
    sinon.assert.notCalled(calls[0]?.error ?? sinon.spy());
    sinon.assert.calledOnce(calls[1]?.error ?? sinon.spy());
    calls[0]?.leave();
  });
});

describe('a fixed pool', () => {
  it('serves every group', () => {
    const pool = staticPool([runnerOf('a')]);
    expect([ids(pool, 'x'), ids(pool, 'default')]).toEqual([['a'], ['a']]);
  });

  it('is not made of two runners with one id, and closes what it was given', () => {
    const all = [runnerOf('a'), runnerOf('b'), runnerOf('a')];
    expect(() => staticPool(all)).toThrow(new PoolError('exists', 'a'));
    expect(all.map(({ closed }) => closed)).toEqual([true, true, true]);
  });
});

describe('a pool whose runners come and go', () => {
  it('keeps groups apart; one that nobody is in is empty', () => {
    const pool = createPool();
    pool.add(runnerOf('a'), 'red');
    pool.add(runnerOf('b'));
    pool.add(runnerOf('c'), 'red');
    expect([ids(pool, 'red'), ids(pool), ids(pool, 'blue')]).toEqual([['a', 'c'], ['b'], []]);
  });

  it.each(['default', 'another'])(
    'refuses an id that is in, in group %s, and closes it',
    (group) => {
      const pool = filled(runnerOf('a'));
      const second = runnerOf('a');
      expect(() => pool.add(second, group)).toThrow('Runner already exists');
      expect([second.closed, ids(pool)]).toEqual([true, ['a']]);
    },
  );

  it('refuses a runner that it has, and does not close it', () => {
    const a = runnerOf('a');
    const pool = filled(a);
    expect(() => pool.add(a)).toThrow(new PoolError('exists', 'a'));
    expect([a.closed, ids(pool)]).toEqual([false, ['a']]);
  });

  it('refuses every runner once it is closed or cut, and closes it', () => {
    for (const end of ['close', 'cut'] as const) {
      const pool = createPool();
      void pool[end]();
      const late = runnerOf('a');
      expect(() => pool.add(late)).toThrow('Runner pool closed');
      expect([late.closed, ids(pool)]).toEqual([true, []]);
    }
  });

  it('holds so many runners and no more, those that leave among them', () => {
    const pool = createPool({ runnersMax: 2 });
    const a = runnerOf('a');
    pool.add(a);
    pool.add(runnerOf('b'));
    const call = busy(a);
    void pool.remove('a');
    const late = runnerOf('c');
    expect(() => pool.add(late)).toThrow('Runner pool full');
    expect(late.closed).toBe(true);
    call.leave();
    pool.add(runnerOf('d'));
    expect(ids(pool)).toEqual(['b', 'd']);
    expect(() => createPool({ runnersMax: 0 })).toThrow('runnersMax is 0, at least 1 is legal');
  });

  it('a removed runner is in no snapshot from then on, and ends its calls', () => {
    const [a, b] = [runnerOf('a'), runnerOf('b')];
    const pool = filled(a, b);
    const [before, call] = [pool.snapshot('default'), busy(a)];
    const told = ending(pool.remove('a'));
    expect([ids(pool), before]).toEqual([['b'], [a, b]]);
    expect(a.ready).toBe(false);
    sinon.assert.notCalled(told.complete);
    sinon.assert.notCalled(call.error);
    call.leave();
    sinon.assert.calledOnce(told.complete);
    sinon.assert.notCalled(told.error);
  });

  it('removes subscribed or not, an unknown id at once, and says what went wrong', () => {
    const [a, b] = [runnerOf('a'), runnerOf('b')];
    const pool = filled(a, b);
    void pool.remove('a');
    expect([ids(pool), a.closed]).toEqual([['b'], true]);
    for (const id of ['a', 'never']) sinon.assert.calledOnce(ending(pool.remove(id)).complete);
    b.closeError = new Error('b is stuck');
    sinon.assert.calledOnceWithExactly(ending(pool.remove('b')).error, b.closeError);
  });

  it('an id is free again while its runner still drains', () => {
    const [old, young] = [runnerOf('a'), runnerOf('a')];
    const pool = filled(old);
    const call = busy(old);
    const told = ending(pool.remove('a'));
    pool.add(young);
    expect(pool.snapshot('default')).toEqual([young]);
    call.leave();
    sinon.assert.calledOnce(told.complete);
    expect([young.closed, pool.snapshot('default')[0] === young]).toEqual([false, true]);
  });

  it('close and cut reach those that are still leaving', () => {
    const [a, b] = [runnerOf('a'), runnerOf('b')];
    const pool = filled(a, b);
    const call = busy(a);
    void pool.remove('a');
    const told = ending(pool.close());
    sinon.assert.notCalled(told.complete);
    pool.cut();
    sinon.assert.calledOnceWithMatch(call.error, { code: 'broken' });
    sinon.assert.calledOnce(told.complete);
  });

  it('a runner that ends at once or throws holds nothing up', () => {
    const bad = Object.assign(scriptedRunner(clock, 'bad', [ok()]), {
      close: () => {
        throw new Error('no');
      },
    });
    const a = runnerOf('a');
    const pool = filled(bad, a);
    sinon.assert.calledOnceWithMatch(ending(pool.close()).error, { message: 'no' });
    expect(a.closed).toBe(true);
  });
});
