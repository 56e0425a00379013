/** Laws of a pool whose runners come, drain and go, against a model of plain lists. */
import fc from 'fast-check';
import type { Observable, Subscription } from 'rxjs';
import { expect, it } from 'vitest';
import { testCall } from '../test/support/calls.js';
import { hangs, scriptedRunner, START } from '../test/support/scripted-runner.js';
import type { ScriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { createPool, PoolError } from './pools.js';
import type { Runner } from './runner.js';

const RUNNERS_MAX = 4;
const GROUPS = ['default', 'red'];
const COMPLETE = 'complete';

/** A runner, and the calls that hang on it. */
interface One {
  readonly runner: ScriptedRunner;
  readonly group: string;
  readonly calls: Subscription[];
}
/** The end of a remove or a close. */
interface End {
  readonly end: Observable<never>;
  /** It waits for all of these. */
  readonly of: readonly One[];
  /** Only who closes first hears how its runners ended. */
  readonly tells: boolean;
}
interface Awaited {
  readonly end: End;
  readonly told: unknown[];
}

class Model {
  /** In the order of coming. */
  members: One[] = [];
  /** Closed and not drained, in the order of closing. */
  leaving: One[] = [];
  /** All that the pool was ever given. */
  readonly given: One[] = [];
  /** What a close waits for, once there was one. */
  closing: readonly One[] | undefined;
  readonly changes: string[] = [];
}

class Real {
  readonly pool = createPool({ runnersMax: RUNNERS_MAX });
  readonly changes: string[] = [];
  readonly awaited: Awaited[] = [];
  /** Snapshots that were given out, with who was in them. */
  readonly snapshots: { readonly given: readonly Runner[]; readonly of: readonly Runner[] }[] = [];

  constructor() {
    this.pool.changes().subscribe((group) => this.changes.push(group));
  }
}

const clock = createVirtualClock();
const engage = (one: One): void => {
  const error = (): void => undefined;
  one.calls.push(one.runner.engage(testCall(clock), 1).subscribe({ error }));
};
const drained = ({ runner }: One): boolean => runner.closed && runner.open === 0;
const same = (some: readonly Runner[], others: readonly Runner[]): boolean =>
  some.length === others.length && some.every((one, index) => one === others[index]);

function expected({ of, tells }: End): unknown[] {
  if (!of.every(drained)) return [];
  const error = of.find(({ runner }) => runner.closeError !== undefined)?.runner.closeError;
  return [tells && error !== undefined ? error : COMPLETE];
}

function listen({ awaited }: Real, end: End): void {
  const told: unknown[] = [];
  awaited.push({ end, told });
  const complete = (): void => void told.push(COMPLETE);
  end.end.subscribe({ complete, error: (error: unknown) => told.push(error) });
}

/** What holds after every step. */
function check(model: Model, { pool, changes, snapshots, awaited }: Real): void {
  model.leaving = model.leaving.filter((one) => !drained(one));
  for (const group of GROUPS) {
    const given = pool.snapshot(group);
    const inIt = model.members.filter((one) => one.group === group);
    expect(
      same(
        given,
        inIt.map(({ runner }) => runner),
      ),
    ).toBe(true);
    expect(Object.isFrozen(given)).toBe(true);
    if (!snapshots.some((one) => one.given === given)) snapshots.push({ given, of: [...given] });
  }
  expect(snapshots.every(({ given, of }) => same(given, of))).toBe(true);
  expect(changes).toEqual(model.changes);
  // Whoever is not in has been closed, and nobody else.
  const open = model.given.filter(({ runner }) => !runner.closed);
  expect(open.every((one) => model.members.includes(one))).toBe(true);
  expect(open).toHaveLength(model.members.length);
  for (const { end, told } of awaited) expect(told).toEqual(expected(end));
}

const command = (name: string, work: (model: Model, real: Real) => void) => ({
  check: () => true,
  toString: () => name,
  run(model: Model, real: Real) {
    work(model, real);
    check(model, real);
  },
});
/** A new runner, perhaps one with calls, and one that will not close well. */
const add = (id: string, group: string, calls: number, fails: boolean) =>
  command(`add ${id} ${group} ${calls} ${fails}`, (model, { pool }) => {
    const one: One = { runner: scriptedRunner(clock, id, [hangs(START)]), group, calls: [] };
    for (let i = 0; i < calls; i++) engage(one);
    if (fails) one.runner.closeError = new Error(`${id} ${model.given.length} is stuck`);
    const there = model.members.some(({ runner }) => runner.id === id);
    const full = model.members.length + model.leaving.length >= RUNNERS_MAX;
    model.given.push(one);
    const code =
      model.closing !== undefined ? 'closed' : there ? 'exists' : full ? 'full' : undefined;
    if (code === undefined) {
      pool.add(one.runner, group);
      model.members.push(one);
      model.changes.push(group);
    } else {
      expect(() => pool.add(one.runner, group)).toThrow(new PoolError(code, id));
      model.leaving.push(one);
    }
  });
const addAgain = (nth: number) =>
  command(`add again ${nth}`, ({ members }, { pool }) => {
    const one = members[nth % members.length];
    if (one !== undefined) expect(() => pool.add(one.runner)).toThrow(PoolError);
  });
const remove = (id: string) =>
  command(`remove ${id}`, (model, real) => {
    const of = model.members.filter(({ runner }) => runner.id === id);
    listen(real, { end: real.pool.remove(id), of, tells: true });
    model.members = model.members.filter((one) => !of.includes(one));
    model.leaving.push(...of);
    model.changes.push(...of.map(({ group }) => group));
  });
const use = (nth: number) =>
  command(`use ${nth}`, ({ members }) => {
    const one = members[nth % members.length];
    if (one !== undefined) engage(one);
  });
/** A call ends, wherever it is. */
const free = (nth: number) =>
  command(`free ${nth}`, ({ members, leaving }) => {
    const busy = [...members, ...leaving].filter(({ runner }) => runner.open > 0);
    busy[nth % busy.length]?.calls.shift()?.unsubscribe();
  });
/** Whoever asks late for an end is told the same. */
const ask = (nth: number) =>
  command(`ask ${nth}`, (_, real) => {
    const { end } = real.awaited[nth % real.awaited.length] ?? {};
    if (end !== undefined) listen(real, end);
  });
const close = command('close', (model, real) => {
  const tells = model.closing === undefined;
  model.closing ??= [...model.leaving, ...model.members];
  listen(real, { end: real.pool.close(), of: model.closing, tells });
  model.leaving.push(...model.members);
  model.members = [];
});
const cut = command('cut', (model, { pool }) => {
  const all = [...model.leaving, ...model.members];
  pool.cut();
  model.closing ??= [];
  model.members = [];
  for (const { runner } of all) expect([runner.closed, runner.open]).toEqual([true, 0]);
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const nth = fc.nat(20);
const added = fc.tuple(id, fc.constantFrom(...GROUPS), fc.nat(2), fc.boolean());
const coming = added.map((given) => add(...given));
const steps = [coming, id.map(remove), nth.map(use), nth.map(free), nth.map(ask)];
/** As rare as they are in the life of a pool. */
const last = fc.oneof(
  { arbitrary: nth.map(addAgain), weight: 8 },
  { arbitrary: fc.constant(close), weight: 2 },
  { arbitrary: fc.constant(cut), weight: 1 },
);

it('in any order of coming, leaving, draining and closing a pool is what lists are', () => {
  const commands = fc.commands<Model, Real>([coming, ...steps, ...steps, last], {
    maxCommands: 50,
    size: 'max',
  });
  fc.assert(
    fc.property(commands, (all) => {
      fc.modelRun(() => ({ model: new Model(), real: new Real() }), all);
    }),
    { numRuns: 100 },
  );
});
