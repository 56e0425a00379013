/** Laws of a clock that counts: it is the clock that it is made of, and each timer counts once. */
import { expect, it } from 'vitest';
import { MS, advance, createVirtualClock } from '../test/support/virtual.js';
import { createCountedClock } from './counted-clock.js';

it('counts what is set until it comes or is canceled, however often', () => {
  const all = createVirtualClock();
  const [one, other] = [createCountedClock(all), createCountedClock(all)];
  const seen: number[] = [];
  const timer = one.after(5 * MS, () => seen.push(0));
  const spent = one.after(MS, () => seen.push(one.pending));
  other.after(9 * MS, () => undefined);
  expect([one.pending, other.pending]).toEqual([2, 1]);
  advance(all, 2 * MS);
  // When a timer comes it counts no more.
  expect(seen).toEqual([1]);
  spent.cancel();
  expect(one.pending).toBe(1);
  timer.cancel();
  timer.cancel();
  expect([one.pending, other.pending]).toEqual([0, 1]);
  advance(all, 9 * MS);
  expect(seen).toEqual([1]);
  expect([one.now(), one.wall(), other.pending]).toEqual([all.now(), all.wall(), 0]);
});
