/** Laws of an absolute limit in time: it ends what is open at its instant, and leaves no timer. */
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { endBy, giveUpAt } from './deadline.js';
import { CallError } from './errors.js';

const setup = <T>(source: Observable<T>, inUs = SECOND) => {
  const clock = createVirtualClock();
  const spies = { next: sinon.spy(), error: sinon.spy(), complete: sinon.spy() };
  const late = sinon.spy(() => new CallError('expired', 'late'));
  const subscription = source.pipe(endBy(clock, clock.now() + inUs, late)).subscribe(spies);
  return { clock, late, subscription, ...spies };
};

describe('a stream with a deadline', () => {
  it('errs at the instant, not before, and lets go of its source after asking what to say', () => {
    const source = new Subject<number>();
    const s = setup(source);
    source.next(1);
    advance(s.clock, SECOND - 1);
    sinon.assert.notCalled(s.error);
    advance(s.clock, 1);
    sinon.assert.calledOnceWithMatch(s.error, { code: 'expired' });
    sinon.assert.calledOnce(s.next);
    expect([source.observed, s.clock.pending]).toEqual([false, 0]);
  });

  it('is asked what to say while its source is still there', () => {
    const clock = createVirtualClock();
    const source = new Subject();
    let observed: boolean | undefined;
    const late = () => {
      observed = source.observed;
      return new CallError('expired', '');
    };
    source.pipe(endBy(clock, clock.now(), late)).subscribe({ error: () => undefined });
    advance(clock, 0);
    expect(observed).toBe(true);
  });

  it.each([
    ['completes', of(1)],
    ['errs', throwError(() => new Error('own'))],
  ])('has no timer when the source %s in time', (_name, source) => {
    const s = setup(source);
    expect(s.clock.pending).toBe(0);
    sinon.assert.notCalled(s.late);
  });

  it('has none after a later end either', () => {
    const source = new Subject<number>();
    const s = setup(source);
    source.complete();
    expect(s.clock.pending).toBe(0);
    sinon.assert.calledOnce(s.complete);
  });

  it('has none after it is unsubscribed, and neither has its source', () => {
    const source = new Subject<number>();
    const s = setup(source);
    s.subscription.unsubscribe();
    expect([s.clock.pending, source.observed]).toEqual([0, false]);
  });

  it('that has passed already errs in the next turn, not during subscribe', () => {
    const s = setup(NEVER, -SECOND);
    sinon.assert.notCalled(s.error);
    advance(s.clock, 0);
    sinon.assert.calledOnce(s.error);
  });
});

describe('the end of the looking', () => {
  it.each([
    [{ now: 0, arrived: 0, timeout: 10, budget: 100 }, 5],
    [{ now: 0, arrived: 0, timeout: 11, budget: 100 }, 5],
    [{ now: 0, arrived: 0, timeout: 1000, budget: 100 }, 100],
    [{ now: 40, arrived: 0, timeout: 1000, budget: 100 }, 140],
    [{ now: 40, arrived: 0, timeout: 60, budget: 100 }, 30],
  ])('is the earlier of half of the timeout and the budget: %j → %i', (given, at) => {
    expect(giveUpAt(given.now, given.arrived, given.timeout, given.budget)).toBe(at);
  });
});
