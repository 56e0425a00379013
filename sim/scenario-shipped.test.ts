/** The files that are shipped: scenarios, schema, README, template, and their words. */
import { expect, test } from 'vitest';
import { scenarioOf as read } from '../test/support/fly.js';
import { shipped, smallest, textOf } from '../test/support/scenario-texts.js';
import { describe as inWords, scenarioJsonSchema, scenarioTemplate } from './scenario.js';

test.each(shipped)('%s is valid, names its schema and itself', (name) => {
  const text = textOf(name);
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./schema.json');
  expect(read(text).name).toBe(name.replace('.yaml', ''));
});

test('the shipped scenarios are these', () => {
  expect(shipped.sort()).toEqual([
    'black-hole.yaml',
    'cold-starts.yaml',
    'first-flight.yaml',
    'half-gone.yaml',
    'lb-count.yaml',
    'mixed-timeouts.yaml',
    'prequal-ramp.yaml',
    'retry-storm.yaml',
    'rolling-drain.yaml',
    'saturation.yaml',
    'several-lbs.yaml',
    'slow-runner.yaml',
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
  const { functions, clients, network, placement, limits } = read(readmeExample());
  const plain = read(smallest);
  expect(functions[0]).toEqual(plain.functions[0]);
  expect(clients).toEqual(plain.clients);
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

test('a scenario in words', () => {
  expect(inWords(read(textOf('first-flight.yaml'))).join('\n')).toMatchInlineSnapshot(`
    "20 000 calls, poisson 3 200/s for about 6.3 s
    50 runners × 4 slots (capacity 4 878/s, load 66 %)
    hello: exponential, mean 40 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    round trip 1 ms, no jitter, reconnects after 100 ms
    naive placer, NACK → next runner, none → waits for one, looks for at most 15 s
    at most 100 000 calls in flight, bodies of 6 MiB in (1 GiB in all) and 6 MiB out
    at 1 s: crash for 1 s on r7
    at 2 s: slow ×10 for 2 s on r23
    at 4 s: NACK storm for 1 s on r11, r12, r13, r14, r15 and 5 more
    must hold: okRatio ≥ 0.999, latencyMs.p99 ≤ 300"
  `);
  expect(inWords(read(readmeExample(), ['placement.retry=off'])).join('\n')).toMatchInlineSnapshot(`
    "20 000 calls, poisson 2 000/s for about 10.0 s
    50 runners × 4 slots with 4 096 MB, 1 runner × 100 slots sharing 4 cores of which others take 50 % for 5 s every 10 s (capacity 6 026/s, load 33 %)
    hello: 10.9 % of calls, exponential, mean 40 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    many1 to many100: 56.5 % of calls, from 10.9 % to 0.1 %, exponential, mean 40 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    fixed: 10.9 % of calls, always 5 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    even: 10.9 % of calls, uniform 10 ms to 20 ms, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    tailed: 10.9 % of calls, lognormal, median 20 ms, sigma 1, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB
    round trip 1 ms, no jitter, reconnects after 100 ms
    naive placer, a NACK is final (retry off)
    at most 100 000 calls in flight, bodies of 6 MiB in (1 GiB in all) and 6 MiB out
    at 2 s: crash for 1 s on r7
    at 2 s: drain for 1 s on r5, r6, one every 2 s
    at 2 s: pause for 500 ms on r8
    at 3 s: slow ×10 for 1 s on r9
    at 4 s: NACK storm for 1 s on r1, r2
    at 5 s: all open streams reset on all 51 runners
    at 6 s: half-open for 1 s on r3
    at 7 s: responses lost (50 % of calls) for 1 s on r4
    must hold: okRatio ≥ 0.999, latencyMs.p99 ≤ 250, goodputPerSec ≥ 1900"
  `);
});

test('what is not the default is said', () => {
  const words = inWords(
    read(smallest, [
      'fleet[0]={name: r, slots: 8, queue: 2, speed: 0.5, cores: 2.5, memory: 900, warm: 5, cancel: ignore}',
      'fleet[0].antagonist={share: 12.5%, busy: 1m}',
      'clients.retry={times: 2, after: 500ms}',
      'functions.hello.coldStart=300ms',
    ]),
  );
  expect(words.slice(0, 3).join('\n')).toMatchInlineSnapshot(`
    "10 calls, constant 10/s for about 1.0 s, each sent again up to 2 times after 500 ms without answer
    1 runner × 8 slots + 2 queue places sharing 2.5 cores of which others take 12.5 % for 1 m every 65 s at speed 0.5 with 900 MB holding 5 functions warm ignoring cancels (capacity 27.6/s, load 36 %)
    hello: exponential, mean 40 ms, cold 300 ms longer, 256 B in, 1 KiB out, timeout 30 s, head with the answer, not idempotent, 128 MB"
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
