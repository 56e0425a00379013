/** Laws of the pace: 500 resets at once, then 25 a second, and no more saved up than 500. */
import { expect, it } from 'vitest';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { createPace, type Pace } from './pace.js';

const taken = (pace: Pace): number => {
  let count = 0;
  while (pace.take()) count += 1;
  return count;
};

it('allows a burst of 500, then 25 a second', () => {
  const clock = createVirtualClock();
  const pace = createPace(clock);
  expect(taken(pace)).toBe(500);
  advance(clock, SECOND / 25 - 1);
  expect(pace.take()).toBe(false);
  advance(clock, 1);
  expect(taken(pace)).toBe(1);
  advance(clock, SECOND);
  expect(taken(pace)).toBe(25);
});

it('saves up no more than one burst', () => {
  const clock = createVirtualClock();
  const pace = createPace(clock);
  advance(clock, 3600 * SECOND);
  expect(taken(pace)).toBe(500);
});
