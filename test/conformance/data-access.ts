/** The laws of PORT DataAccess: a question has an answer, or its own error; none can be spoiled. */
import { strict as assert } from 'node:assert';
import { take, type Observable } from 'rxjs';
import type { DataAccess } from '../../core/data-access.js';
import { CallError } from '../../core/errors.js';
import { law, type Law, type Make, type Rig } from './law.js';

/** Functions under test, some of which are known to the law. */
export interface DataRig extends Rig {
  readonly data: DataAccess;
  /** Id of a function that is there. */
  readonly fn: string;
  /** An app that is there, and a path of it that leads to `fn`; where there are apps. */
  readonly app?: { readonly id: string; readonly name: string; readonly path: string };
}

/** The first answer. */
async function answer<T>(rig: DataRig, source: Observable<T>): Promise<T> {
  const answers: T[] = [];
  let error: unknown;
  source.pipe(take(1)).subscribe({
    next: (value) => answers.push(value),
    error: (told: unknown) => (error = told),
  });
  await rig.until(() => answers.length > 0 || error !== undefined);
  assert.equal(error, undefined);
  return answers[0] ?? assert.fail('no answer');
}

/** The code of the error that comes instead of an answer. */
async function refusal(rig: DataRig, source: Observable<unknown>): Promise<string> {
  let error: unknown;
  source.subscribe({
    next: () => assert.fail('an answer about what is not there'),
    error: (told: unknown) => (error = told),
  });
  await rig.until(() => error !== undefined);
  assert.ok(error instanceof CallError, `${String(error)} is no CallError`);
  assert.equal(error.status, 404);
  return error.code;
}

/** Changes what it can, as a careless caller might. */
function spoil(value: object): void {
  for (const [key, part] of Object.entries(value)) {
    if (typeof part === 'object' && part !== null) spoil(part as object);
    Reflect.set(value, key, 'spoiled');
  }
  Reflect.set(value, 'extra', 'spoiled');
}

const knows = (name: string, holds: (rig: DataRig) => Promise<void>) => law<DataRig>(name, holds);

export const dataAccessLaws: readonly Law<Make<DataRig>>[] = [
  knows('a function is known by its id, whole', async (rig) => {
    const fn = await answer(rig, rig.data.functionById(rig.fn));
    assert.equal(fn.id, rig.fn);
    assert.ok(fn.timeoutMs > 0 && fn.memoryMb >= 0 && fn.group !== '');
    assert.equal(typeof fn.idempotent, 'boolean');
  }),

  knows('a question can be asked again, and at once', async (rig) => {
    const question = rig.data.functionById(rig.fn);
    const [first, second] = await Promise.all([answer(rig, question), answer(rig, question)]);
    assert.deepEqual({ ...first }, { ...second });
    assert.deepEqual({ ...(await answer(rig, question)) }, { ...first });
  }),

  knows('a question that is dropped is not answered', async (rig) => {
    let told = 0;
    const tell = (): void => void (told += 1);
    const asking = rig.data.functionById('nobody').subscribe({ next: tell, error: tell });
    const before = told;
    asking.unsubscribe();
    await rig.settle();
    assert.equal(told, before);
  }),

  knows('an app is the same by name and by id, and its path leads to the function', async (rig) => {
    const { data, app } = rig;
    if (app === undefined) return;
    const named = await answer(rig, data.appByName(app.name));
    assert.deepEqual([named.id, named.name], [app.id, app.name]);
    assert.deepEqual({ ...(await answer(rig, data.appById(app.id))) }, { ...named });
    const routed = await answer(rig, data.functionByRoute(app.id, app.path));
    assert.deepEqual({ ...routed }, { ...(await answer(rig, data.functionById(rig.fn))) });
    assert.equal(routed.appId, app.id);
  }),

  knows('what is not there is unknown: 404, and never a default', async (rig) => {
    const { data, app } = rig;
    for (const name of ['nobody', '', '__proto__', 'constructor', 'a\0b', '../x']) {
      assert.equal(await refusal(rig, data.functionById(name)), 'unknown_function');
      assert.equal(await refusal(rig, data.appByName(name)), 'unknown_app');
      assert.equal(await refusal(rig, data.appById(name)), 'unknown_app');
      const route = data.functionByRoute(app?.id ?? 'nobody', `/nowhere/${name}`);
      assert.equal(await refusal(rig, route), 'unknown_function');
    }
  }),

  knows('no caller can spoil an answer for the next', async (rig) => {
    const { data, app } = rig;
    const questions: (() => Observable<object>)[] = [() => data.functionById(rig.fn)];
    if (app !== undefined) {
      questions.push(() => data.appByName(app.name));
      questions.push(() => data.functionByRoute(app.id, app.path));
    }
    for (const question of questions) {
      const before = JSON.stringify(await answer(rig, question()));
      spoil(await answer(rig, question()));
      assert.equal(JSON.stringify(await answer(rig, question())), before);
    }
  }),
];
