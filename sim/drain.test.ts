/** Laws of a deploy: no call breaks, whatever load and phase; the process ends when it can. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { flown, only, scenarioOf } from '../test/support/fly.js';
import { MS, SECOND } from '../test/support/virtual.js';

interface Drawn {
  readonly load: number;
  readonly service: string;
  readonly queue: number;
  readonly at: number;
  readonly lasts: number;
  readonly rolling: number;
  readonly roundTrip: number;
  readonly jitter: number;
  readonly head: string;
  readonly request: string;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  load: fc.constantFrom(70, 70, 30, 95),
  service: fc.constantFrom('30ms', '{ kind: exponential, mean: 30ms }'),
  queue: fc.constantFrom(0, 0, 3),
  at: fc.integer({ min: 0, max: 900 }),
  lasts: fc.integer({ min: 1, max: 300 }),
  rolling: fc.constantFrom(0, 1, 50, 400),
  roundTrip: fc.constantFrom(0, 1, 20),
  jitter: fc.constantFrom(0, 5),
  head: fc.constantFrom('late', 'early'),
  request: fc.constantFrom('256B', '200KiB'),
});

const text = (of: Drawn): string => `
version: 1
name: deploy
calls: 300
arrivals: { kind: poisson, load: ${of.load}% }
functions:
  a: { service: ${of.service}, head: ${of.head}, request: ${of.request} }
fleet: [{ name: r, count: 5, slots: 2, queue: ${of.queue} }]
network: { roundTrip: ${of.roundTrip}ms, jitter: ${of.jitter}ms, reconnect: 10ms }
faults:
  - { kind: drain, at: ${of.at}ms, for: ${of.lasts}ms, runner: "*", rolling: ${of.rolling}ms }`;

test('a rolling deploy of a whole fleet costs no call, and breaks no attempt', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), drawn, (seed, of) => {
      const { events, problems } = flown(scenarioOf(text(of)), { seed });
      expect(problems).toEqual([]);
      expect(only(events, 'end').filter((end) => end.outcome !== 'ok')).toEqual([]);
      expect(only(events, 'attempt-end').filter((end) => end.outcome !== 'ok')).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

/** One runner beside another, with a call every 10 ms. */
function deployed(
  fault: string,
  ...sets: string[]
): { events: readonly FlightEvent[]; startUs: number } {
  const scenario = scenarioOf(
    `
version: 1
name: deploy
calls: 300
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 20ms } }
fleet: [{ name: r, count: 2, slots: 4 }]
network: { roundTrip: 2ms, reconnect: 5ms }
faults: [${fault}]`,
    sets,
  );
  const { events, problems } = flown(scenario, { seed: 1 });
  expect(problems).toEqual([]);
  const first = Math.min(...scenario.faults.map(({ atUs }) => atUs));
  return { events, startUs: (only(events, 'fault')[0]?.at ?? 0) - first };
}

/** Instants of what happened to r1, from takeoff. */
function storyOf({ events, startUs }: ReturnType<typeof deployed>) {
  const changes = only(events, 'runner').filter(({ runner }) => runner === 'r1');
  const at = (change: string): number[] =>
    changes.filter((event) => event.change === change).map((event) => event.at - startUs);
  const starts = only(events, 'exec-start').filter(({ runner }) => runner === 'r1');
  return { lost: at('lost'), ready: at('ready'), starts: starts.map((line) => line.at - startUs) };
}

describe('a runner that is deployed anew', () => {
  it('is let go of one way after it says so, and back after its spell', () => {
    const { lost, ready, starts } = storyOf(
      deployed('{ kind: drain, at: 1s, for: 500ms, runner: r1 }'),
    );
    expect([lost, ready]).toEqual([[SECOND + MS], [1500 * MS + 5 * MS]]);
    expect(starts.filter((at) => at > SECOND && at < 1505 * MS)).toEqual([]);
    expect(starts.filter((at) => at > 1505 * MS).length).toBeGreaterThan(5);
  });

  it('NACKs as draining what was on its way', () => {
    const { events } = deployed(
      '{ kind: drain, at: 1s, for: 500ms, runner: "*" }',
      'arrivals.rate=4000/s',
      'calls=8000',
      'functions.a.service=1ms',
    );
    const nacks = only(events, 'exec-nack').filter((line) => line.reason === 'draining');
    expect(nacks.length).toBeGreaterThan(2);
    for (const { at } of nacks) expect(at).toBeLessThanOrEqual(2_000_000 + 2 * MS);
    const told = only(events, 'nack').filter((event) => event.reason === 'draining');
    expect(told).toHaveLength(nacks.length);
  });

  it('finishes what runs, and is back as soon as it has ended when that is later', () => {
    const fault = '{ kind: drain, at: 1s, for: 100ms, runner: r1 }';
    const story = storyOf(deployed(fault, 'functions.a.service=700ms', 'fleet[0].slots=100'));
    const last = Math.max(...story.starts.filter((at) => at <= SECOND));
    // Its answer travels one way; the new process is reachable after the reconnect.
    expect(story.ready).toEqual([last + 701 * MS + 5 * MS]);
  });

  it('waits for functions that ignore their cancels', () => {
    const fault = '{ kind: drain, at: 1s, for: 100ms, runner: r1 }';
    const sets = ['functions.a={service: 700ms, timeout: 100ms}', 'fleet[0].cancel=ignore'];
    const story = storyOf(deployed(fault, ...sets, 'fleet[0].slots=100'));
    const last = Math.max(...story.starts.filter((at) => at <= SECOND));
    expect(story.ready).toEqual([last + 700 * MS + 5 * MS]);
  });

  it('is gone for good without an end, and others do its work', () => {
    const { lost, ready } = storyOf(deployed('{ kind: drain, at: 1s, runner: r1 }'));
    expect([lost, ready]).toEqual([[SECOND + MS], []]);
  });

  it('begins later the further down it is on the list of a rolling one', () => {
    const { events, startUs } = deployed(
      '{ kind: drain, at: 1s, for: 200ms, runner: "*", rolling: 300ms }',
    );
    const told = only(events, 'fault').map(({ at, until, target }) => [
      at - startUs,
      until - startUs,
      target,
    ]);
    expect(told).toEqual([
      [SECOND, 1200 * MS, 'r1'],
      [1300 * MS, 1500 * MS, 'r2'],
    ]);
  });
});

describe('a deploy beside another fault', () => {
  const ready = (...faults: string[]): number[] => storyOf(deployed(faults.join(', '))).ready;

  it('of a process that is killed meanwhile is over', () => {
    const drain = '{ kind: drain, at: 1s, for: 1s, runner: r1 }';
    const crash = '{ kind: crash, at: 1005ms, for: 100ms, runner: r1 }';
    expect(ready(drain, crash)).toEqual([1110 * MS]);
  });

  it('of a process that is dead does not bring it back', () => {
    const crash = '{ kind: crash, at: 900ms, runner: r1 }';
    expect(ready('{ kind: drain, at: 1s, for: 100ms, runner: r1 }', crash)).toEqual([]);
  });

  it('begins when a stopped process goes on', () => {
    const drain = '{ kind: drain, at: 1s, for: 100ms, runner: r1 }';
    const pause = '{ kind: pause, at: 990ms, for: 500ms, runner: r1 }';
    const { lost, ready: back } = storyOf(deployed(`${drain}, ${pause}`));
    expect(lost).toEqual([1491 * MS]);
    expect(back).toHaveLength(1);
    expect(back[0]).toBeGreaterThan(1491 * MS);
  });
});
