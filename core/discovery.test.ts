/** Laws of a pool that follows what is said of a fleet. */
import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect, it, test } from 'vitest';
import { testCall } from '../test/support/calls.js';
import {
  hangs,
  scriptedRunner,
  START,
  type ScriptedRunner,
} from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { followTargets, type Target } from './discovery.js';
import { createPool } from './pools.js';

const GROUPS = ['default', 'red'];

function followed() {
  const clock = createVirtualClock();
  const pool = createPool({ runnersMax: 20 });
  const said = new Subject<readonly Target[]>();
  const made: { readonly target: Target; readonly runner: ScriptedRunner }[] = [];
  const problems: string[] = [];
  const following = followTargets(pool, said, {
    make(target) {
      const runner = scriptedRunner(clock, target.id, [hangs(START)]);
      made.push({ target, runner });
      return runner;
    },
    problem: (text) => problems.push(text),
  });
  const ids = (group: string): string[] => pool.snapshot(group).map(({ id }) => id);
  return { pool, said, made, problems, following, ids };
}

const targets: fc.Arbitrary<Target[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1', 'e:1'),
    group: fc.constantFrom(...GROUPS),
    weight: fc.constantFrom(1, 2),
  }),
  { selector: ({ id }) => id },
);

test('the pool is what was said last; who stays is the same runner, who left was closed once', () => {
  fc.assert(
    fc.property(fc.array(targets, { maxLength: 6 }), (lists) => {
      const { pool, said, made, problems, ids } = followed();
      let before: Target[] = [];
      let runners = new Map<string, unknown>();
      for (const list of lists) {
        said.next(list);
        for (const group of GROUPS) {
          const wanted = list.filter((target) => target.group === group).map(({ id }) => id);
          expect(ids(group).sort()).toEqual(wanted.sort());
        }
        const now = new Map(
          GROUPS.flatMap((group) => pool.snapshot(group)).map((runner) => [runner.id, runner]),
        );
        for (const target of list) {
          const same = before.some((one) => JSON.stringify(one) === JSON.stringify(target));
          if (same) expect(now.get(target.id)).toBe(runners.get(target.id));
          else expect(now.get(target.id)).not.toBe(runners.get(target.id));
        }
        [before, runners] = [list, now];
      }
      const inPool = new Set<unknown>(runners.values());
      for (const { runner } of made) expect(runner.closed).toBe(!inPool.has(runner));
      expect(problems).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('drains who leaves: its calls go on', () => {
  const { said, made, ids } = followed();
  said.next([{ id: 'a:1', group: 'default' }]);
  const { runner } = made[0]!;
  const call = runner.engage(testCall(createVirtualClock()), 1).subscribe();
  said.next([]);
  expect([ids('default'), runner.open]).toEqual([[], 1]);
  call.unsubscribe();
  expect(runner.open).toBe(0);
});

it('says what it could not take up, and takes up the rest', () => {
  const { said, problems, ids, pool } = followed();
  const many = Array.from({ length: 21 }, (_, index) => ({ id: `r${index}`, group: 'default' }));
  said.next([...many, { id: 'r0', group: 'red' }]);
  expect(problems).toEqual(['runner r0 is named twice', 'runner r20: Runner pool full']);
  expect(ids('default')).toHaveLength(20);
  said.error(new Error('no registry'));
  expect(problems[2]).toBe('no registry');
  expect(pool.snapshot('default')).toHaveLength(20);
});

it('follows no more when unsubscribed, and leaves the pool as it is', () => {
  const { said, following, ids } = followed();
  said.next([{ id: 'a:1', group: 'default' }]);
  following.unsubscribe();
  said.next([]);
  expect(ids('default')).toEqual(['a:1']);
});
