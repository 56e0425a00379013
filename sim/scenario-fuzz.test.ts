/** Laws of units and of reading: round trips, and no input at all that makes the reader throw. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseScenario, scenarioJsonSchema, scenarioTemplate } from './scenario.js';
import { editDistance, nearest } from './scenario/suggest.js';
import {
  DURATION_PATTERN,
  formatDuration,
  formatNumber,
  formatSize,
  readDuration,
  readPercent,
  readRate,
  readSize,
} from './units.js';

const us = fc.integer({ min: 0, max: 2_592_000_000_000 });

test('a duration survives being written and read', () => {
  fc.assert(
    fc.property(us, (duration) => {
      expect(formatDuration(duration)).toMatch(new RegExp(DURATION_PATTERN));
      expect(readDuration(formatDuration(duration))).toEqual({ ok: true, value: duration });
    }),
  );
});

test('a size survives being written and read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 64 * 1024 * 1024 * 1024 }), (bytes) => {
      expect(readSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
    }),
  );
});

test('decimals are exact, or an error', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), (micros) => {
      const seconds = `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}s`;
      expect(readDuration(seconds)).toEqual({ ok: true, value: micros });
      expect(readDuration(`${micros}.5us`).ok).toBe(false);
    }),
  );
});

test.each([
  [readDuration('1.1ms'), 1100],
  [readDuration('1h'), 3_600_000_000],
  [readRate('2000/s'), 2000],
  [readRate('30/m'), 0.5],
  [readRate('9/h'), 0.0025],
  [readSize('10kB'), 10_000],
  [readSize('1.5KiB'), 1536],
  [readPercent('120%'), 1.2],
])('a quantity: %j', (reading, value) => {
  expect(reading).toEqual({ ok: true, value });
});

test.each(['', '40', 'ms', '-1ms', '1 ms', '1e3ms', '1.ms', '.5s', '1µs', '1MS', '1m30s', '٣s'])(
  'no duration: %j',
  (text) => {
    expect(readDuration(text).ok).toBe(false);
  },
);

test('numbers are grouped by three', () => {
  expect([0, 999, 1000, 1234567.891].map((n) => formatNumber(n))).toEqual([
    '0',
    '999',
    '1 000',
    '1 234 568',
  ]);
  expect(formatNumber(1234.5, 2)).toBe('1 234.5');
});

test('the edit distance is symmetric, and one for each single typo', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, a)).toBe(0);
    }),
  );
  const word = fc.stringMatching(/^[a-z]{4,12}$/);
  fc.assert(
    fc.property(word, fc.nat(11), (text, at) => {
      const index = at % text.length;
      const typos = [
        text.slice(0, index) + text.slice(index + 1),
        `${text.slice(0, index)}Z${text.slice(index)}`,
        `${text.slice(0, index)}Z${text.slice(index + 1)}`,
      ];
      for (const typo of typos) expect(editDistance(text, typo)).toBe(1);
      expect(nearest(text, [text])).toBe(text);
    }),
  );
});

/** Whatever comes in: a scenario, or errors of one line each that begin with where they are. */
function expectVerdict(text: string, sets: readonly string[] = []): void {
  const parsed = parseScenario(text, 'f.yaml', sets, ['okRatio']);
  if (parsed.ok) return;
  expect(parsed.errors.length).toBeGreaterThan(0);
  for (const line of parsed.errors) expect(line).toMatch(/^(f\.yaml:|--set ).*$/);
}

test('bytes never make the reader throw', () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((b) => new TextDecoder().decode(b));
  fc.assert(fc.property(bytes, (text) => expectVerdict(text)));
  const punctuation = fc.string({ unit: fc.constantFrom(...'{}[]:,-?&*!|>%@`"\'# \n\tab1') });
  fc.assert(
    fc.property(punctuation, (text) => expectVerdict(text)),
    { numRuns: 500 },
  );
});

const keys = [...JSON.stringify(scenarioJsonSchema()).matchAll(/"(\w+)":\{/g)].map((m) => m[1]!);
const values = fc.oneof(
  fc.constantFrom('40ms', '2000/s', '6MiB', '120%', 'crash', 'exponential', 'poisson', 'r1', '*'),
  fc.constantFrom(0, 1, -1, 1.5, NaN, Infinity, 1e300, null, true, 'on', 'naive', '__proto__'),
  fc.string(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    values,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('tree'), { maxKeys: 8 }),
  ),
}));

test('random YAML of our own words never makes the reader throw', () => {
  fc.assert(
    fc.property(tree, (value) => expectVerdict(stringify(value))),
    { numRuns: 300 },
  );
});

test('the template with random overrides never makes the reader throw', () => {
  const part = fc.oneof(
    fc.constantFrom(...keys),
    fc.constantFrom('fleet[0]', 'faults[0]', 'slo[0]'),
  );
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
  const set = fc
    .tuple(fc.oneof(path, fc.string()), fc.oneof(values.map(String), fc.json(), fc.string()))
    .map(([where, value]) => `${where}=${value}`);
  fc.assert(
    fc.property(fc.array(set, { maxLength: 3 }), (sets) => expectVerdict(scenarioTemplate(), sets)),
    { numRuns: 200 },
  );
});
