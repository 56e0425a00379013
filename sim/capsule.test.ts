/** Capsules: what is in one is the flight, read back or not, and what is none is refused. */
import { describe, expect, it, test } from 'vitest';
import {
  CAPSULE_VERSION,
  capsuleFromJson,
  complaintsOf,
  failureOf,
  flySortie,
  sortieOf,
  type Capsule,
} from './capsule.js';
import { flown, only, scenarioOf } from '../test/support/fly.js';
import { drawScenario } from './swarm.js';
import { flyTwins } from './twins.js';
import { classOf, fingerprints, type SeedVerdict } from './verdict.js';

const STEADY = `
version: 1
name: steady
calls: 60
arrivals: { kind: poisson, rate: 100/s }
functions: { f: { service: { kind: exponential, mean: 30ms } } }
fleet: [{ name: r, count: 10, slots: 8 }]`;

const SEED = 12;
const { scenario } = drawScenario(SEED);

const capsule: Capsule = {
  kind: 'capsule',
  version: CAPSULE_VERSION,
  fingerprint: 'broken: something',
  complaints: [],
  ...sortieOf(scenario, SEED, false),
  digest: '',
  windtunnel: '0.1.0',
  commit: '',
  node: process.version,
  replay: 'windtunnel replay x.json',
  tail: [],
};

test.each([false, true])('flies what its seed flew, with explore %s', (explore) => {
  for (const seed of [SEED, 40, 335]) {
    const drawn = drawScenario(seed).scenario;
    const { digest, calls } = flyTwins(drawn, seed, { explore });
    const twins = flySortie(sortieOf(drawn, seed, explore));
    while (twins.fly());
    const again = twins.land();
    expect([again.digest, again.calls]).toEqual([digest, calls]);
  }
});

test('a call that is left out changes no other one’s service time', () => {
  const steady = scenarioOf(STEADY);
  const { plan } = sortieOf(steady, SEED, false);
  const tookBy = (of: typeof plan): Map<string, number> => {
    const { events } = flown(steady, { seed: SEED, plan: of });
    const started = new Map(only(events, 'exec-start').map(({ call, at }) => [call, at]));
    return new Map(
      only(events, 'exec-end').map(({ call, at }) => [call, at - (started.get(call) ?? 0)]),
    );
  };
  const whole = tookBy(plan);
  const less = tookBy(plan.filter((_, index) => index % 3 !== 0));
  expect([whole.size, less.size]).toEqual([60, 40]);
  for (const [call, took] of less) expect(took).toBe(whole.get(call));
});

describe('reading one', () => {
  const text = JSON.stringify(capsule);
  const read = (change: (value: Record<string, unknown>) => void): readonly string[] => {
    const value = JSON.parse(text) as Record<string, unknown>;
    change(value);
    const parsed = capsuleFromJson(value, 'x.json');
    return parsed.ok ? [] : parsed.errors;
  };

  it('gives back what was written', () => {
    expect(capsuleFromJson(JSON.parse(text), 'x.json')).toEqual({ ok: true, capsule });
  });

  it.each<[string, (value: never) => void, RegExp]>([
    ['no capsule at all', (v: Record<string, unknown>) => delete v['kind'], /^x\.json: kind: /],
    ['a later version', (v: Record<string, unknown>) => (v['version'] = 99), /^x\.json: version: /],
    [
      'a scenario of another version',
      (v: { scenario: Record<string, unknown> }) => (v.scenario['lanes'] = 3),
      /^x\.json: scenario: .*lanes/,
    ],
    ['no calls', (v: Record<string, unknown>) => (v['plan'] = []), /^x\.json: plan: /],
    [
      'a call twice',
      (v: { plan: unknown[] }) => v.plan.push(v.plan[v.plan.length - 1]),
      /^x\.json: plan\[\d+\]\.id: a second call "c\d+"$/,
    ],
    [
      'a function that is not there',
      (v: { plan: { fn: string }[] }) => (v.plan[0]!.fn = 'nobody'),
      /^x\.json: plan\[0\]\.fn: the scenario has no function "nobody"$/,
    ],
    [
      'a load balancer that is not there',
      (v: { plan: { lb: number }[] }) => (v.plan[0]!.lb = 99),
      /^x\.json: plan\[0\]\.lb: there are \d$/,
    ],
    [
      'calls out of order',
      (v: { plan: { atUs: number }[] }) => (v.plan[0]!.atUs = 1e12),
      /^x\.json: plan\[1\]\.atUs: before the call in front of it$/,
    ],
    [
      'a fault on nobody',
      (v: { scenario: { faults: unknown[] } }) =>
        v.scenario.faults.push({ kind: 'crash', atUs: 0, untilUs: 1, runners: ['nobody'] }),
      /^x\.json: scenario\.faults\[\d+\]: there is no runner "nobody"$/,
    ],
  ])('says what is wrong with %s', (_, change, message) => {
    const errors = read(change as (value: Record<string, unknown>) => void);
    expect(errors[0]).toMatch(message);
  });
});

describe('a fingerprint', () => {
  const fine: SeedVerdict = {
    ...{ seed: 1, digest: '', calls: 1, violations: [], stuck: [], tail: [] },
    difference: undefined,
    inconclusive: undefined,
  };

  it('is the same whatever call, instant and count it is about', () => {
    const one = 'attempt 3 was NACKed, yet it started (call c17, at 1000234 µs)';
    const two = 'attempt 1 was NACKed, yet it started (call c2.r1, at 99 µs)';
    expect(fingerprints({ ...fine, violations: [one, two] })).toEqual([
      'broken: attempt # was NACKed, yet it started',
    ]);
    const never = 'call c3 never ended (after 7 attempts)';
    expect(fingerprints({ ...fine, stuck: [never, '... 3 more calls'] })).toEqual([
      'stuck: a call never ended (after # attempts)',
    ]);
  });

  it('is the same whatever runner it is about, and wherever the program is installed', () => {
    const ways = (...lines: string[]): number => {
      return new Set(lines.flatMap((line) => fingerprints({ ...fine, violations: [line] }))).size;
    };
    const law = 'no call waits while its LB holds a token for a runner it may use';
    expect(ways(`${law} (ra) (call c1, at 5 µs)`, `${law} (rb2) (call c9, at 7 µs)`)).toBe(1);
    expect(
      ways(
        'runner ra never runs more than its slots (call c1, at 5 µs)',
        'runner east-7 never runs more than its slots (call c2, at 5 µs)',
      ),
    ).toBe(1);
    expect(
      ways(
        'still held at the end: 1 slots of runner ra',
        'still held at the end: 3 slots of runner r.2',
      ),
    ).toBe(1);
    const chance = (at: string): string =>
      `Math.random was used in a flight, at f (file://${at}/dist/sim/link.js:17:1)`;
    expect(ways(chance('/home/a'), chance('/opt/lib/node_modules/windtunnel'))).toBe(1);
  });

  it('of twins that differ names the kinds of events', () => {
    const difference = 'event 7: {"kind":"wait","at":3} in one flight, nothing in its twin';
    expect(fingerprints({ ...fine, difference })).toEqual(['different: wait']);
  });

  it('has none where nothing failed', () => {
    expect(fingerprints(fine)).toEqual([]);
    const inconclusive = { ...fine, inconclusive: 'it still flew' };
    expect([fingerprints(inconclusive), classOf(inconclusive)]).toEqual([[], 'inconclusive']);
    expect(failureOf(inconclusive)).toBeUndefined();
    expect(complaintsOf(inconclusive)).toEqual(['inconclusive: it still flew']);
  });

  it('is looked for among all that a flight breaks', () => {
    const verdict = { ...fine, violations: ['a', 'b'] };
    expect(failureOf(verdict, 'broken: b')?.fingerprint).toBe('broken: b');
    expect(failureOf(verdict, 'broken: c')?.fingerprint).toBe('broken: a');
  });
});

test('a flight that takes more events than it may is inconclusive, not stuck', () => {
  // One that polls a lot.
  const verdict = flyTwins(drawScenario(48).scenario, 48, { eventsMax: 1000 });
  expect(verdict.inconclusive).toMatch(/^it still flew after \d+ events, at \d+ µs$/);
  expect([classOf(verdict), verdict.stuck]).toEqual(['inconclusive', []]);
});
