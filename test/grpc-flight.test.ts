/** Flights over real gRPC: real processes, killed and stopped for real, under the same checkers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { windtunnel } from './support/cli.js';
import { byCall, only } from './support/fly.js';
import { serveRunner } from './support/served-runner.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-grpc-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface GrpcFlight {
  readonly code: number | null;
  readonly stdout: string;
  readonly events: readonly FlightEvent[];
}

async function fly(name: string, text: string, ...args: string[]): Promise<GrpcFlight> {
  const scenario = join(folder, `${name}.yaml`);
  const record = join(folder, `${name}.jsonl`);
  writeFileSync(scenario, `version: 1\nname: ${name}\n${text}`);
  const ran = await windtunnel('run', scenario, '--on', 'grpc', '--record', record, ...args);
  if (ran.code === 1 || ran.code === 6) throw new Error(ran.stderr);
  const lines = readFileSync(record, 'utf8').trim().split('\n');
  return { ...ran, events: lines.map((line) => JSON.parse(line) as FlightEvent) };
}

const endOf = (events: readonly FlightEvent[]): Record<string, unknown> =>
  events.at(-1) as unknown as Record<string, unknown>;

const lawful = { kind: 'landed', violations: [], stuck: [], digest: null };

describe('over real gRPC', () => {
  test.each(['head', 's'])('all calls are ok in dialect %s, and all laws hold', async (dialect) => {
    const flight = await fly(
      `plain-${dialect}`,
      `calls: 200
arrivals: { kind: poisson, rate: 100/s }
functions: { a: { service: { kind: exponential, mean: 10ms }, request: 30KiB, response: 30KiB } }
fleet: [{ name: r, count: 2, slots: 8 }]
slo: [{ metric: okRatio, min: 1 }]
`,
      '--dialect',
      dialect,
    );
    expect(flight.code).toBe(0);
    expect(flight.stdout).toMatch(/idle overhead of the wire: p50 [\d.]+ ms/);
    expect(flight.stdout).toMatch(/^machine: \d+ cores, \d+ % busy/m);
    expect(endOf(flight.events)).toMatchObject(lawful);
  });

  test('a client that loses patience hangs up, and its retry is a call of its own', async () => {
    const { events, code } = await fly(
      'impatient',
      `calls: 100
arrivals: { kind: constant, rate: 50/s }
functions: { a: { service: { kind: exponential, mean: 150ms } } }
fleet: [{ name: r, count: 2, slots: 32 }]
clients: { retry: { times: 1, after: 150ms } }
`,
    );
    expect(code).toBe(0);
    expect(endOf(events)).toMatchObject(lawful);
    const left = only(events, 'client').filter((line) => line.how === 'left');
    expect(left.length).toBeGreaterThan(15);
    const ends = byCall(only(events, 'end'));
    const clients = byCall(only(events, 'client'));
    expect(ends.size).toBe(100 + left.length);
    const outcomes = left.map(({ call }) => ends.get(call)?.[0]?.outcome);
    // An answer may be on its way to a client that hangs up.
    expect([...new Set(outcomes)].filter((outcome) => outcome !== 'ok')).toEqual(['canceled']);
    for (const { call, sentHash } of left) {
      expect(clients.get(`${call}.r1`)?.[0]).toMatchObject({ sentHash, how: 'ended' });
    }
  });

  test('what is NACKed runs elsewhere with the bytes that its client sent', async () => {
    const { events, code } = await fly(
      'nack',
      `calls: 300
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 5ms, request: 40KiB } }
fleet: [{ name: r, count: 3, slots: 16 }]
faults: [{ kind: nack-storm, at: 0ms, runner: [r1, r2] }]
`,
    );
    expect(code).toBe(0);
    expect(endOf(events)).toMatchObject(lawful);
    const nacked = byCall(only(events, 'nack'));
    const reads = byCall(only(events, 'exec-read'));
    const clients = byCall(only(events, 'client'));
    expect(nacked.size).toBeGreaterThan(80);
    for (const call of nacked.keys()) {
      const read = reads.get(call)?.[0];
      const client = clients.get(call)?.[0];
      expect(read?.runner).toBe('r3');
      expect([read?.bytes, read?.hash]).toEqual([client?.sentBytes, client?.sentHash]);
      expect(client?.status).toBe(200);
    }
  });

  test('a call whose runner is killed after start is not retried; those to come go elsewhere', async () => {
    const { events, code } = await fly(
      'kill',
      `calls: 600
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 300ms, head: early, idempotent: true } }
fleet: [{ name: r, count: 3, slots: 64 }]
faults: [{ kind: crash, at: 1s, for: 500ms, runner: r2 }]
`,
    );
    expect(code).toBe(0);
    expect(endOf(events)).toMatchObject(lawful);
    const committed = new Set(only(events, 'commit').map((of) => `${of.call}/${of.attempt}`));
    const broken = only(events, 'attempt-end').filter(
      (end) => end.outcome === 'broken' && committed.has(`${end.call}/${end.attempt}`),
    );
    expect(broken.length).toBeGreaterThan(3);
    const attempts = byCall(only(events, 'attempt'));
    const starts = byCall(only(events, 'exec-start'));
    for (const end of broken) {
      expect(end.runner).toBe('r2');
      expect(attempts.get(end.call)).toHaveLength(end.attempt);
      expect(starts.get(end.call)).toHaveLength(1);
    }
    // It is back after its restart, at its old port.
    const late = only(events, 'exec-start').filter((line) => line.at > (broken[0]?.at ?? 0));
    expect(late.some((line) => line.runner === 'r2')).toBe(true);
  });

  test('a call whose answer is lost is not run twice', async () => {
    const { events, code } = await fly(
      'reset',
      `calls: 200
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 200ms } }
fleet: [{ name: r, count: 2, slots: 64 }]
faults: [{ kind: stream-reset, at: 1s, runner: "*" }]
`,
    );
    expect(code).toBe(0);
    expect(endOf(events)).toMatchObject(lawful);
    const lost = only(events, 'end').filter((end) => end.outcome === 'failed');
    expect(lost.length).toBeGreaterThan(5);
    const starts = byCall(only(events, 'exec-start'));
    for (const end of lost) expect(starts.get(end.call)).toHaveLength(1);
  });

  test('a stopped runner costs only its own calls, which end by their deadline', async () => {
    const { events, code } = await fly(
      'stop',
      `calls: 200
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 5ms, timeout: 1s } }
fleet: [{ name: r, count: 4, slots: 64 }]
faults: [{ kind: pause, at: 500ms, for: 1500ms, runner: r1 }]
`,
    );
    expect(code).toBe(0);
    expect(endOf(events)).toMatchObject(lawful);
    const expired = only(events, 'attempt-end').filter((end) => end.outcome === 'expired');
    expect(expired.length).toBeGreaterThan(3);
    expect(new Set(expired.map((end) => end.runner))).toEqual(new Set(['r1']));
  });

  test('faults that a real wire cannot have are named before the flight', async () => {
    const flight = await fly(
      'cannot',
      `calls: 20
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 1ms } }
fleet: [{ name: r, count: 1, slots: 8 }]
faults:
  - { kind: half-open, at: 0ms, for: 10ms, runner: r }
  - { kind: response-lost, at: 0ms, for: 10ms, runner: r }
  - { kind: drain, at: 0ms, for: 10ms, runner: r }
`,
    );
    expect(flight.stdout).toContain(
      'on grpc without the faults half-open, response-lost, drain: ' +
        'only simulated runners and links have them',
    );
  });
});

describe('a fleet that somebody else runs', () => {
  test('is flown at its addresses, without faults and without its log', async () => {
    const runner = await serveRunner();
    try {
      const flight = await fly(
        'theirs',
        `calls: 100
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 5ms, request: 20KiB, response: 20KiB } }
fleet: [{ name: r, count: 3, slots: 8 }]
faults: [{ kind: crash, at: 100ms, runner: r1 }]
slo: [{ metric: okRatio, min: 1 }]
`,
        '--runners',
        runner.address,
      );
      expect(flight.code).toBe(0);
      expect(flight.stdout).toContain('on grpc without the faults crash: the fleet is not ours');
      expect(flight.stdout).toContain("without an executors' log");
      expect(flight.stdout).toContain(`--runners ${runner.address}`);
      expect(endOf(flight.events)).toMatchObject(lawful);
      expect(new Set(only(flight.events, 'commit').map((event) => event.runner))).toEqual(
        new Set([runner.address]),
      );
    } finally {
      await runner.close();
    }
  });
});
