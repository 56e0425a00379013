/** The laws of PORT Clock: whole µs that never go back, never early, and cancelled is cancelled. */
import { strict as assert } from 'node:assert';
import type { Clock } from '../../core/clock.js';
import { law, type Law, type Make, type Rig } from './law.js';

/** A clock under test; time passes while a law waits. Laws on it wait for some ms, not more. */
export interface ClockRig extends Rig {
  readonly clock: Clock;
}

const MS = 1000;
const DAY = 24 * 3600 * 1_000_000;
/** 2020: no clock that says the date is before. */
const RECENT_MS = 1_577_836_800_000;

const clocks = (name: string, holds: (rig: ClockRig) => Promise<void>) =>
  law<ClockRig>(name, holds);

/** Waits on the clock itself. */
async function wait({ clock, until }: ClockRig, us: number): Promise<void> {
  let over = false;
  clock.after(us, () => (over = true));
  await until(() => over);
}

export const clockLaws: readonly Law<Make<ClockRig>>[] = [
  clocks('instants are whole µs, and never go back', async (rig) => {
    let before = rig.clock.now();
    for (let i = 0; i < 5; i++) {
      await wait(rig, 300);
      const now = rig.clock.now();
      assert.ok(Number.isSafeInteger(now) && now >= before, `${now} after ${before}`);
      before = now;
    }
  }),

  clocks(
    'work is never run during the call, not even for 0, and then once',
    async ({ clock, until }) => {
      let ran = 0;
      clock.after(0, () => (ran += 1));
      assert.equal(ran, 0);
      await until(() => ran > 0);
      await wait({ clock, until } as ClockRig, 2 * MS);
      assert.equal(ran, 1);
    },
  ),

  clocks('work is never early', async ({ clock, until }) => {
    const waits = [0, 1, 250, 999, MS, 1001, 1500, 5 * MS, 7777];
    const early: number[] = [];
    let ran = 0;
    for (const us of waits) {
      const due = clock.now() + us;
      clock.after(us, () => {
        ran += 1;
        if (clock.now() < due) early.push(us);
      });
    }
    await until(() => ran === waits.length);
    assert.deepEqual(early, []);
  }),

  clocks('of work that is ms apart the earlier runs first', async ({ clock, until }) => {
    const order: number[] = [];
    for (const ms of [9, 3, 6]) clock.after(ms * MS, () => order.push(ms));
    await until(() => order.length === 3);
    assert.deepEqual(order, [3, 6, 9]);
  }),

  clocks('cancelled work never runs, however often it is cancelled, and by whom', async (rig) => {
    let ran = 0;
    const work = (): void => void (ran += 1);
    const first = rig.clock.after(0, work);
    first.cancel();
    first.cancel();
    const second = rig.clock.after(4 * MS, work);
    rig.clock.after(MS, () => second.cancel());
    await wait(rig, 8 * MS);
    assert.equal(ran, 0);
  }),

  clocks('cancelling after it ran, or while it runs, does nothing', async (rig) => {
    let ran = 0;
    const timer = rig.clock.after(0, () => {
      ran += 1;
      timer.cancel();
    });
    const other = rig.clock.after(MS, () => (ran += 1));
    await rig.until(() => ran === 2);
    timer.cancel();
    other.cancel();
    await wait(rig, 2 * MS);
    assert.equal(ran, 2);
  }),

  clocks('work may ask for more work', async ({ clock, until }) => {
    let left = 5;
    const again = (): void => {
      left -= 1;
      if (left > 0) clock.after(100, again);
    };
    clock.after(0, again);
    await until(() => left === 0);
  }),

  clocks('what is far away does not run now: no timer overflows', async (rig) => {
    let ran = 0;
    const far = [25 * DAY, 50 * DAY, 3650 * DAY].map((us) => rig.clock.after(us, () => (ran += 1)));
    await wait(rig, 3 * MS);
    assert.equal(ran, 0);
    for (const timer of far) timer.cancel();
  }),

  clocks('the wall clock is whole ms since 1970', async (rig) => {
    const before = rig.clock.wall();
    await wait(rig, 3 * MS);
    const after = rig.clock.wall();
    for (const wall of [before, after]) assert.ok(Number.isSafeInteger(wall) && wall > RECENT_MS);
  }),
];
