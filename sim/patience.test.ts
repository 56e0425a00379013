/** Laws of clients that lose patience: when they hang up, what they send again, how often. */
import { describe, expect, it, test } from 'vitest';
import type { ClientLine } from '../core/record.js';
import { byCall, flown, only, scenarioOf } from '../test/support/fly.js';
import { MS, SECOND, createVirtualClock, drain } from '../test/support/virtual.js';
import { createClients, type Patience } from './patience.js';
import type { PlannedCall } from './plan.js';

const [fn] = scenarioOf(`
version: 1
name: one
calls: 1
arrivals: { kind: constant, rate: 1/s }
fleet: [{ name: r, slots: 1 }]`).functions;

const PATIENCE: Patience = { times: 2, afterUs: SECOND };
const LINE = {
  kind: 'client',
  idempotent: false,
  sentBytes: 0,
  sentHash: 0,
  sentMarks: 0,
  bytes: 0,
  hash: 0,
  marks: 0,
} as const;

/** A client whose calls are answered with the status after so long; 0 for never. */
function client(
  answers: readonly (readonly [status: number, afterUs: number])[],
  patience = PATIENCE,
) {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const told: string[] = [];
  let calls = 0;
  const clients = createClients(clock, patience, (planned, sentAt, tell) => {
    const [status, afterUs] = answers[calls++] ?? [0, 0];
    const at = (): string => `${(clock.now() - startedAt) / MS} ms`;
    expect(sentAt).toBe(clock.now());
    expect(planned.atUs).toBe(clock.now() - startedAt);
    told.push(`${at()}: ${planned.id} with the body of ${planned.first}`);
    const end = (how: ClientLine['how']): void => {
      told.push(`${at()}: ${planned.id} ${how}`);
      tell({ ...LINE, at: clock.now(), call: planned.id, sentAt, status, how });
    };
    if (status === 0) return () => end('left');
    if (afterUs === 0) {
      end('ended');
      return () => undefined;
    }
    const timer = clock.after(afterUs, () => end('ended'));
    return () => {
      timer.cancel();
      end('left');
    };
  });
  const planned = { id: 'c1', first: 'c1', atUs: 0, fn } as PlannedCall;
  clients.send(planned, clock.now());
  return { clock, clients, told };
}

function toldOf(...args: Parameters<typeof client>): string[] {
  const { clock, clients, told } = client(...args);
  drain(clock);
  expect(clients.pending).toBe(0);
  return told;
}

describe('a client', () => {
  it('that has a good answer in time sends nothing again', () => {
    expect(toldOf([[204, 999 * MS]])).toEqual(['0 ms: c1 with the body of c1', '999 ms: c1 ended']);
    expect(toldOf([[200, 0]])).toHaveLength(2);
  });

  it('hangs up and sends the same again, and the last time waits', () => {
    expect(toldOf([[0, 0], [0, 0], [200, 5 * SECOND]])).toEqual([
      '0 ms: c1 with the body of c1',
      '1000 ms: c1 left',
      '1000 ms: c1.r1 with the body of c1',
      '2000 ms: c1.r1 left',
      '2000 ms: c1.r2 with the body of c1',
      '7000 ms: c1.r2 ended',
    ]); // prettier-ignore
  });

  it('that is refused sends again no earlier', () => {
    expect(toldOf([[503, 0], [302, MS], [500, MS]])).toEqual([
      '0 ms: c1 with the body of c1',
      '0 ms: c1 ended',
      '1000 ms: c1.r1 with the body of c1',
      '1001 ms: c1.r1 ended',
      '2000 ms: c1.r2 with the body of c1',
      '2001 ms: c1.r2 ended',
    ]); // prettier-ignore
  });

  it('with patience waits for ever, and holds no timer', () => {
    const { clock, clients, told } = client([[0, 0]], { times: 0, afterUs: SECOND });
    expect([clock.pending, clients.pending, told.length]).toEqual([0, 0, 1]);
  });

  it('that is stopped sends nothing again', () => {
    const { clock, clients, told } = client([[503, MS]]);
    expect(clients.pending).toBe(1);
    clients.stop();
    drain(clock);
    expect([told.length, clients.pending]).toEqual([2, 0]);
  });
});

const storm = scenarioOf(`
version: 1
name: storm
calls: 400
arrivals: { kind: poisson, load: 130% }
functions: { a: { service: { kind: exponential, mean: 50ms }, timeout: 2s, request: 20KiB } }
fleet: [{ name: r, count: 2, slots: 2, queue: 1 }]
clients: { retry: { times: 2, after: 80ms } }
placement: { budget: 500ms }`);

test('a flight of clients that hang up keeps all laws, and every call sent has its end', () => {
  const { events, problems } = flown(storm, { seed: 1 });
  expect(problems).toEqual([]);
  const ends = only(events, 'end');
  const clients = only(events, 'client');
  expect(ends.length).toBe(only(events, 'arrive').length);
  const canceled = ends.filter((end) => end.outcome === 'canceled');
  expect(canceled.length).toBeGreaterThan(50);
  const left = clients.filter((line) => line.how === 'left');
  expect(left.map((line) => line.call)).toEqual(canceled.map((end) => end.call));
  for (const line of left) expect(line.at - line.sentAt).toBe(80 * MS);
  // A call canceled in its slot is stopped there.
  const stopped = only(events, 'exec-end').filter((end) => end.outcome === 'canceled');
  expect(stopped.length).toBeGreaterThan(20);
});

test('a retry carries the body of its first call, and takes a time of its own', () => {
  const { events } = flown(storm, { seed: 1 });
  const lines = byCall(only(events, 'client'));
  const again = [...lines.keys()].filter((id) => id.endsWith('.r1'));
  expect(again.length).toBeGreaterThan(50);
  for (const id of again) {
    const [first, second] = [lines.get(id.slice(0, -3))?.[0], lines.get(id)?.[0]];
    expect([second?.sentBytes, second?.sentHash]).toEqual([first?.sentBytes, first?.sentHash]);
    expect((second?.sentAt ?? 0) - (first?.sentAt ?? 0)).toBe(80 * MS);
  }
  const took = new Map(only(events, 'attempt-end').map((end) => [end.call, end.executionUs]));
  const timeOf = (id: string): number => took.get(id) ?? 0;
  const both = again.filter((id) => timeOf(id) > 0 && timeOf(id.slice(0, -3)) > 0);
  for (const id of both) expect(timeOf(id)).not.toBe(timeOf(id.slice(0, -3)));
});
