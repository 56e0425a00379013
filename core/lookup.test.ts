/** Laws of the lookup: known, unknown, or too late. */
import { BehaviorSubject, NEVER, Subject } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { FUNCTION } from '../test/support/calls.js';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import type { FunctionInfo } from './call.js';
import { lookup, staticFunctions, type DataAccess } from './lookup.js';

const ask = (data: DataAccess, name = 'hello') => {
  const clock = createVirtualClock();
  const spies = { next: sinon.spy(), error: sinon.spy(), complete: sinon.spy() };
  const subscription = lookup(clock, data, name, SECOND).subscribe(spies);
  return { clock, subscription, ...spies };
};

describe('a table of functions', () => {
  const data = staticFunctions({ hello: { timeoutMs: 1000 }, other: { group: 'big' } });

  it('fills in the defaults', () => {
    const { next } = ask(data);
    expect(next.firstCall.args[0]).toMatchInlineSnapshot(`
      {
        "config": {},
        "group": "default",
        "id": "hello",
        "idempotent": false,
        "image": "",
        "memoryMb": 128,
        "name": "hello",
        "timeoutMs": 1000,
      }
    `);
  });

  it.each(['nobody', '__proto__', 'toString', ''])('does not know "%s"', (name) => {
    const { error } = ask(data, name);
    sinon.assert.calledOnceWithMatch(error, { code: 'unknown_function', status: 404 });
  });
});

describe('a lookup', () => {
  it('is late at its limit: refused, and the source is let go of', () => {
    const source = new Subject<FunctionInfo>();
    const { clock, error } = ask({ functionByName: () => source });
    advance(clock, SECOND - 1);
    sinon.assert.notCalled(error);
    advance(clock, 1);
    sinon.assert.calledOnceWithMatch(error, { code: 'lookup_late', outcome: 'refused' });
    expect(source.observed).toBe(false);
  });

  it('is over with its answer, even if the source goes on to tell of changes', () => {
    const source = new BehaviorSubject<FunctionInfo>(FUNCTION);
    const { clock, next, error, complete } = ask({ functionByName: () => source });
    advance(clock, 2 * SECOND);
    source.next(FUNCTION);
    sinon.assert.calledOnce(next);
    sinon.assert.calledOnce(complete);
    sinon.assert.notCalled(error);
    expect([source.observed, clock.pending]).toEqual([false, 0]);
  });

  it('that nobody waits for any more leaves no timer', () => {
    const { clock, subscription } = ask({ functionByName: () => NEVER });
    subscription.unsubscribe();
    expect(clock.pending).toBe(0);
  });
});
