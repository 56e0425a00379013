/** What a wrong scenario is told: all of it, one line each, with place, path and a guess. */
import { expect, test } from 'vitest';
import { arrivals, errorsOf, fleet, good, withLines } from '../test/support/scenario-texts.js';

test('the scenario the others start from is valid', () => {
  expect(errorsOf(good)).toBe('valid');
});

test('all errors at once, in the order of the file', () => {
  const text = `version: 2
name: first flight
seed: 1.5
sede: 1
calls: 20000000
arrivals: { kind: poison, rate: 2000 }
functions:
  hello: { weight: .nan, service: { kind: exponential, maen: 40ms }, timeout: 30 s, head: erly }
  "b a": {}
  c: { service: 40, idempotent: on, request: 65MiB, memory: 0 }
  d: { service: { kind: uniform, min: 2ms, max: 1ms } }
  e: { service: 40mss }
  e: { service: 2h }
  f: { service: 2h, response: 1.5B, timeout: 0.5us }
fleet:
  - { name: r, count: 50, slotz: 4, queue: -1, speed: .inf }
network:
placement: { retry: true, placer: nave, budget: 0ms }
limits: { bodyTotal: 1MiB, inFlight: "many" }
faults:
  - { kind: crash, for: 1s, runner: r7 }
  - { kind: crahs, at: 2s }
  - { at: 2s }
  - { kind: slow, at: 2s, runner: {}, factor: 0.5 }
  - { kind: nack-storm, at: 2s, runner: [], probability: 0 }
  - *x
  - 5
slo:
  - { metric: okRatio }
  - { metric: latencyMs.p99, max: 250m/s }
  - { metric: latencyMs.p99, max: 1, min: 1 }
  - { metric: calls.failed, max: 1ms }
  - { metric: latencyMs.p98, max: true }
`;
  expect(errorsOf(text, [], ['okRatio', 'latencyMs.p99', 'calls.failed'])).toMatchInlineSnapshot(`
    "
    s.yaml:1:10: version: expected 1, got 2
    s.yaml:2:7: name: expected a name: a letter, then letters, digits, "-" or "_", at most 64, got "first flight"
    s.yaml:3:7: seed: expected a whole number from 0 to 9007199254740991, got 1.5
    s.yaml:4:1: sede: unknown key, did you mean "seed"?
    s.yaml:5:8: calls: expected a whole number from 1 to 10000000, got 20000000
    s.yaml:6:19: arrivals.kind: expected one of "poisson", "constant", got "poison", did you mean "poisson"?
    s.yaml:8:20: functions.hello.weight: expected a number from 0 to 1000000, got NaN
    s.yaml:8:35: functions.hello.service.mean: missing, expected a duration such as "40ms" from 0ms to 1h
    s.yaml:8:56: functions.hello.service.maen: unknown key, did you mean "mean"?
    s.yaml:8:79: functions.hello.timeout: expected a duration such as "40ms" from 1ms to 24h, got "30 s"
    s.yaml:8:91: functions.hello.head: expected one of "late", "early", got "erly", did you mean "early"?
    s.yaml:9:10: functions["b a"]: expected a function name: a letter, then letters, digits, "-" or "_", at most 64, got "b a"
    s.yaml:10:17: functions.c.service: expected a duration such as "40ms", or a law such as {kind: exponential, mean: 40ms}, got 40
    s.yaml:10:33: functions.c.idempotent: expected true or false, got "on"
    s.yaml:10:46: functions.c.request: must be from 0B to 64MiB, got 65MiB
    s.yaml:10:61: functions.c.memory: expected a whole number from 1 to 1048576, got 0
    s.yaml:11:49: functions.d.service.max: must not be smaller than min
    s.yaml:12:17: functions.e.service: expected a duration such as "40ms" from 0ms to 1h, got "40mss"
    s.yaml:13:3: functions.e: appears twice, first at line 12
    s.yaml:14:17: functions.f.service: must be from 0ms to 1h, got 2h
    s.yaml:14:31: functions.f.response: a size is a whole number of bytes, got 1.5B
    s.yaml:14:46: functions.f.timeout: a duration is a whole number of us, got 0.5us
    s.yaml:16:5: fleet[0].slots: missing, expected a whole number from 1 to 10000
    s.yaml:16:27: fleet[0].slotz: unknown key, did you mean "slots"?
    s.yaml:16:44: fleet[0].queue: expected a whole number from 0 to 100000, got -1
    s.yaml:16:55: fleet[0].speed: expected a number from 0.001 to 1000, got Infinity
    s.yaml:17:9: network: expected a mapping, got nothing
    s.yaml:18:21: placement.retry: expected one of "on", "off", got true
    s.yaml:18:35: placement.placer: expected one of "naive", "hash", "hash-bounded", "least", "p2c", "ewma", "prequal", got "nave", did you mean "naive"?
    s.yaml:18:49: placement.budget: must be from 1ms to 1h, got 0ms
    s.yaml:19:38: limits.inFlight: expected a whole number from 1 to 10000000, got "many"
    s.yaml:21:5: faults[0].at: missing, expected a duration such as "40ms" from 0ms to 720h
    s.yaml:22:13: faults[1].kind: expected one of "crash", "drain", "pause", "slow", "nack-storm", "stream-reset", "half-open", "response-lost", got "crahs", did you mean "crash"?
    s.yaml:23:5: faults[2].kind: missing, expected one of "crash", "drain", "pause", "slow", "nack-storm", "stream-reset", "half-open", "response-lost"
    s.yaml:24:35: faults[3].runner: expected a runner id, a list of ids, or "*", got a mapping
    s.yaml:24:47: faults[3].factor: expected a number from 1 to 1000000, got 0.5
    s.yaml:25:41: faults[4].runner: must have at least 1 in the list, has 0
    s.yaml:25:58: faults[4].probability: expected a number from 0.000001 to 1, got 0
    s.yaml:26:5: faults[5]: an alias; write the value out, for each value has one place
    s.yaml:27:5: faults[6]: expected a fault such as {kind: crash, at: 2s, for: 1s, runner: r7}, got 5
    s.yaml:29:5: slo[0]: needs either min or max, has neither
    s.yaml:30:35: slo[1].max: a duration is written like "150us", "40ms", "2s", "10m", "1h", got "250m/s"
    s.yaml:31:5: slo[2]: needs either min or max, has both
    s.yaml:32:34: slo[3].max: expected a plain number, for calls.failed has no unit, got "1ms"
    s.yaml:33:35: slo[4].max: expected a number, or one with its unit such as "250ms", got true
    "
  `);
});

test('text that is no scenario', () => {
  const texts = {
    nothing: '',
    'a list': '- 1',
    'a word': 'hello',
    'two documents': 'a: 1\n---\nb: 1',
    'a tab': 'arrivals:\n\tkind: poisson',
    'an open bracket': 'fleet: [\nname: b',
    'deep but legal': `${'['.repeat(100)}${']'.repeat(100)}`,
    'a bomb of brackets': '['.repeat(20_000),
    'a bomb of dashes': '- '.repeat(20_000),
    'a bomb of maps': '{a: '.repeat(20_000),
    'a strange tag': 'version: !!js/function 1',
    'a date and a binary': 'name: !!timestamp 2001-01-01\nabout: !!binary aGVsbG8=',
    'a list as a key': '? [a]\n: 1',
    'the prototype': '__proto__: { version: 1 }',
    'too long': '#'.repeat(262_145),
  };
  const told = Object.entries(texts).map(([name, text]) => `${name}:${errorsOf(text)}`);
  expect(told.join('')).toMatchInlineSnapshot(`
    "nothing:
    s.yaml:1:1: expected a mapping, got nothing
    a list:
    s.yaml:1:1: expected a mapping, got a list
    a word:
    s.yaml:1:1: expected a mapping, got "hello"
    two documents:
    s.yaml:2:1: a second document begins here
    a tab:
    s.yaml:2:1: not valid YAML: Tabs are not allowed as indentation
    an open bracket:
    s.yaml:2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
    deep but legal:
    s.yaml:1:33: nested deeper than 32 levels
    a bomb of brackets:
    s.yaml:1:33: nested deeper than 32 levels
    a bomb of dashes:
    s.yaml:1:65: nested deeper than 32 levels
    a bomb of maps:
    s.yaml:1:126: nested deeper than 32 levels
    a strange tag:
    s.yaml:1:10: not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function
    a date and a binary:
    s.yaml:1:1: version: missing, expected 1
    s.yaml:1:1: calls: missing, expected a whole number from 1 to 10000000
    s.yaml:1:1: arrivals: missing, expected arrivals such as {kind: poisson, rate: 2000/s}
    s.yaml:1:1: fleet: missing, expected a list of runner groups
    s.yaml:1:19: name: a kind of value no scenario has
    s.yaml:2:17: about: a kind of value no scenario has
    a list as a key:
    s.yaml:1:1: version: missing, expected 1
    s.yaml:1:1: name: missing, expected a name: a letter, then letters, digits, "-" or "_", at most 64
    s.yaml:1:1: calls: missing, expected a whole number from 1 to 10000000
    s.yaml:1:1: arrivals: missing, expected arrivals such as {kind: poisson, rate: 2000/s}
    s.yaml:1:1: fleet: missing, expected a list of runner groups
    s.yaml:1:3: a key must be a plain word
    the prototype:
    s.yaml:1:1: __proto__: not a legal key
    s.yaml:1:1: version: missing, expected 1
    s.yaml:1:1: name: missing, expected a name: a letter, then letters, digits, "-" or "_", at most 64
    s.yaml:1:1: calls: missing, expected a whole number from 1 to 10000000
    s.yaml:1:1: arrivals: missing, expected arrivals such as {kind: poisson, rate: 2000/s}
    s.yaml:1:1: fleet: missing, expected a list of runner groups
    too long:
    s.yaml:1:1: 262145 characters, more than the 262144 a scenario may have
    "
  `);
});

test('a wrong machine, client or deploy', () => {
  const lines = [
    arrivals,
    'clients: { retry: { times: 11, afer: 1s } }',
    'fleet:',
    '  - { name: a, slots: 1, cores: 0, cancel: ignor }',
    '  - { name: b, slots: 1, antagonist: { share: 50% } }',
    '  - { name: c, slots: 1, cores: 1, antagonist: { share: 100%, busy: 1ms, quite: 1s } }',
    'faults:',
    '  - { kind: drain, at: 1s, runner: a, rolling: -1s }',
    '  - { kind: crash, at: 1s, runner: a, rolling: 1s }',
  ];
  expect(errorsOf(withLines(...lines))).toMatchInlineSnapshot(`
    "
    s.yaml:5:28: clients.retry.times: expected a whole number from 0 to 10, got 11
    s.yaml:5:32: clients.retry.afer: unknown key, did you mean "after"?
    s.yaml:7:33: fleet[0].cores: expected a number from 0.001 to 10000, got 0
    s.yaml:7:44: fleet[0].cancel: expected one of "stop", "ignore", got "ignor", did you mean "ignore"?
    s.yaml:8:38: fleet[1].antagonist: needs cores, of which it takes a share
    s.yaml:9:57: fleet[2].antagonist.share: must be from 1% to 99%, got 100%
    s.yaml:9:69: fleet[2].antagonist.busy: must be from 10ms to 24h, got 1ms
    s.yaml:9:74: fleet[2].antagonist.quite: unknown key, did you mean "quiet"?
    s.yaml:11:48: faults[0].rolling: expected a duration such as "40ms" from 0ms to 24h, got "-1s"
    s.yaml:12:39: faults[1].rolling: unknown key; known here: kind, at, for, runner
    "
  `);
});

test('an alias bomb is refused alias by alias, never expanded', () => {
  const level = (name: string, of: string): string =>
    `${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]`;
  const bomb = ['a: &a [x]', level('b', 'a'), level('c', 'b'), level('d', 'c')].join('\n');
  const errors = errorsOf(bomb).trim().split('\n');
  expect(errors.filter((line) => line.includes('an alias; write the value out'))).toHaveLength(27);
});

test('a wrong set names itself', () => {
  const sets = [
    'placement.retrie=off',
    'placemnt.retry=off',
    'placement.retry=maybe',
    'placement.pause=3',
    'fleet[0].slots=x',
    'fleet[4].slots=1',
    'fleet.slots=1',
    'name.x=1',
    'name',
    'a..b=1',
    '__proto__.x=1',
    'seed=[1',
    'functions.hello.service.mean=2ms',
    'faults[0]={ kind: crash, at: 1s, runner: r99 }',
  ];
  expect(errorsOf(good, sets)).toMatchInlineSnapshot(`
    "
    --set fleet[4].slots=1: fleet[4] does not exist; a new one would be fleet[1]
    --set fleet.slots=1: fleet is a list, not a mapping: set the whole of it
    --set name.x=1: name is "a", not a mapping: set the whole of it
    --set name: expected path=value, such as placement.retry=off
    --set a..b=1: "a..b" is not a path, such as placement.retry or fleet[0].slots
    --set __proto__.x=1: __proto__.x: not a legal key
    --set seed=[1: seed: not valid YAML: Flow sequence must end with a ]
    --set functions.hello.service.mean=2ms: functions.hello.service.kind: missing, expected one of "constant", "uniform", "exponential", "lognormal"
    --set fleet[0].slots=x: fleet[0].slots: expected a whole number from 1 to 10000, got "x"
    --set placement.retry=maybe: placement.retry: expected one of "on", "off", got "maybe"
    --set placement.pause=3: placement.pause: expected a duration such as "40ms" from 1ms to 1m, got 3
    --set placement.retrie=off: placement.retrie: unknown key, did you mean "retry"?
    --set placemnt.retry=off: placemnt: unknown key, did you mean "placement"?
    "
  `);
  const short = 'functions: { hello: { service: 40ms } }';
  expect(errorsOf(withLines(arrivals, fleet, short), ['functions.hello.service.mean=2ms']))
    .toMatchInlineSnapshot(`
    "
    --set functions.hello.service.mean=2ms: functions.hello.service is "40ms", not a mapping: set the whole of it
    "
  `);
});

test('the errors have a limit as well', () => {
  const keys = Array.from({ length: 150 }, (_, i) => `key${i}: 1`);
  const errors = errorsOf([good, ...keys].join('\n'))
    .trim()
    .split('\n');
  expect(errors).toHaveLength(101);
  expect(errors.at(-1)).toBe('s.yaml: and 50 more errors');
});
