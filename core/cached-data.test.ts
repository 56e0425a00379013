/** Laws of the cache before a DataAccess. */
import { Observable, Subject, of, throwError } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { FUNCTION } from '../test/support/calls.js';
import { MS, advance, createVirtualClock } from '../test/support/virtual.js';
import { cachedData } from './cached-data.js';
import type { FunctionInfo } from './call.js';
import { staticApps, staticFunctions, type DataAccess } from './data-access.js';

const setup = (functionById: (id: string) => Observable<FunctionInfo>, entriesMax = 100) => {
  const clock = createVirtualClock();
  const source = sinon.spy(functionById);
  const data: DataAccess = { ...staticFunctions({}), functionById: source };
  return { clock, source, data: cachedData(clock, data, { ttlMs: 5_000, entriesMax }) };
};
const ask = (source: Observable<FunctionInfo>) => {
  const spies = { next: sinon.spy(), error: sinon.spy(), complete: sinon.spy() };
  return { ...spies, subscription: source.subscribe(spies) };
};

describe('a cached answer', () => {
  it('lives for its time and not longer', () => {
    const { clock, source, data } = setup((id) => of({ ...FUNCTION, id }));
    ask(data.functionById('a'));
    advance(clock, 5_000 * MS - 1);
    expect(ask(data.functionById('a')).next.firstCall.args[0]).toMatchObject({ id: 'a' });
    sinon.assert.calledOnce(source);
    advance(clock, 1);
    ask(data.functionById('a'));
    sinon.assert.calledTwice(source);
  });

  it('cannot be changed by who was given it', () => {
    const mutable = { ...FUNCTION, config: { A: '1' } };
    const { data } = setup(() => of(mutable));
    const given = ask(data.functionById('a')).next.firstCall.args[0] as typeof mutable;
    expect(() => (given.config.A = '2')).toThrow(TypeError);
    expect(() => Object.assign(given, { name: 'x' })).toThrow(TypeError);
  });

  it('is one run for all who ask at once', () => {
    const answers = new Subject<FunctionInfo>();
    const { source, data } = setup(() => answers);
    const asked = [1, 2, 3].map(() => ask(data.functionById('a')));
    sinon.assert.calledOnce(source);
    answers.next(FUNCTION);
    for (const { next, complete } of asked) {
      sinon.assert.calledOnceWithExactly(next, FUNCTION);
      sinon.assert.calledOnce(complete);
    }
    expect(answers.observed).toBe(false);
  });

  it('that fails is told to all and not kept', () => {
    let fails = true;
    const error = new Error('down');
    const { source, data } = setup(() => (fails ? throwError(() => error) : of(FUNCTION)));
    sinon.assert.calledOnceWithExactly(ask(data.functionById('a')).error, error);
    fails = false;
    sinon.assert.calledOnce(ask(data.functionById('a')).next);
    sinon.assert.calledTwice(source);
  });

  it('that nobody waits for any more is not run on; one of two who leaves changes nothing', () => {
    const answers = new Subject<FunctionInfo>();
    const { data, source } = setup(() => answers);
    const first = ask(data.functionById('a'));
    const second = ask(data.functionById('a'));
    first.subscription.unsubscribe();
    expect(answers.observed).toBe(true);
    second.subscription.unsubscribe();
    expect(answers.observed).toBe(false);
    ask(data.functionById('a'));
    sinon.assert.calledTwice(source);
  });

  it('makes room for a new one when there are too many: the oldest goes', () => {
    const { source, data } = setup((id) => of({ ...FUNCTION, id }), 2);
    for (const id of ['a', 'b', 'c', 'b', 'c']) ask(data.functionById(id));
    sinon.assert.callCount(source, 3);
    ask(data.functionById('a'));
    sinon.assert.callCount(source, 4);
  });

  it('is kept for every kind of question, and apps and paths do not mix', () => {
    const clock = createVirtualClock();
    const apps = staticApps({ a: { functions: { f: {} } }, b: { functions: { f: {} } } });
    const data = cachedData(clock, apps);
    for (let round = 0; round < 2; round++) {
      const ids = ['a', 'b'].map((app) => {
        const next = sinon.spy();
        data.functionByRoute(app, '/f').subscribe(next);
        return (next.firstCall.args[0] as FunctionInfo).id;
      });
      expect(ids).toEqual(['a/f', 'b/f']);
    }
  });
});
