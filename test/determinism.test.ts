/** Same seed, same flight; and what is done about code that breaks that. */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hrtime as importedHrtime } from 'node:process';
import { setTimeout as importedTimeout } from 'node:timers';
import { describe, expect, test } from 'vitest';
import { naive } from '../core/placers/naive.js';
import type { Placer, PlacerParts } from '../core/placer.js';
import { createTranscode } from '../sim/transcode.js';
import { flyTwins } from '../sim/twins.js';
import { flown, scenarioOf } from './support/fly.js';

const steadyText = readFileSync('scenarios/steady.yaml', 'utf8');
const steady = scenarioOf(steadyText, ['calls=2000']);
/** With fewer calls than they are shipped with, where that are many. */
const shipped = ['first-flight', 'steady', 'black-hole'].map((name) =>
  scenarioOf(readFileSync(`scenarios/${name}.yaml`, 'utf8'), ['calls=3000']),
);

/** A placer that does as `naive` does, after something that it must not do. */
const spoiled =
  (sin: () => void) =>
  (parts: PlacerParts): Placer => {
    const inner = naive(parts);
    return {
      order(call, runners, now) {
        sin();
        return inner.order(call, runners, now);
      },
    };
  };

/** A placer that starts where real chance says. */
const random = (): Placer => ({
  order(_call, runners) {
    const start = Math.floor(Math.random() * runners.length);
    const turned = [...runners.slice(start), ...runners.slice(0, start)];
    return { next: () => turned.shift() };
  },
});

describe('a flight is a function of its scenario and its seed', () => {
  test('the same seed gives the same digest, another seed another one', () => {
    const digests = [7, 7, 8].map((seed) => flown(steady, { seed }).digest);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  test.each(['s', 'head'] as const)(
    'bytes of the codec in dialect %s change nothing',
    (dialect) => {
      const plain = flown(steady, { seed: 3 });
      const coded = flown(steady, { seed: 3, transcode: createTranscode(dialect) });
      expect(coded.digest).toBe(plain.digest);
      expect(coded.problems).toEqual([]);
    },
  );

  test.each(shipped)('$name holds all laws and agrees with its twin', (scenario) => {
    const { violations, stuck, difference } = flyTwins(scenario, 1);
    expect({ violations, stuck, difference }).toEqual({
      violations: [],
      stuck: [],
      difference: undefined,
    });
  });
});

describe('code that reads the real world is found', () => {
  test('a placer with Math.random trips the wire, which names the line', () => {
    const { violations } = flyTwins(steady, 1, { placer: random });
    expect(violations[0]).toMatch(/^Math\.random was used in a flight, at .*determinism\.test/);
  });

  test('with tripwires off the twins differ, and the first difference has both sides', () => {
    const { difference } = flyTwins(steady, 1, { placer: random, tripwires: false });
    expect(difference).toMatch(
      /^event \d+: \{.*"runner":"r\d".*\} in one flight, \{.*"runner":"r\d".*\} in its twin$/,
    );
  });

  const sins: readonly (readonly [string, () => unknown])[] = [
    ['a promise', () => Promise.resolve(1)],
    ['a promise', () => new Promise(() => undefined)],
    ['Date', () => new Date()],
    ['Date', () => Date()],
    ['Date.now', () => Date.now()],
    ['Intl.DateTimeFormat', () => new Intl.DateTimeFormat()],
    ['Event', () => new Event('x').timeStamp],
    ['performance.now', () => performance.now()],
    ['process.hrtime', () => process.hrtime()],
    ['process.hrtime.bigint', () => process.hrtime.bigint()],
    ['process.uptime', () => process.uptime()],
    ['setTimeout', () => setTimeout(() => undefined, 1)],
    ['setImmediate', () => setImmediate(() => undefined)],
    ['queueMicrotask', () => queueMicrotask(() => undefined)],
    ['process.nextTick', () => process.nextTick(() => undefined)],
    ['crypto.randomUUID', () => crypto.randomUUID()],
    ['crypto.randomInt', () => randomInt(5)],
    ['crypto.randomBytes', () => randomBytes(5)],
    ['process.hrtime', () => importedHrtime()],
    ['what goes on (Timeout)', () => AbortSignal.timeout(1)],
    ['what goes on (MESSAGEPORT)', () => new MessageChannel().port1.close()],
  ];
  test.each(sins)('%s in a flight is found at its first use, by its line', (name, sin) => {
    const { problems } = flown(steady, { seed: 1, placer: spoiled(() => void sin()) });
    expect(problems[0]).toContain(`${name} was used in a flight, at `);
    expect(problems[0]).toMatch(/determinism\.test\.ts:\d+:\d+/);
  });

  test('timers that were imported by name are closed as well', () => {
    const sin = spoiled(() => void importedTimeout(() => undefined, 1));
    const { problems } = flown(steady, { seed: 1, placer: sin });
    expect(problems[0]).toMatch(/was used in a flight, at .*determinism\.test\.ts/);
  });

  test('what only prints is no sin', () => {
    const print = spoiled(() => console.log());
    const { problems } = flown(scenarioOf(steadyText, ['calls=3']), { seed: 1, placer: print });
    expect(problems).toEqual([]);
  });

  test('the globals are whole again after a slice, tripped or not', () => {
    const before = [Date, Math.random, setTimeout, performance.now, process.hrtime];
    flown(steady, { seed: 1, placer: random });
    expect([Date, Math.random, setTimeout, performance.now, process.hrtime]).toEqual(before);
    expect(Math.random()).toBeLessThan(1);
  });
});
