/** What scenarios are resolved to: defaults, ids, capacity, overrides, frozen JSON. */
import { expect, test } from 'vitest';
import { scenarioOf as read } from '../test/support/fly.js';
import { shipped, smallest, textOf } from '../test/support/scenario-texts.js';
import type { Slo } from '../core/record.js';
import type { Law } from './laws.js';
import { scenarioFromJson, type ServiceLaw } from './scenario.js';

test('the smallest scenario resolves to every default', () => {
  expect(read(smallest)).toMatchInlineSnapshot(`
    {
      "about": "",
      "arrivals": {
        "kind": "constant",
        "ratePerSec": 10,
      },
      "calls": 10,
      "clients": {
        "retry": {
          "afterUs": 1000000,
          "times": 0,
        },
      },
      "faults": [],
      "functions": [
        {
          "coldStartUs": 0,
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
      "lb": {
        "joinAfterUs": 10000000,
        "late": 0,
        "replicas": 1,
      },
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
        "hedge": false,
        "pauseUs": 10000,
        "placer": "naive",
        "retry": true,
        "wait": "room",
      },
      "runners": [
        {
          "antagonist": null,
          "cancel": "stop",
          "cores": null,
          "id": "r",
          "memoryMb": null,
          "queue": 0,
          "slots": 1,
          "speed": 1,
          "warm": 1000,
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
          "addUs": 0,
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
          "antagonist": null,
          "cancel": "stop",
          "cores": null,
          "id": "r1",
          "memoryMb": null,
          "queue": 1,
          "slots": 4,
          "speed": 1,
          "warm": 1000,
        },
        {
          "antagonist": null,
          "cancel": "stop",
          "cores": null,
          "id": "r2",
          "memoryMb": null,
          "queue": 1,
          "slots": 4,
          "speed": 1,
          "warm": 1000,
        },
        {
          "antagonist": null,
          "cancel": "stop",
          "cores": null,
          "id": "big",
          "memoryMb": null,
          "queue": 0,
          "slots": 8,
          "speed": 2,
          "warm": 1000,
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
