/**
 * A made-up flight for the tests of reports: a queue with NACKs, a crash and a slow spell. It is no
 * simulator; only the shape of what it tells matters.
 */
import type { Outcome } from '../core/call.js';
import type {
  ClientLine,
  FaultLine,
  FlightEnd,
  FlightEvent,
  FlightHeader,
} from '../core/record.js';

export interface SampleOptions {
  readonly calls: number;
  readonly seconds: number;
  readonly runners: number;
  readonly slots: number;
  readonly seed: number;
  readonly serviceMs: number;
}

export interface Sample {
  readonly header: FlightHeader;
  readonly events: readonly FlightEvent[];
  readonly end: FlightEnd;
  /** Exact latencies of ok calls, µs. */
  readonly waits: readonly number[];
}

const DEFAULTS: SampleOptions = {
  calls: 6000,
  seconds: 30,
  runners: 8,
  slots: 4,
  seed: 7,
  serviceMs: 110,
};

export function sampleHeader(overrides: Partial<FlightHeader> = {}): FlightHeader {
  return {
    kind: 'flight',
    version: 1,
    scenario: 'first-flight',
    words: [
      '200 calls a second for 30 s, Poisson, to 1 function.',
      '8 runners with 4 slots each; service time log-normal, mean 110 ms.',
      'Network: 1 ms one way.',
      'Runner r3 crashes at 10 s for 4 s; r5 is three times slower from 18 s to 22 s.',
    ],
    on: 'sim',
    placer: 'p2c',
    seed: 7,
    calls: 6000,
    runners: Array.from({ length: 8 }, (_, i) => ({ id: `r${i + 1}`, slots: 4 })),
    slo: [
      { metric: 'latencyMs.p99', max: 900 },
      { metric: 'okRatio', min: 0.98 },
      { metric: 'attempts.perCall', max: 2 },
      { metric: 'calls.failed', max: 0 },
    ],
    replay: 'npx windtunnel run scenarios/first-flight.yaml --seed 7 --placer p2c',
    commit: '6bce240',
    node: 'v20.20.2',
    windtunnel: '0.1.0',
    ...overrides,
  };
}

export function sampleEnd(overrides: Partial<FlightEnd> = {}): FlightEnd {
  return {
    kind: 'landed',
    digest: '9f2c4a7be1d03356',
    wallMs: 412.5,
    virtualMs: 30_000,
    violations: [],
    stuck: [],
    ...overrides,
  };
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function sampleFlight(
  overrides: Partial<SampleOptions> = {},
  header: Partial<FlightHeader> = {},
): Sample {
  const options = { ...DEFAULTS, ...overrides };
  const random = chance(options.seed);
  const spanUs = options.seconds * 1e6;
  const faults = sampleFaults(spanUs);
  const fleet = Array.from({ length: options.runners }, (_, i) => ({
    id: `r${i + 1}`,
    free: Array.from({ length: options.slots }, () => 0),
  }));
  const told: FlightEvent[] = [...faults];
  const waits: number[] = [];
  let at = 0;
  for (let n = 1; n <= options.calls; n++) {
    at += Math.round((-Math.log(1 - random()) * spanUs) / options.calls);
    told.push(...callEvents({ call: `c${n}`, at, random, fleet, faults, waits, options }));
  }
  const events = told.sort((a, b) => a.at - b.at);
  const last = events[events.length - 1]?.at ?? 0;
  const runners = fleet.map(({ id }) => ({ id, slots: options.slots }));
  return {
    header: sampleHeader({ calls: options.calls, seed: options.seed, runners, ...header }),
    events,
    end: sampleEnd({ virtualMs: last / 1000 }),
    waits,
  };
}

function sampleFaults(spanUs: number): readonly FaultLine[] {
  const part = (share: number): number => Math.round(spanUs * share);
  return [
    { kind: 'fault', at: part(0.33), until: part(0.46), fault: 'crash', target: 'r3' },
    { kind: 'fault', at: part(0.6), until: part(0.73), fault: 'slow', target: 'r5,r6' },
    { kind: 'fault', at: part(0.85), until: part(0.85), fault: 'reset', target: 'r1' },
  ];
}

interface Plan {
  readonly call: string;
  readonly at: number;
  readonly random: () => number;
  readonly fleet: readonly { readonly id: string; readonly free: number[] }[];
  readonly faults: readonly FaultLine[];
  readonly waits: number[];
  readonly options: SampleOptions;
}

const WHAT = { fn: 'resize', app: '', image: '', group: 'default', rid: '' };

/** Everything told of one call. */
function callEvents(plan: Plan): FlightEvent[] {
  const { call, at, random, fleet, faults, options } = plan;
  const events: FlightEvent[] = [
    { kind: 'arrive', lb: 'lb0', at, call, fn: 'resize' },
    { kind: 'cached', at, call, bytes: 512, deadline: at + 10_000_000, ...WHAT },
  ];
  let now = at;
  let attempt = 0;
  for (let round = 1; round <= 25; round++) {
    for (let n = 0; n < 3; n++) {
      const runner = fleet[Math.floor(random() * fleet.length)]!;
      const hits = faults.filter((f) => f.at <= now && now < f.until);
      const struck = (fault: string): boolean =>
        hits.some((f) => f.fault === fault && f.target.split(',').includes(runner.id));
      if (struck('crash')) {
        events.push({ kind: 'skip', at: now, call, runner: runner.id });
        continue;
      }
      const of = { call, runner: runner.id, attempt: ++attempt };
      events.push({ kind: 'attempt', hedge: false, token: false, at: now, ...of });
      const slot = runner.free.findIndex((free) => free <= now + 1000);
      if (slot < 0) {
        events.push({ kind: 'exec-nack', at: now + 1000, ...of, reason: 'busy' });
        events.push({ kind: 'nack', at: (now += 2000), ...of, reason: 'busy' });
        continue;
      }
      const factor = struck('slow') ? 3 : 1;
      const spread = Math.exp(random() + random() + random() - 1.6);
      const service = Math.round(options.serviceMs * 1000 * factor * spread * 0.9);
      const startedAt = now + 1000;
      const crash = faults.find(
        (f) => f.fault === 'crash' && f.target === runner.id && f.at > startedAt,
      );
      runner.free[slot] = startedAt + service;
      const cut = crash !== undefined && crash.at < startedAt + service ? crash.at : undefined;
      return [...events, ...executed(plan, of, startedAt, service, cut)];
    }
    events.push({ kind: 'round', at: now, call, round, runners: 3 });
    const room = { lb: 'lb0', group: 'default', runners: fleet.length, waiting: 1 };
    events.push({ kind: 'wait', at: now, call, ...room });
    now += 10_000;
  }
  return [...events, ...finish(plan, now, 'refused', attempt)];
}

type OfAttempt = { readonly call: string; readonly runner: string; readonly attempt: number };

function executed(
  plan: Plan,
  of: OfAttempt,
  startedAt: number,
  service: number,
  cut: number | undefined,
): FlightEvent[] {
  const doneAt = cut ?? startedAt + service;
  const outcome: Outcome = cut === undefined ? 'ok' : 'failed';
  const slots = plan.options.slots;
  const events: FlightEvent[] = [
    { kind: 'exec-start', at: startedAt, ...of, active: 1, slots, cold: false, remainingUs: -1 },
    { kind: 'exec-read', at: startedAt, ...of, bytes: 512, hash: 1, marks: 0 },
    { kind: 'commit', at: doneAt + 1000, ...of },
  ];
  if (cut === undefined) {
    events.push({
      kind: 'exec-end',
      at: doneAt,
      ...of,
      outcome: 'ok',
      bytes: 64,
      hash: 2,
      marks: 0,
    });
    plan.waits.push(doneAt + 2000 - plan.at);
  }
  const how = cut === undefined ? 'ok' : 'broken';
  const said = { cause: '', message: '', userError: false, schedulerUs: 0, executionUs: 0 };
  events.push({ kind: 'attempt-end', at: doneAt + 1000, ...of, outcome: how, ...said });
  return [...events, ...finish(plan, doneAt + 1000, outcome, of.attempt)];
}

function finish(plan: Plan, at: number, outcome: Outcome, attempts: number): FlightEvent[] {
  const status = outcome === 'ok' ? 200 : outcome === 'refused' ? 503 : 502;
  const { call } = plan;
  const client: ClientLine = {
    kind: 'client',
    at: at + 1000,
    call,
    sentAt: plan.at,
    status,
    how: 'ended',
    idempotent: false,
    sentBytes: 512,
    sentHash: 1,
    sentMarks: 0,
    bytes: 64,
    hash: 2,
    marks: 0,
  };
  const code = outcome === 'ok' ? '' : outcome;
  const bytes = { bytesIn: 512, bytesOut: 64 };
  return [
    { kind: 'head', at, call, status },
    { kind: 'end', at, call, outcome, code, status, attempts, ...bytes, callEnd: false },
    client,
  ];
}
