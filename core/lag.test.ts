/** Laws of the lag: none in virtual time, how late a clock's timers are in real time. */
import { expect, it } from 'vitest';
import { breaks, ok, scriptedRunner } from '../test/support/scripted-runner.js';
import { createSearch } from '../test/support/search.js';
import { SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import type { Clock } from './clock.js';
import { createLag } from './lag.js';

it('is none where timers are on time, and nothing is held when no attempt is open', () => {
  const clock = createVirtualClock();
  const lag = createLag(clock);
  lag.enter();
  lag.enter();
  advance(clock, 5 * SECOND);
  expect(lag.us).toBe(0);
  lag.leave();
  expect(clock.pending).toBe(1);
  lag.leave();
  expect([clock.pending, lag.us]).toEqual([0, 0]);
});

/** A clock of a process that is busy with itself: timers run when it looks up again. */
function busyClock(): Clock & { now: () => number; pass(us: number): void; lookUp(): void } {
  let at = 0;
  let due: { at: number; work: () => void }[] = [];
  return {
    now: () => at,
    wall: () => 0,
    after(us, work) {
      const timer = { at: at + us, work };
      due.push(timer);
      return { cancel: () => (due = due.filter((one) => one !== timer)) };
    },
    pass: (us) => (at += us),
    lookUp() {
      for (const timer of due.filter((one) => one.at <= at)) {
        due = due.filter((one) => one !== timer);
        timer.work();
      }
    },
  };
}

it('is how late the process is, while it is late and right after', () => {
  const clock = busyClock();
  const lag = createLag(clock);
  lag.enter();
  clock.pass(50_000);
  clock.lookUp();
  expect(lag.us).toBe(0);
  clock.pass(450_000);
  // The beat is overdue, and nobody has run it yet.
  expect(lag.us).toBe(400_000);
  clock.lookUp();
  expect(lag.us).toBe(400_000);
  clock.pass(50_000);
  clock.lookUp();
  expect(lag.us).toBe(0);
  lag.leave();
});

it.each([
  [0, 'ejected'],
  [100_000, 'ejected'],
  [100_001, ''],
])('of %d µs: a runner that seems to break then is %s', (us, change) => {
  const clock = createVirtualClock();
  const lag = { us, enter: () => undefined, leave: () => undefined };
  const runners = ['a', 'b'].map((id) => scriptedRunner(clock, id, [breaks(), ok()]));
  const search = createSearch(clock, runners, { options: { ejectAfter: 1 }, lag });
  search.start();
  drain(clock);
  const changes = search.probed.flatMap((event) => (event.kind === 'runner' ? event.change : []));
  expect(changes.filter((one) => one === 'ejected').join()).toBe(change);
});
