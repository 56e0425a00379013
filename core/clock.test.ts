/**
 * Laws of the clocks: integer µs, never early, never during the call, and cancelled is cancelled.
 */
import { interval, take, timer } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MS, advance, createVirtualClock } from '../test/support/virtual.js';
import { asScheduler, createSystemClock, isoDate } from './clock.js';

describe("the system's clock", () => {
  let system: SinonFakeTimers;
  beforeEach(() => {
    system = sinon.useFakeTimers({ now: 1_767_225_600_000 });
  });
  afterEach(() => system.restore());

  it('counts integer µs from the origin it is given', () => {
    const origin = createSystemClock().now();
    const clock = createSystemClock(origin);
    expect(clock.now()).toBe(0);
    system.tick(1234);
    expect(clock.now()).toBe(1_234_000);
    expect(clock.wall()).toBe(1_767_225_601_234);
  });

  it.each([
    [0, 0],
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
  ])('runs work %i µs from now after %i ms: never early', (us, ms) => {
    const work = sinon.spy();
    createSystemClock().after(us, work);
    sinon.assert.notCalled(work);
    if (ms > 1) system.tick(ms - 1);
    sinon.assert.notCalled(work);
    system.tick(Math.min(ms, 1));
    sinon.assert.calledOnce(work);
  });

  it('waits on when a timer of whole milliseconds fires before the instant', () => {
    let micros = 0;
    const hrtime = sinon.stub(process, 'hrtime').callsFake((() => [0, micros * 1000]) as never);
    try {
      const work = sinon.spy();
      createSystemClock().after(1000, work);
      micros = 900;
      system.tick(1);
      sinon.assert.notCalled(work);
      micros = 1900;
      system.tick(1);
      sinon.assert.calledOnce(work);
    } finally {
      hrtime.restore();
    }
  });

  it('does not run at once what is 25 days away', () => {
    const work = sinon.spy();
    createSystemClock().after(25 * 24 * 3600 * 1e6, work);
    system.tick(24 * 24 * 3600 * 1000);
    sinon.assert.notCalled(work);
  });

  it('runs nothing that was cancelled, however often', () => {
    const work = sinon.spy();
    const waiting = createSystemClock().after(1000, work);
    waiting.cancel();
    waiting.cancel();
    system.tick(10);
    sinon.assert.notCalled(work);
    expect(system.countTimers()).toBe(0);
  });
});

describe('a clock as an RxJS scheduler', () => {
  it('keeps fractions of a millisecond', () => {
    const clock = createVirtualClock();
    const scheduler = asScheduler(clock);
    const startedAt = clock.now();
    const firedAt: number[] = [];
    timer(0.25, scheduler).subscribe(() => firedAt.push(clock.now() - startedAt));
    advance(clock, MS);
    expect(firedAt).toEqual([250]);
    expect(scheduler.now()).toBe(clock.now() / 1000);
  });

  it('serves operators that schedule again and again, and ends with them', () => {
    const clock = createVirtualClock();
    const seen: number[] = [];
    interval(2, asScheduler(clock))
      .pipe(take(3))
      .subscribe((n) => seen.push(n));
    advance(clock, 100 * MS);
    expect([seen, clock.pending]).toEqual([[0, 1, 2], 0]);
  });

  it('cancels with the subscription', () => {
    const clock = createVirtualClock();
    const next = sinon.spy();
    interval(2, asScheduler(clock)).subscribe(next).unsubscribe();
    expect(clock.pending).toBe(0);
    advance(clock, 10 * MS);
    sinon.assert.notCalled(next);
  });
});

describe('a date as it travels', () => {
  it('has milliseconds', () => expect(isoDate(1_526_515_200_007)).toBe('2018-05-17T00:00:00.007Z'));
});
