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
const FUNCTIONS = {
  quick: { timeoutMs: 160, memoryMb: 100 },
  slow: { timeoutMs: 2_000, memoryMb: 50, idempotent: true },
  /** Fits on some runners only, and beside nobody else. */
  big: { timeoutMs: 400, memoryMb: 150 },
  other: { timeoutMs: 160, memoryMb: 100, group: 'other' },
} as const;
type Fn = keyof typeof FUNCTIONS;

const scenario = scenarioOf(`
version: 1
name: waiting
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions:
  quick: { service: 20ms, timeout: 160ms }
  slow: { service: 60ms, timeout: 2s }
  big: { service: 40ms, timeout: 400ms }
  other: { service: 20ms, timeout: 160ms }
fleet:
  - { name: narrow, count: 2, slots: 2, memory: 100 }
  - { name: roomy, count: 2, slots: 2, memory: 200 }
  - { name: other, count: 2, slots: 1 }`);
const LBS = [0, 1];
const HOSTS_MAX = 5;

const TURNS = [
  ...(['join', 'leave', 'crash', 'restart', 'pause', 'resume'] as const),
  ...(['storm', 'calm', 'silent', 'heard', 'reset'] as const),
];
interface Plan {
  /** Default 500 µs. A long way leaves time to break before any answer. */
  readonly oneWayUs?: number;
  /** Hosts that are in from the start; the last two are of the other group. */
  readonly there: number;
  readonly turns: readonly {
    readonly atMs: number;
    readonly host: number;
    readonly turn: (typeof TURNS)[number];
  }[];
  readonly calls: readonly {
    readonly atMs: number;
    readonly fn: Fn;
    readonly lb?: number;
    readonly leavesMs?: number | undefined;
  }[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  oneWayUs: fc.constantFrom(500, 20_000),
  there: fc.nat(HOSTS_MAX + 1),
  turns: fc.array(
    fc.record({
      atMs: fc.nat(400),
      host: fc.nat(HOSTS_MAX),
      turn: fc.constantFrom(...TURNS),
    }),
    { maxLength: 16 },
  ),
  calls: fc.array(
    fc.record({
      // In bursts, so that runners are full.
      atMs: fc.tuple(fc.nat(2), fc.nat(40)).map(([burst, ms]) => burst * 150 + ms),
      fn: fc.constantFrom<Fn>('quick', 'slow', 'big', 'other'),
      lb: fc.constantFrom(...LBS),
      leavesMs: fc.option(fc.nat(200), { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 50 },
  ),
});

/** Flies the calls of a plan at the hosts, through two LBs that share them. */
function flyCalls(plan: Plan) {
  const clock = createVirtualClock();
  const rng = seededRng(7);
  const events: FlightEvent[] = [];
  const broken: string[] = [];
  const conservation = createConservation((law, call, at) => broken.push(`${law} ${call} ${at}`));
  const { oneWayUs = 500 } = plan;
  const link = { oneWayUs, jitterUs: 0, reconnectUs: 5 * MS, transcode: undefined };
  const log = (line: FlightEvent): void => void events.push(line);
  const hosts = scenario.runners.map((runner) =>
    createHost({ clock, rng, scenario, runner, link, lbs: LBS.length, log }),
  );
  const lbs = LBS.map((lb) => {
    const pool = createPool();
    const probe = (event: ProbeEvent): void => {
      conservation.see(event);
      events.push(event);
    };
    const balancer = createBalancer(
      { clock, rng, pool, data: staticFunctions(FUNCTIONS), placer: naive, probe },
      {
        idPrefix: `lb${lb}-`,
        placementMs: PLACEMENT_MS,
        busyMemoryMs: 10,
        ejectAfter: 1,
        ejectMs: 50,
      },
    );
    return { pool, balancer };
  });
  // A closed runner does not come back: each host joins once.
  const joined = new Set<Host>();
  const join = (host: Host): void => {
    if (joined.has(host)) return;
    joined.add(host);
    const group = host.id.startsWith('other') ? 'other' : 'default';
    lbs.forEach(({ pool }, lb) => {
      pool.add(createRunner(clock, host.id, host.links[lb]!.channel), group);
    });
  };
  hosts.slice(0, plan.there).forEach(join);
  const silence = (): 'drop' => 'drop';
  const apply: Record<(typeof TURNS)[number], (host: Host) => void> = {
    join,
    leave: (host) => lbs.forEach(({ pool }) => pool.remove(host.id).subscribe()),
    crash: (host) => host.crash(),
    restart: (host) => host.restart(),
    pause: (host) => host.pause(),
    resume: (host) => host.resume(),
    storm: (host) => (host.executor.bend.nack = 1),
    calm: (host) => (host.executor.bend.nack = 0),
    silent: (host) => host.links.forEach(({ rules }) => rules.add(silence)),
    reset: (host) => host.links.forEach((link) => link.resetStreams()),
    heard: (host) => host.links.forEach(({ rules }) => rules.delete(silence)),
  };
  for (const { atMs, host, turn } of plan.turns) {
    clock.after(atMs * MS, () => apply[turn](hosts[host]!));
  }
  const leftAt = new Map<string, number>();
  plan.calls.forEach(({ atMs, fn, lb = 0, leavesMs }, index) => {
    clock.after(atMs * MS, () => {
      const id = `c${index}`;
      const request = { id, fn, method: 'POST', url: '/', headers: [], body: utf8('x') };
      const serving = lbs[lb]!.balancer.handle(request, scriptedSink()).subscribe();
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
    for (const turn of ['resume', 'calm', 'heard'] as const) apply[turn](host);
  }
  advance(clock, 5 * SECOND);
  let open = LBS.length;
  for (const { balancer } of lbs) balancer.close().subscribe({ complete: () => (open -= 1) });
  drain(clock);
  const held = lbs.flatMap(({ balancer: { held: of } }) => [of.calls, of.waiting, of.bodyBytes]);
  return { events, broken, held: [...held, clock.pending, open], leftAt };
}

/** When a call gives up looking: for a second chance, `again`, it looks until its deadline. */
function giveUpAt(events: readonly FlightEvent[], fn: Fn, again: boolean): number {
  const arrivedAt = events[0]?.at ?? 0;
  const { timeoutMs } = FUNCTIONS[fn];
  return arrivedAt + (again ? timeoutMs : Math.min(timeoutMs / 2, PLACEMENT_MS)) * MS;
}

/** What has to happen for the law to have been tried at all. */
const seen = { size: 0, ejected: 0, 'in vain': 0 };

describe('whatever comes and goes', () => {
  test('no wake-up is lost, and who waits in vain leaves when it gives up', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { events, broken, held, leftAt } = flyCalls(plan);
        expect(broken).toEqual([]);
        expect(held.every((count) => count === 0)).toBe(true);
        seen.size += only(events, 'nack').filter(({ reason }) => reason === 'size').length;
        seen.ejected += only(events, 'runner').filter(({ change }) => change === 'ejected').length;
        for (const [id, of] of byCall(events as readonly ProbeEvent[])) {
          const story = (of as readonly FlightEvent[]).filter(
            ({ kind }) => !kind.startsWith('exec-'),
          );
          const end = only(story, 'end')[0];
          expect(end).toBeDefined();
          const kinds = story.map(({ kind }) => kind);
          const again = only(story, 'attempt-end').some(({ outcome }) => outcome === 'broken');
          const [waits, offers] = [kinds.lastIndexOf('wait'), kinds.lastIndexOf('attempt')];
          if (waits <= offers || end === undefined) continue;
          const { fn } = plan.calls[Number(id.slice(1))]!;
          const until = leftAt.get(id) ?? Infinity;
          // It waits to its end: nobody called it up, and it left on time.
          const givesUp = giveUpAt(story, fn, again);
          expect(end.at).toBe(Math.min(givesUp, until));
          seen['in vain'] += 1;
          // Who waits for a second chance has an answer already: that somebody broke.
          const inVain = again ? 'failed' : 'refused';
          if (until !== givesUp) expect(end.outcome).toBe(until < givesUp ? 'canceled' : inVain);
        }
      }),
      { numRuns: 500 },
    );
    for (const [what, times] of Object.entries(seen)) {
      expect(times, what).toBeGreaterThan(10);
    }
  });
});

test('the first runner of an empty pool takes who waits, at once and in turns', () => {
  const plan = {
    there: 0,
    turns: [{ atMs: 50, host: 2, turn: 'join' as const }],
    calls: (['quick', 'quick', 'slow'] as const).map((fn) => ({ atMs: 0, fn })),
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
  const { events } = flyCalls({ there: 4, turns: [], calls: [...flood, ...few] });
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
