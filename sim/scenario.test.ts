/** What scenarios are read as: shipped files, defaults, overrides, words. Not their mistakes. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Slo } from '../core/record.js';
import type { Law } from './laws.js';
import {
  capacityPerSec,
  describe as inWords,
  parseScenario,
  scenarioFromJson,
  scenarioJsonSchema,
  scenarioTemplate,
  type Scenario,
  type ServiceLaw,
} from './scenario.js';

const folder = new URL('../scenarios/', import.meta.url);
const shipped = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

function read(text: string, sets: readonly string[] = []): Scenario {
  const parsed = parseScenario(text, 'x.yaml', sets);
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'));
  return parsed.scenario;
}

const smallest = `version: 1
name: smallest
calls: 10
arrivals: { kind: constant, rate: 10/s }
fleet: [{ name: r, slots: 1 }]
`;

test.each(shipped)('%s is valid, names its schema and itself', (name) => {
  const text = textOf(name);
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./schema.json');
  expect(read(text).name).toBe(name.replace('.yaml', ''));
});

test('the shipped scenarios are these', () => {
  expect(shipped.sort()).toEqual([
    'black-hole.yaml',
    'first-flight.yaml',
    'saturation.yaml',
    'steady.yaml',
  ]);
});

test('the template is valid, and so is the example in the README', () => {
  expect(read(scenarioTemplate()).name).toBe('my-flight');
  expect(read(readmeExample()).name).toBe('every-field');
});

test('the README shows every key of the schema', () => {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as { properties?: object };
    for (const key of Object.keys(properties ?? {})) keys.add(key);
    Object.values(node).forEach(walk);
  };
  walk(scenarioJsonSchema());
  const example = readmeExample();
  const missing = [...keys].filter((key) => !new RegExp(`\\b${key}:`).test(example));
  expect(missing).toEqual([]);
});

test('the defaults the README names are those of the schema', () => {
  const { functions, network, placement, limits } = read(readmeExample());
  const plain = read(smallest);
  expect(functions[0]).toEqual(plain.functions[0]);
  expect(network).toEqual(plain.network);
  expect(placement).toEqual(plain.placement);
  expect(limits).toEqual(plain.limits);
});

test('schema.json is generated: windtunnel schema > scenarios/schema.json', () => {
  expect(JSON.parse(textOf('schema.json'))).toEqual(scenarioJsonSchema());
});

test('every field of the schema says what it is', () => {
  const silent: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, field] of Object.entries(value as Record<string, object>)) {
          if (!('description' in field)) silent.push(`${path}.${name}`);
        }
      }
      walk(value, `${path}.${key}`);
    }
  };
  walk(scenarioJsonSchema(), '');
  expect(silent).toEqual([]);
});

test('the smallest scenario resolves to every default', () => {
  expect(read(smallest)).toMatchInlineSnapshot(`
    {
      "about": "",
      "arrivals": {
        "kind": "constant",
        "ratePerSec": 10,
      },
      "calls": 10,
      "faults": [],
      "functions": [
        {
          "head": "late",
          "idempotent": false,
          "memoryMb": 128,
          "name": "hello",
          "requestBytes": 256,
          "responseBytes": 1024,
          "service": {
            "kind": "exponential",
            "meanUs": 40000,
          },
          "timeoutUs": 30000000,
          "weight": 1,
        },
      ],
      "limits": {
        "bodyTotalBytes": 1073741824,
        "inFlight": 100000,
        "requestBodyBytes": 6291456,
        "responseBodyBytes": 6291456,
      },
      "name": "smallest",
      "network": {
        "jitterUs": 0,
        "reconnectUs": 100000,
        "roundTripUs": 1000,
      },
      "placement": {
        "budgetUs": 15000000,
        "pauseUs": 10000,
        "placer": "naive",
        "retry": true,
        "wait": "poll",
      },
      "runners": [
        {
          "id": "r",
          "queue": 0,
          "slots": 1,
          "speed": 1,
        },
      ],
      "seed": 1,
      "slo": [],
      "version": 1,
    }
  `);
});

test('ids, laws, loads, fault instants and bounds are resolved', () => {
  const { runners, functions, arrivals, faults, slo } = read(`version: 1
name: all
calls: 100
arrivals: { kind: poisson, load: 120% }
functions:
  a: { weight: 3, service: 40ms }
  b: { service: { kind: uniform, min: 10ms, max: 30ms } }
  c: { weight: 0, service: { kind: lognormal, median: 20ms, sigma: 0.5 } }
fleet:
  - { name: r, count: 2, slots: 4, queue: 1 }
  - { name: big, slots: 8, speed: 2 }
faults:
  - { kind: crash, at: 2s, for: 1500ms, runner: r2 }
  - { kind: slow, at: 0s, runner: "*", factor: 10 }
  - { kind: nack-storm, at: 1s, for: 1s, runner: [r1, big] }
  - { kind: stream-reset, at: 1s, runner: big }
slo:
  - { metric: latencyMs.p99, max: 1.5s }
  - { metric: okRatio, min: 99.9% }
  - { metric: goodputPerSec, min: 30/m }
  - { metric: attempts.perCall, max: 1.2 }
`);
  expect({
    runners,
    functions: functions.map(({ service }) => service),
    arrivals,
    faults,
    slo,
  }).toMatchInlineSnapshot(`
    {
      "arrivals": {
        "kind": "poisson",
        "ratePerSec": 799.9999999999999,
      },
      "faults": [
        {
          "atUs": 2000000,
          "kind": "crash",
          "runners": [
            "r2",
          ],
          "untilUs": 3500000,
        },
        {
          "atUs": 0,
          "factor": 10,
          "kind": "slow",
          "runners": [
            "r1",
            "r2",
            "big",
          ],
          "untilUs": null,
        },
        {
          "atUs": 1000000,
          "kind": "nack-storm",
          "probability": 1,
          "runners": [
            "r1",
            "big",
          ],
          "untilUs": 2000000,
        },
        {
          "atUs": 1000000,
          "kind": "stream-reset",
          "runners": [
            "big",
          ],
          "untilUs": 1000000,
        },
      ],
      "functions": [
        {
          "kind": "constant",
          "valueUs": 40000,
        },
        {
          "kind": "uniform",
          "maxUs": 30000,
          "minUs": 10000,
        },
        {
          "kind": "lognormal",
          "medianUs": 20000,
          "sigma": 0.5,
        },
      ],
      "runners": [
        {
          "id": "r1",
          "queue": 1,
          "slots": 4,
          "speed": 1,
        },
        {
          "id": "r2",
          "queue": 1,
          "slots": 4,
          "speed": 1,
        },
        {
          "id": "big",
          "queue": 0,
          "slots": 8,
          "speed": 2,
        },
      ],
      "slo": [
        {
          "max": 1500,
          "metric": "latencyMs.p99",
        },
        {
          "metric": "okRatio",
          "min": 0.999,
        },
        {
          "metric": "goodputPerSec",
          "min": 0.5,
        },
        {
          "max": 1.2,
          "metric": "attempts.perCall",
        },
      ],
    }
  `);
});

test('capacity is slots by speed over service and round trip', () => {
  const scenario = read(smallest, ['fleet[0]={name: r, count: 50, slots: 4}']);
  expect(capacityPerSec(scenario)).toBeCloseTo(200 / 0.041, 9);
  const load = read(smallest, ['arrivals={kind: poisson, load: 120%}', 'fleet[0].slots=8']);
  expect(load.arrivals.ratePerSec / capacityPerSec(load)).toBeCloseTo(1.2, 12);
});

test('a lognormal law has mean median · exp(sigma² / 2)', () => {
  const law = 'functions.hello.service={kind: lognormal, median: 20ms, sigma: 1}';
  const scenario = read(smallest, [law, 'network.roundTrip=0ms']);
  expect(capacityPerSec(scenario)).toBeCloseTo(1 / (0.02 * Math.exp(0.5)), 9);
});

test('a set changes, creates and appends; the last one wins', () => {
  const scenario = read(textOf('first-flight.yaml'), [
    'placement.retry=off',
    'fleet[0].slots=3',
    'fleet[0].slots=2',
    'functions.hello.service.mean=80ms',
    'limits.inFlight=7',
    'faults[3]={ kind: stream-reset, at: 1s, runner: r1 }',
    'about=two = three',
  ]);
  expect(scenario.placement.retry).toBe(false);
  expect(scenario.runners[0]?.slots).toBe(2);
  expect(scenario.functions[0]?.service).toEqual({ kind: 'exponential', meanUs: 80_000 });
  expect(scenario.limits.inFlight).toBe(7);
  expect(scenario.faults[3]?.kind).toBe('stream-reset');
  expect(scenario.about).toBe('two = three');
});

test.each(shipped)('%s resolves to deeply frozen JSON that reads back the same', (name) => {
  const scenario = read(textOf(name));
  const copy: unknown = JSON.parse(JSON.stringify(scenario));
  expect(copy).toEqual(scenario);
  expect(scenarioFromJson(copy, 'capsule.json')).toEqual({ ok: true, scenario });
  const thaw: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.isFrozen(value)) thaw.push(path);
    for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`);
  };
  walk(scenario, 'scenario');
  expect(thaw).toEqual([]);
});

test('a capsule with a broken scenario names each broken part', () => {
  const { about: _, ...rest } = read(smallest);
  const parsed = scenarioFromJson({ ...rest, sede: 1, calls: 1.5 }, 'capsule.json');
  expect(parsed).toMatchInlineSnapshot(`
    {
      "errors": [
        "capsule.json: about: missing, expected text",
        "capsule.json: calls: expected a whole number, got 1.5",
        "capsule.json: sede: unknown key, did you mean "seed"?",
      ],
      "ok": false,
    }
  `);
});

test('the resolved parts fit the ports that take them', () => {
  const { slo, functions } = read(smallest);
  const bounds: readonly Slo[] = slo;
  const law: Law | undefined = functions[0]?.service satisfies ServiceLaw | undefined;
  expect([bounds, law?.kind]).toEqual([[], 'exponential']);
});

test('a scenario in words', () => {
  expect(inWords(read(textOf('first-flight.yaml'))).join('\n')).toMatchInlineSnapshot(`
    "20 000 calls, poisson 3 200/s for about 6.3 s
    50 runners × 4 slots (capacity 4 878/s, load 66 %)
    hello: exponential, mean 40 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    round trip 1 ms, no jitter, reconnects after 100 ms
    naive placer, NACK → next runner, 10 ms between rounds, looks for at most 15 s
    at most 100 000 calls in flight, bodies of 6 MiB in (1 GiB in all) and 6 MiB out
    at 1 s: crash for 1 s on r7
    at 2 s: slow ×10 for 2 s on r23
    at 4 s: NACK storm for 1 s on r11, r12, r13, r14, r15 and 5 more
    must hold: okRatio ≥ 0.999, latencyMs.p99 ≤ 500"
  `);
  expect(inWords(read(readmeExample(), ['placement.retry=off'])).join('\n')).toMatchInlineSnapshot(`
    "20 000 calls, poisson 2 000/s for about 10.0 s
    50 runners × 4 slots (capacity 8 250/s, load 24 %)
    hello: 25 % of calls, exponential, mean 40 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    fixed: 25 % of calls, always 5 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    even: 25 % of calls, uniform 10 ms to 20 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    tailed: 25 % of calls, lognormal, median 20 ms, sigma 1, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    round trip 1 ms, no jitter, reconnects after 100 ms
    naive placer, a NACK is final (retry off)
    at most 100 000 calls in flight, bodies of 6 MiB in (1 GiB in all) and 6 MiB out
    at 2 s: crash for 1 s on r7
    at 2 s: pause for 500 ms on r8
    at 3 s: slow ×10 for 1 s on r9
    at 4 s: NACK storm for 1 s on r1, r2
    at 5 s: all open streams reset on all 50 runners
    at 6 s: half-open for 1 s on r3
    at 7 s: responses lost (50 % of calls) for 1 s on r4
    must hold: okRatio ≥ 0.999, latencyMs.p99 ≤ 250, goodputPerSec ≥ 1900"
  `);
});

test('words stay few when the scenario is long', () => {
  const faults = Array.from(
    { length: 100 },
    (_, i) => `{kind: crash, at: ${i}s, for: 1s, runner: r1}`,
  );
  const words = inWords(
    read(smallest, ['calls=10000', 'fleet[0].count=2', `faults=[${faults.join(', ')}]`]),
  );
  expect(words.length).toBeLessThan(20);
  expect(words.at(-1)).toBe('and 88 more faults');
});

function readmeExample(): string {
  return /```yaml\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1] ?? '';
}
