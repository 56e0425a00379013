/** Mistakes that take two fields to see, and totals that no single field bounds. */
import { expect, test } from 'vitest';
import { arrivals, errorsOf, fleet, good, withLines } from '../test/support/scenario-texts.js';

test('what takes two fields to see', () => {
  expect(
    errorsOf(
      withLines(
        'arrivals: { kind: poisson, rate: 10/s, load: 5% }',
        'fleet: [{ name: r, count: 50, slots: 1 }, { name: r7, slots: 1 }]',
        'functions: { a: { weight: 0 }, b: { weight: 0 } }',
        'limits: { requestBody: 2MiB, bodyTotal: 1MiB }',
        'faults:',
        '  - { kind: crash, at: 1s, runner: [r1, r1, r51, x, "*"] }',
        '  - { kind: crash, at: 500s, for: 1s, runner: "*" }',
        '  - { kind: pause, at: 1s, for: 1s, runner: R9 }',
      ),
    ),
  ).toMatchInlineSnapshot(`
    "
    s.yaml:4:11: arrivals: needs either rate or load, has both
    s.yaml:5:51: fleet[1].name: runner r7 is already in fleet[0]
    s.yaml:6:12: functions: all weights are 0, so that no call has a function
    s.yaml:7:41: limits.bodyTotal: 1MiB is less than one requestBody of 2MiB
    s.yaml:9:41: faults[0].runner[1]: runner "r1" is in this list already
    s.yaml:9:45: faults[0].runner[2]: unknown runner "r51", did you mean "r50"?
    s.yaml:9:50: faults[0].runner[3]: unknown runner "x"; there are r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, …
    s.yaml:9:53: faults[0].runner[4]: "*" stands alone, not in a list
    s.yaml:10:5: faults[1]: overlaps faults[0]: both are crash on r1
    s.yaml:11:45: faults[2].runner: unknown runner "R9", did you mean "r9"?
    "
  `);
  expect(errorsOf(withLines(fleet, 'arrivals: { kind: constant }', 'functions: {}')))
    .toMatchInlineSnapshot(`
    "
    s.yaml:5:11: arrivals: needs either rate or load, has neither
    s.yaml:6:12: functions: must have at least 1 function
    "
  `);
});

test('a fault after the flight, and faults that overlap, are errors; neighbours are not', () => {
  const faults = (...list: readonly string[]): string =>
    [good, 'faults:', ...list.map((fault) => `  - ${fault}`)].join('\n');
  expect(errorsOf(faults('{ kind: crash, at: 33s, runner: r1 }'))).toMatchInlineSnapshot(`
    "
    s.yaml:7:24: faults[0].at: after the flight, which is over by 32s at the latest
    "
  `);
  expect(
    errorsOf(good, [
      'arrivals={kind: constant, load: 1%}',
      'faults=[{kind: crash, at: 1h, runner: r1}]',
    ]),
  ).toMatchInlineSnapshot(`
    "
    --set faults=[{kind: crash, at: 1h, runner: r1}]: faults[0].at: after the flight, which is over by 31s at the latest
    "
  `);
  const first = '{ kind: slow, at: 1s, for: 1s, runner: "*", factor: 2 }';
  const during = '{ kind: slow, at: 1500ms, runner: [r2, r3], factor: 3 }';
  expect(errorsOf(faults(first, during))).toMatchInlineSnapshot(`
    "
    s.yaml:8:5: faults[1]: overlaps faults[0]: both are slow on r2
    "
  `);
  const after = '{ kind: slow, at: 2s, runner: [r2, r3], factor: 3 }';
  const other = '{ kind: pause, at: 1500ms, for: 1s, runner: r2 }';
  expect(errorsOf(faults(first, after, other))).toBe('valid');
});

test('the runners of a rolling drain are told apart, and none begins after the flight', () => {
  const rolling = (step: string): string =>
    `{ kind: drain, at: 1s, for: 1s, runner: [r3, r1, r2], rolling: ${step} }`;
  const other = '{ kind: drain, at: 2s, for: 1s, runner: [r4, r2] }';
  expect(errorsOf(good, [`faults=[${rolling('2s')}, ${other}]`])).toBe('valid');
  expect(errorsOf(good, [`faults=[${rolling('500ms')}, ${other}]`])).toContain(
    'faults[1]: overlaps faults[0]: both are drain on r2',
  );
  expect(errorsOf(good, [`faults=[${rolling('16s')}]`])).toContain(
    'faults[0].rolling: the last of 3 runners begins after the flight, which is over by 32s at',
  );
});

test('clients that send again make a flight longer', () => {
  const late = 'faults=[{ kind: crash, at: 40s, runner: r1 }]';
  expect(errorsOf(good, [late])).toContain('over by 32s at the latest');
  expect(errorsOf(good, [late, 'clients.retry={times: 3, after: 5s}'])).toBe('valid');
});

test('functions by number are as many as there may be, and each has one name', () => {
  const functions = (text: string): string => errorsOf(good, [`functions=${text}`]);
  expect(functions('{ a: { count: 999, zipf: 1 }, b: {} }')).toBe('valid');
  expect(functions('{ a: { count: 999 }, b: { count: 2 } }')).toContain(
    'functions: has 1001 functions, more than 1000',
  );
  expect(functions('{ a1: {}, b: {}, a: { count: 2 } }')).toContain(
    'functions.a: function a1 is already in functions.a1',
  );
  expect(functions('{ a: { count: 1 }, a1: {} }')).toBe('valid');
  expect(functions('{ a: { count: 3, weight: 0 } }')).toContain('all weights are 0');
});

test('totals have limits too', () => {
  const group = (name: string): string => `{ name: ${name}, count: 10000, slots: 1 }`;
  expect(errorsOf(withLines(arrivals, `fleet: [${group('a')}, ${group('b')}]`)))
    .toMatchInlineSnapshot(`
    "
    s.yaml:5:8: fleet: has 20000 runners, more than 10000
    "
  `);
  expect(errorsOf(good, ['calls=10000000', 'arrivals.rate=1/s'])).toMatchInlineSnapshot(`
    "
    --set calls=10000000: calls: would take more than 720h to arrive at this rate
    "
  `);
  expect(
    errorsOf(good, [
      `fleet=[${group('a')}]`,
      'arrivals={kind: poisson, load: 10000%}',
      'functions={f: {service: 0ms}}',
      'network.roundTrip=0ms',
    ]),
  ).toMatchInlineSnapshot(`
    "
    --set arrivals={kind: poisson, load: 10000%}: arrivals.load: is 1000000000000 calls/s here, over 10000000
    "
  `);
  const many = Array.from(
    { length: 101 },
    (_, i) => `{kind: pause, at: ${i}ms, for: 1ms, runner: "*"}`,
  );
  expect(errorsOf(good, [`fleet=[${group('a')}]`, `faults=[${many.join(',')}]`]))
    .toMatchInlineSnapshot(`
      "
      --set faults=[{kind: pause, at: 0ms, for: 1ms, runner: "*"},{kind: pause, at: 1ms, for: 1ms, runner: "*"},…: faults: hit more than 1000000 runners in all
      "
    `);
});

test('an unknown metric is an error only where the metrics are known', () => {
  const slo = 'slo: [{ metric: latencyMs.p98, max: 1s }, { metric: goodput, min: 1 }]';
  const text = withLines(arrivals, fleet, slo);
  expect(errorsOf(text)).toBe('valid');
  expect(errorsOf(text, [], ['okRatio', 'latencyMs.p99'])).toMatchInlineSnapshot(`
    "
    s.yaml:6:17: slo[0].metric: unknown metric "latencyMs.p98", did you mean "latencyMs.p99"?
    s.yaml:6:53: slo[1].metric: unknown metric "goodput"; there are okRatio, latencyMs.p99
    "
  `);
});
