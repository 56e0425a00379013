/**
 * Laws of waiting, whatever comes and goes: no wake-up is lost, nobody waits longer than until it
 * gives up, and nothing is held afterwards. Real runners' ends over simulated links, and a pool
 * whose runners join and leave.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBalancer } from '../core/balancer.js';
import { staticFunctions } from '../core/data-access.js';
import { naive } from '../core/placers/naive.js';
import { createPool } from '../core/pools.js';
import type { ProbeEvent } from '../core/probe.js';
import type { FlightEvent } from '../core/record.js';
import { seededRng } from '../core/rng.js';
import { createRunner } from '../proto/runner.js';
import { createConservation } from '../sim/conservation.js';
import { createHost, type Host } from '../sim/host.js';
import { utf8 } from './support/calls.js';
import { byCall, only, scenarioOf } from './support/fly.js';
import { scriptedSink } from './support/scripted-sink.js';
import { MS, SECOND, advance, createVirtualClock, drain } from './support/virtual.js';

const PLACEMENT_MS = 120;
const TIMEOUT_MS = { quick: 160, slow: 2_000 };

const scenario = scenarioOf(`
version: 1
name: waiting
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { quick: { service: 20ms, timeout: 160ms }, slow: { service: 60ms, timeout: 2s } }
fleet: [{ name: r, count: 4, slots: 2 }]`);

type Turn = 'join' | 'leave' | 'crash' | 'restart' | 'pause' | 'resume' | 'storm' | 'calm';

const turns = fc.array(
  fc.record({
    atMs: fc.nat(400),
    host: fc.nat(3),
    turn: fc.constantFrom<Turn>(
      ...(['join', 'leave', 'crash', 'restart', 'pause', 'resume', 'storm', 'calm'] as const),
    ),
  }),
  { maxLength: 12 },
);
const calls = fc.array(
  fc.record({
    atMs: fc.nat(400),
    fn: fc.constantFrom('quick' as const, 'slow' as const),
    leavesMs: fc.option(fc.nat(200), { nil: undefined, freq: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Flies the calls at up to four hosts of two slots, of which `there` are there from the start. */
function flyCalls(drawn: {
  readonly there: number;
  readonly turns: readonly { atMs: number; host: number; turn: Turn }[];
  readonly calls: readonly {
    atMs: number;
    fn: 'quick' | 'slow';
    leavesMs: number | undefined;
  }[];
}) {
  const clock = createVirtualClock();
  const rng = seededRng(7);
  const events: FlightEvent[] = [];
  const broken: string[] = [];
  const conservation = createConservation((law, call, at) => broken.push(`${law} ${call} ${at}`));
  const link = { oneWayUs: 500, jitterUs: 0, reconnectUs: 5 * MS, transcode: undefined };
  const hosts = scenario.runners.map((runner) =>
    createHost({ clock, rng, scenario, runner, link, lbs: 1, log: (line) => events.push(line) }),
  );
  const pool = createPool();
  // A closed runner does not come back: each host joins once.
  const joined = new Set<Host>();
  const join = (host: Host): void => {
    if (joined.has(host)) return;
    joined.add(host);
    pool.add(createRunner(clock, host.id, host.links[0]!.channel));
  };
  const table = { quick: { timeoutMs: TIMEOUT_MS.quick }, slow: { timeoutMs: TIMEOUT_MS.slow } };
  const balancer = createBalancer(
    {
      clock,
      rng,
      pool,
      data: staticFunctions(table),
      placer: naive,
      probe: (event) => {
        conservation.see(event);
        events.push(event);
      },
    },
    { placementMs: PLACEMENT_MS, busyMemoryMs: 10 },
  );
  hosts.slice(0, drawn.there).forEach(join);
  const apply: Record<Turn, (host: Host) => void> = {
    join,
    leave: (host) => {
      pool.remove(host.id).subscribe();
    },
    crash: (host) => host.crash(),
    restart: (host) => host.restart(),
    pause: (host) => host.pause(),
    resume: (host) => host.resume(),
    storm: (host) => (host.executor.bend.nack = 1),
    calm: (host) => (host.executor.bend.nack = 0),
  };
  for (const { atMs, host, turn } of drawn.turns) {
    clock.after(atMs * MS, () => apply[turn](hosts[host] as Host));
  }
  const leftAt = new Map<string, number>();
  drawn.calls.forEach(({ atMs, fn, leavesMs }, index) => {
    clock.after(atMs * MS, () => {
      const id = `c${index}`;
      const request = { id, fn, method: 'POST', url: '/', headers: [], body: utf8('x') };
      const serving = balancer.handle(request, scriptedSink()).subscribe();
      if (leavesMs === undefined) return;
      clock.after(leavesMs * MS, () => {
        leftAt.set(id, clock.now());
        serving.unsubscribe();
      });
    });
  });
  advance(clock, SECOND);
  // Heal: everybody goes on, so that what is left can end.
  for (const host of hosts) {
    host.restart();
    host.resume();
    host.executor.bend.nack = 0;
  }
  advance(clock, 5 * SECOND);
  let closed = false;
  balancer.close().subscribe({ complete: () => (closed = true) });
  drain(clock);
  return { events, broken, balancer, clock, closed, leftAt };
}

/** When a call gives up looking. */
function giveUpAt(events: readonly FlightEvent[], fn: 'quick' | 'slow'): number {
  const arrivedAt = events[0]?.at ?? 0;
  return arrivedAt + Math.min(TIMEOUT_MS[fn] / 2, PLACEMENT_MS) * MS;
}

describe('whatever comes and goes', () => {
  const drawn = fc.record({ there: fc.nat(4), turns, calls });

  test('no wake-up is lost, and who waits in vain leaves when it gives up', () => {
    fc.assert(
      fc.property(drawn, (plan) => {
        const { events, broken, balancer, clock, closed, leftAt } = flyCalls(plan);
        expect(broken).toEqual([]);
        const { calls: inFlight, waiting, bodyBytes } = balancer.held;
        expect([inFlight, waiting, bodyBytes, clock.pending, closed]).toEqual([0, 0, 0, 0, true]);
        for (const [id, of] of byCall(events as readonly ProbeEvent[])) {
          const story = of.filter(({ kind }) => !kind.startsWith('exec-'));
          const end = only(story as readonly FlightEvent[], 'end')[0];
          expect(end).toBeDefined();
          const kinds = story.map(({ kind }) => kind);
          const [waits, offers] = [kinds.lastIndexOf('wait'), kinds.lastIndexOf('attempt')];
          if (waits <= offers || end === undefined) continue;
          const { fn } = plan.calls[Number(id.slice(1))]!;
          const until = leftAt.get(id) ?? Infinity;
          // It waits to its end: nobody called it up, and it left on time.
          const givesUp = giveUpAt(story, fn);
          expect(end.at).toBe(Math.min(givesUp, until));
          if (until !== givesUp) expect(end.outcome).toBe(until < givesUp ? 'canceled' : 'refused');
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('the first runner of an empty pool takes who waits, at once and in turns', () => {
  const plan = {
    there: 0,
    turns: [{ atMs: 50, host: 2, turn: 'join' as const }],
    calls: ['quick', 'quick', 'slow'].map((fn) => ({
      atMs: 0,
      fn: fn as 'quick' | 'slow',
      leavesMs: undefined,
    })),
  };
  const { events } = flyCalls(plan);
  const attempts = only(events, 'attempt').map(({ call, at }) => [call, (at - 1_000_000) / MS]);
  expect(attempts[0]).toEqual(['c0', 50]);
  // A slot is found free after each two round trips: a NACK that was never seen takes 10 ms.
  expect(attempts[1]?.[0]).toBe('c2');
  expect(only(events, 'end').every(({ outcome }) => outcome === 'ok')).toBe(true);
});

test('a function that few call is served beside one that floods the room', () => {
  const flood = Array.from({ length: 38 }, () => ({ atMs: 0, fn: 'slow' as const }));
  const few = [1, 2].map((atMs) => ({ atMs, fn: 'quick' as const }));
  const all = [...flood, ...few].map((call) => ({ ...call, leavesMs: undefined }));
  const { events } = flyCalls({ there: 4, turns: [], calls: all });
  const ends = new Map(only(events, 'end').map(({ call, outcome }) => [call, outcome]));
  expect([ends.get('c38'), ends.get('c39')]).toEqual(['ok', 'ok']);
  expect([...ends.values()]).toContain('refused');
});

test('a full room refuses at once, by function and in all', () => {
  const clock = createVirtualClock();
  const balancer = createBalancer(
    {
      clock,
      rng: seededRng(1),
      pool: createPool(),
      data: staticFunctions({ a: {}, b: {}, c: {} }),
    },
    { waitingMax: 5, waitingPerFunctionMax: 3 },
  );
  const statuses = 'aaaabbbc'.split('').map((fn) => {
    const sink = scriptedSink();
    balancer
      .handle({ fn, method: 'POST', url: '/', headers: [], body: utf8('') }, sink)
      .subscribe();
    advance(clock, MS);
    return sink.status === undefined ? 'waits' : `${sink.status} ${sink.header('Retry-After')}`;
  });
  const refused = '503 15';
  expect(statuses).toEqual([
    'waits',
    'waits',
    'waits',
    refused,
    'waits',
    'waits',
    refused,
    refused,
  ]);
  expect(balancer.held.waiting).toBe(5);
  drain(clock);
  expect([balancer.held.waiting, balancer.held.calls, clock.pending]).toEqual([0, 0, 0]);
});
