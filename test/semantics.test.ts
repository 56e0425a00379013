/**
 * The laws of retries, in flights of random fleets under random faults: what is NACKed goes
 * elsewhere with the same bytes, what may have been executed is never offered again.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { byCall, flown, only, scenarioOf } from './support/fly.js';

const FAULTS = [
  'crash',
  'drain',
  'pause',
  'slow',
  'nack-storm',
  'half-open',
  'response-lost',
] as const;

/** A fault of a random kind on a random runner, somewhere in the first second. */
const fault = (runners: number): fc.Arbitrary<string> =>
  fc
    .record({
      kind: fc.constantFrom(...FAULTS),
      at: fc.integer({ min: 0, max: 700 }),
      lasts: fc.integer({ min: 1, max: 300 }),
      runner: fc.integer({ min: 1, max: runners }),
      share: fc.constantFrom(0.3, 0.7, 1),
    })
    .map(({ kind, at, lasts, runner, share }) => {
      const extra = kind === 'slow' ? ', factor: 8' : '';
      const chance = kind === 'nack-storm' || kind === 'response-lost';
      const probability = chance ? `, probability: ${share}` : '';
      return `  - { kind: ${kind}, at: ${at}ms, for: ${lasts}ms, runner: r${runner}${extra}${probability} }`;
    });

interface Drawn {
  readonly seed: number;
  readonly text: string;
}

const flight: fc.Arbitrary<Drawn> = fc
  .record({
    seed: fc.nat(1_000_000),
    runners: fc.integer({ min: 2, max: 6 }),
    slots: fc.integer({ min: 1, max: 4 }),
    queue: fc.constantFrom(0, 0, 2),
    load: fc.integer({ min: 20, max: 160 }),
    service: fc.constantFrom('5ms', '{ kind: exponential, mean: 20ms }'),
    head: fc.constantFrom('late', 'early'),
    idempotent: fc.boolean(),
    request: fc.constantFrom('0B', '1B', '10240B', '30000B', '200KiB'),
    jitter: fc.constantFrom('0ms', '2ms'),
  })
  .chain((shape) =>
    fc
      .record({
        faults: fc.array(fault(shape.runners), { maxLength: 4 }),
        reset: fc.option(fc.integer({ min: 0, max: 900 })),
      })
      .map(({ faults, reset }) => ({ seed: shape.seed, text: yamlOf(shape, faults, reset) })),
  );

function yamlOf(
  shape: Record<string, string | number | boolean>,
  faults: readonly string[],
  reset: number | null,
): string {
  const { runners, slots, queue, load, service, head, idempotent, request, jitter } = shape;
  const resets = reset === null ? [] : [`  - { kind: stream-reset, at: ${reset}ms, runner: "*" }`];
  const all = withoutOverlaps([...faults, ...resets]);
  return `
version: 1
name: drawn
calls: 150
arrivals: { kind: poisson, load: ${load}% }
functions:
  a: { service: ${service}, timeout: 1s, request: ${request}, response: 3KiB, head: ${head}, idempotent: ${idempotent} }
fleet: [{ name: r, count: ${runners}, slots: ${slots}, queue: ${queue} }]
network: { roundTrip: 1ms, jitter: ${jitter} }
placement: { budget: 400ms }
${all.length === 0 ? '' : `faults:\n${all.join('\n')}\n`}`;
}

/** Keeps the first fault of a kind on a runner: two that overlap are refused. */
function withoutOverlaps(faults: readonly string[]): string[] {
  const key = (text: string): string => text.replace(/at: \d+ms, (?:for: \d+ms, )?/, '');
  const seen = new Set<string>();
  return faults.filter((text) => {
    const what = key(text).replace(/(, factor|, probability).*/, '');
    if (seen.has(what)) return false;
    seen.add(what);
    return true;
  });
}

const attemptsOf = (events: readonly FlightEvent[]): Map<string, string[]> => {
  const runners = new Map<string, string[]>();
  for (const [call, of] of byCall(only(events, 'attempt'))) {
    runners.set(
      call,
      of.map((attempt) => attempt.runner),
    );
  }
  return runners;
};

describe('under any faults', () => {
  test('no checker ever complains, and nothing is held at the end', () => {
    fc.assert(
      fc.property(flight, ({ seed, text }) => {
        expect(flown(scenarioOf(text), { seed }).problems).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  test('an attempt that broke is the last, save one second chance of a declared call', () => {
    fc.assert(
      fc.property(flight, ({ seed, text }) => {
        const { events } = flown(scenarioOf(text), { seed });
        const idempotent = text.includes('idempotent: true');
        const runners = attemptsOf(events);
        for (const [call, ended] of byCall(only(events, 'attempt-end'))) {
          expect(ended.length).toBeLessThanOrEqual(idempotent ? 2 : 1);
          const first = ended[0];
          if (first?.outcome !== 'broken') expect(ended).toHaveLength(1);
          // A second chance goes to another runner.
          for (const later of runners.get(call)?.slice(first?.attempt) ?? []) {
            expect(later).not.toBe(first?.runner);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('each law, where it bites', () => {
  const base = (more: string): string => `
version: 1
name: law
calls: 400
arrivals: { kind: poisson, rate: 400/s }
network: { roundTrip: 1ms }
${more}`;

  test('a NACKed call runs elsewhere with the bytes that its client sent', () => {
    // A runner that refused is left alone a while: it takes some calls to be refused so often.
    const text = base(`
functions: { a: { service: 10ms, request: 40KiB, response: 1KiB } }
fleet: [{ name: r, count: 4, slots: 8 }]
faults: [{ kind: nack-storm, at: 0ms, runner: [r1, r2, r3] }]`).replace('calls: 400', 'calls: 800');
    const { events, problems } = flown(scenarioOf(text), { seed: 1 });
    expect(problems).toEqual([]);
    const nacked = byCall(only(events, 'nack'));
    const reads = byCall(only(events, 'exec-read'));
    const clients = byCall(only(events, 'client'));
    expect(nacked.size).toBeGreaterThan(250);
    for (const call of nacked.keys()) {
      const read = reads.get(call)?.[0];
      const client = clients.get(call)?.[0];
      expect(read?.runner).toBe('r4');
      expect([read?.bytes, read?.hash]).toEqual([client?.sentBytes, client?.sentHash]);
      expect(client?.status).toBe(200);
    }
  });

  test('a runner that is half-open for ever holds nothing, however many attempts it had', () => {
    const text = base(`
functions: { a: { service: 10ms, timeout: 500ms } }
fleet: [{ name: r, count: 2, slots: 64 }]
faults: [{ kind: half-open, at: 100ms, runner: r1 }]`);
    // Above the pace of cancels attempts are abandoned, and their runner never ends them.
    const scenario = scenarioOf(text, ['calls=2500', 'arrivals.rate=2500/s']);
    const { events, problems } = flown(scenario, { seed: 1 });
    expect(problems).toEqual([]);
    const cut = only(events, 'attempt-end').filter((end) => end.outcome === 'expired');
    expect(cut.length).toBeGreaterThan(600);
    const cached = byCall(only(events, 'cached'));
    for (const { call, at } of cut) expect(at).toBe(cached.get(call)?.[0]?.deadline);
  });

  test('a call whose runner dies after start is not retried', () => {
    const text = base(`
functions: { a: { service: 300ms, head: early, idempotent: true } }
fleet: [{ name: r, count: 4, slots: 64 }]
faults: [{ kind: crash, at: 500ms, for: 100ms, runner: r2 }]`);
    const { events, problems } = flown(scenarioOf(text), { seed: 1 });
    expect(problems).toEqual([]);
    const committed = new Set(only(events, 'commit').map((event) => event.call));
    const broken = only(events, 'attempt-end').filter((end) => end.outcome === 'broken');
    const started = broken.filter((end) => committed.has(end.call));
    expect(started.length).toBeGreaterThan(10);
    const runners = attemptsOf(events);
    for (const end of started) expect(runners.get(end.call)).toHaveLength(end.attempt);
  });

  test.each([false, true])('a lost answer is not asked for again (idempotent: %s)', (declared) => {
    const text = base(`
functions: { a: { service: 20ms, head: early, idempotent: ${declared} } }
fleet: [{ name: r, count: 4, slots: 16 }]
faults: [{ kind: response-lost, at: 200ms, for: 500ms, runner: "*", probability: 0.5 }]`);
    const { events, problems } = flown(scenarioOf(text), { seed: 1 });
    expect(problems).toEqual([]);
    const starts = byCall(only(events, 'exec-start'));
    const lost = only(events, 'end').filter((end) => end.outcome === 'failed');
    expect(lost.length).toBeGreaterThan(30);
    for (const end of lost) expect(starts.get(end.call)).toHaveLength(1);
  });

  test('a declared call whose answer is lost before start runs once more, and never thrice', () => {
    const text = base(`
functions: { a: { service: 20ms, idempotent: true } }
fleet: [{ name: r, count: 4, slots: 16 }]
faults: [{ kind: response-lost, at: 200ms, for: 500ms, runner: "*", probability: 0.5 }]`);
    const { events, problems } = flown(scenarioOf(text), { seed: 1 });
    expect(problems).toEqual([]);
    const counts = [...byCall(only(events, 'exec-start')).values()].map((starts) => starts.length);
    expect(counts.filter((count) => count === 2).length).toBeGreaterThan(30);
    expect(Math.max(...counts)).toBe(2);
  });
});
