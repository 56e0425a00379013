/** Headers that are sent to be seen: what is read of them, and the laws that they are there for. */
import { expect, it, test } from 'vitest';
import { put, shapes, type Change, type Shape } from '../test/support/logbook.js';
import { createCheckers } from './checkers.js';
import { MARK, hashMarks, markHeaders, marksIn } from './marks.js';

function violations(shape: Shape, change: Change): readonly string[] {
  const checkers = createCheckers();
  for (const event of change(shapes[shape]('c')).flat()) checkers.see(event);
  return checkers.land().violations;
}

const SENT = 'an executor gets the headers that its client sent';
const WROTE = 'the client gets the headers that the executor wrote';

test.each([
  [SENT, 95, 'ok', put('exec-read', { marks: 2 })],
  [SENT, 95, 'retried', put('exec-read', { marks: 2 })],
  [SENT, 95, 'retried', put('exec-read', { marks: 2 }, 2)],
  [WROTE, 95, 'ok', put('exec-end', { marks: 4 })],
  [WROTE, 95, 'ok', put('client', { marks: 0 })],
  ['an error has no header of the function', 40, 'refused', put('client', { marks: 8 })],
] as const)('%s (at %d, %s)', (law, us, shape, change) => {
  expect(violations(shape, change)).toEqual([`${law} (call c, at ${us} µs)`]);
});

it('is found under any case of its name, in order, among others', () => {
  const headers = markHeaders(['a', 'b']);
  expect(marksIn([['Date', 'x'], ...headers, [MARK.toLowerCase(), 'c']])).toEqual(['a', 'b', 'c']);
});

it('tells none, one of two, another order, and another cut apart', () => {
  const hashes = [[], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['ab'], ['']].map(hashMarks);
  expect(new Set(hashes).size).toBe(7);
  expect(hashMarks(undefined)).toBe(hashMarks([]));
});
