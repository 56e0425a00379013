/** Laws of one question of the lookup: answered once, or too late. */
import { BehaviorSubject, NEVER, Subject, type Observable } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { FUNCTION } from '../test/support/calls.js';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import type { FunctionInfo } from './call.js';
import { ask as askUntil } from './lookup.js';

const ask = (source: Observable<FunctionInfo>) => {
  const clock = createVirtualClock();
  const spies = { next: sinon.spy(), error: sinon.spy(), complete: sinon.spy() };
  const subscription = askUntil(clock, source, 'it', clock.now() + SECOND).subscribe(spies);
  return { clock, subscription, ...spies };
};

describe('a lookup', () => {
  it('is late at its limit: refused, and the source is let go of', () => {
    const source = new Subject<FunctionInfo>();
    const { clock, error } = ask(source);
    advance(clock, SECOND - 1);
    sinon.assert.notCalled(error);
    advance(clock, 1);
    sinon.assert.calledOnceWithMatch(error, { code: 'lookup_late', outcome: 'refused' });
    expect(source.observed).toBe(false);
  });

  it('is over with its answer, even if the source goes on to tell of changes', () => {
    const source = new BehaviorSubject<FunctionInfo>(FUNCTION);
    const { clock, next, error, complete } = ask(source);
    advance(clock, 2 * SECOND);
    source.next(FUNCTION);
    sinon.assert.calledOnce(next);
    sinon.assert.calledOnce(complete);
    sinon.assert.notCalled(error);
    expect([source.observed, clock.pending]).toEqual([false, 0]);
  });

  it('that nobody waits for any more leaves no timer', () => {
    const { clock, subscription } = ask(NEVER);
    subscription.unsubscribe();
    expect(clock.pending).toBe(0);
  });
});
