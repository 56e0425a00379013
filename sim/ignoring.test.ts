/** Laws of fleets whose functions ignore cancels: no law of a flight breaks, all of them end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flown, only, scenarioOf } from '../test/support/fly.js';

const text = (parts: { queue: number; load: number; faults: string; idempotent: boolean }) => `
version: 1
name: deaf
calls: 120
arrivals: { kind: poisson, load: ${parts.load}% }
functions:
  a: { service: { kind: exponential, mean: 50ms }, timeout: 80ms, idempotent: ${parts.idempotent} }
fleet: [{ name: r, count: 3, slots: 2, queue: ${parts.queue}, cancel: ignore }]
placement: { budget: 400ms }
faults: [${parts.faults}]`;

test('a function that outlives its call holds its slot, and breaks no law', () => {
  const { events, problems } = flown(
    scenarioOf(text({ queue: 0, load: 80, faults: '', idempotent: false })),
    { seed: 1 },
  );
  expect(problems).toEqual([]);
  const over = new Map(only(events, 'end').map((end) => [end.call, end]));
  const late = only(events, 'exec-end').filter(
    (end) => end.at > (over.get(end.call)?.at ?? 0) + 2000,
  );
  expect(late.length).toBeGreaterThan(5);
  for (const end of late) {
    expect(end.outcome).toBe('canceled');
    expect(over.get(end.call)?.outcome).toBe('expired');
  }
});

test('what was canceled in the queue of its runner starts after the end of its call', () => {
  const { events, problems } = flown(
    scenarioOf(text({ queue: 4, load: 150, faults: '', idempotent: false })),
    { seed: 1 },
  );
  expect(problems).toEqual([]);
  const over = new Map(only(events, 'end').map((end) => [end.call, end.at]));
  const late = only(events, 'exec-start').filter((line) => line.at > (over.get(line.call) ?? 0));
  expect(late.length).toBeGreaterThan(5);
});

test('a flight waits for functions without a deadline, however long they run', () => {
  const long = scenarioOf(text({ queue: 0, load: 10, faults: '', idempotent: false }), [
    'functions.a.service=1h',
    'calls=3',
  ]);
  expect(flown(long, { seed: 1 }).problems).toEqual([]);
});

test('under faults no checker complains, and nothing is held at the end', () => {
  const fault = fc.constantFrom(
    '{ kind: crash, at: 300ms, for: 100ms, runner: r1 }',
    '{ kind: pause, at: 300ms, for: 100ms, runner: r2 }',
    '{ kind: slow, at: 200ms, for: 200ms, runner: "*", factor: 5 }',
    '{ kind: stream-reset, at: 400ms, runner: "*" }',
    '{ kind: half-open, at: 300ms, for: 100ms, runner: r3 }',
    '{ kind: response-lost, at: 300ms, for: 200ms, runner: r1, probability: 0.5 }',
  );
  const shape = fc.record({
    queue: fc.constantFrom(0, 3),
    load: fc.integer({ min: 30, max: 160 }),
    faults: fc.uniqueArray(fault, { maxLength: 3 }).map((list) => list.join(', ')),
    idempotent: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.nat(1_000_000), shape, (seed, parts) => {
      expect(flown(scenarioOf(text(parts)), { seed }).problems).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
