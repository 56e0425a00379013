/** Laws of several load balancers that share a fleet and see nothing of each other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { flightResult } from '../reports/index.js';
import { flyTwins } from '../sim/twins.js';
import { flown, only, scenarioOf } from './support/fly.js';
import { windtunnel } from './support/cli.js';

const text = `
version: 1
name: replicas
calls: 1200
arrivals: { kind: poisson, rate: 400/s }
functions: { a: { service: { kind: exponential, mean: 60ms }, idempotent: true } }
fleet: [{ name: r, count: 4, slots: 10 }]
lb: { replicas: 3, late: 1, joinAfter: 1s }
faults:
  - { kind: crash, at: 500ms, for: 200ms, runner: r1 }
  - { kind: stream-reset, at: 1500ms, runner: "*" }
  - { kind: half-open, at: 2s, for: 100ms, runner: r2 }
`;

const lbOf = (events: readonly FlightEvent[]): Map<string, string> =>
  new Map(only(events, 'arrive').map(({ call, lb }) => [call, lb]));

test('each call has one of those that are there, and late ones have none before they join', () => {
  const { events, problems } = flown(scenarioOf(text), { seed: 3 });
  expect(problems).toEqual([]);
  const arrivals = only(events, 'arrive');
  const count = (lb: string, calls = arrivals): number =>
    calls.filter((call) => call.lb === lb).length;
  const before = arrivals.filter(({ at }) => at < 2_000_000);
  const after = arrivals.filter(({ at }) => at >= 2_000_000);
  expect(count('lb0', before) + count('lb1', before)).toBe(before.length);
  // Drawn evenly: 800 in three parts of 267, give or take four standard deviations.
  for (const lb of ['lb0', 'lb1', 'lb2']) {
    expect(Math.abs(count(lb, after) - after.length / 3)).toBeLessThan(54);
  }
});

test('a fault of a runner is one for all of them, and each has attempts of its own on it', () => {
  const { events } = flown(scenarioOf(text), { seed: 3 });
  const lbs = lbOf(events);
  const reset = only(events, 'attempt-end').filter(
    ({ at, outcome }) => outcome === 'broken' && at >= 2_500_000 && at < 2_510_000,
  );
  expect(new Set(reset.map(({ call }) => lbs.get(call)))).toEqual(new Set(['lb0', 'lb1', 'lb2']));
});

test('their flights hold all laws, and agree with their twins', () => {
  for (const seed of [1, 2]) {
    const { violations, stuck, difference } = flyTwins(scenarioOf(text), seed);
    expect([violations, stuck, difference]).toEqual([[], [], undefined]);
  }
});

test('late ones alone would be nobody', () => {
  expect(() => scenarioOf(text.replace('late: 1', 'late: 3'))).toThrow(
    'lb.late: 3 of 3 would leave nobody to begin with',
  );
});

test('on gRPC each has an edge and connections of its own, and a line in the result', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-replicas-'));
  try {
    const file = join(folder, 'two.yaml');
    const [json, record] = [join(folder, 'r.json'), join(folder, 'r.jsonl')];
    writeFileSync(
      file,
      `version: 1
name: two
calls: 200
arrivals: { kind: constant, rate: 200/s }
functions: { a: { service: 5ms } }
fleet: [{ name: r, count: 2, slots: 8 }]
lb: { replicas: 2, late: 1, joinAfter: 500ms }
`,
    );
    const ran = await windtunnel(
      ...['run', file, '--on', 'grpc', '--json', json, '--record', record],
    );
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const result = flightResult.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(result.lbs.map(({ id }) => id)).toEqual(['lb0', 'lb1']);
    const [first, second] = result.lbs;
    expect([first!.offered + second!.offered, first!.ok + second!.ok]).toEqual([200, 200]);
    // About half of the calls of the second half are the late one's.
    expect(second!.offered).toBeGreaterThan(20);
    expect(second!.offered).toBeLessThan(80);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
