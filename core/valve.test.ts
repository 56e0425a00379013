/** Laws of the valve: one listener, told of changes, and of a closed valve at once. */
import sinon from 'sinon';
import { expect, it } from 'vitest';
import { createValve } from './valve.js';

it('is open at first, and tells of changes only', () => {
  const valve = createValve();
  const listener = sinon.spy();
  valve.bind(listener);
  sinon.assert.notCalled(listener);
  valve.set(true);
  valve.set(false);
  valve.set(false);
  valve.set(true);
  expect(listener.args).toEqual([[false], [true]]);
  expect(valve.open).toBe(true);
});

it('tells who binds to it closed at once, and nobody who was bound before', () => {
  const valve = createValve();
  const [first, second] = [sinon.spy(), sinon.spy()];
  valve.bind(first);
  valve.set(false);
  valve.bind(second);
  valve.set(true);
  expect([first.args, second.args]).toEqual([[[false]], [[false], [true]]]);
});
