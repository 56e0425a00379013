/** The benchmarks on tiny inputs, so that they cannot rot. No time is judged. */
import { expect, test } from 'vitest';
import { runClock } from './clock.js';
import { flyFleet } from './fleet.js';
import { table } from './row.js';
import { runSwarm } from './swarm.js';

test('a flight is measured, and two of one input have one digest', async () => {
  const input = { calls: 300, runners: 5, slots: 4, load: 80, service: '5ms' };
  const rows = [await flyFleet('a', input), await flyFleet('b', input)];
  expect(rows[0]?.figures['calls']).toBe('300');
  expect(rows[0]?.figures['digest']).toMatch(/^[0-9a-f]{16}$/);
  expect(rows[0]?.figures['digest']).toBe(rows[1]?.figures['digest']);
});

test('a flight that breaks a law is not measured', async () => {
  const input = { calls: 10, runners: 1, slots: 0, load: 80, service: '5ms' };
  await expect(flyFleet('a', input)).rejects.toThrow('fleet[0].slots');
});

test('the clock runs what was asked for, the same each time', () => {
  const rows = [runClock(10, 1_000), runClock(10, 1_000)];
  expect(rows[0]?.figures['events']).toBe('1000');
  expect(rows[0]?.figures['hash']).toBe(rows[1]?.figures['hash']);
});

test('the swarm is flown by the program itself', async () => {
  const { figures } = await runSwarm('a', 2, []);
  expect([figures['seeds'], figures['verdict']]).toEqual(['2', 'all laws hold, twins agree']);
  expect(Number(figures['calls a twin'])).toBeGreaterThan(0);
});

test('rows make a table', () => {
  expect(table([{ name: 'r', figures: { a: '1', b: '2' } }])).toBe(
    '|  | a | b |\n| --- | ---: | ---: |\n| r | 1 | 2 |',
  );
});
