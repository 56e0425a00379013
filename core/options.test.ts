/** Laws of the options: resolved once, all errors at once, nothing guessed. */
import { describe, expect, it } from 'vitest';
import { balancerDefaults, resolveOptions } from './options.js';

const messageOf = (given: object): string => {
  try {
    resolveOptions(given);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as RangeError).message;
  }
  return '';
};

describe('options', () => {
  it('are the defaults where nothing is given, frozen', () => {
    const options = resolveOptions({});
    expect(options).toEqual(balancerDefaults);
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('have these defaults, each with its reason beside it', () => {
    expect(balancerDefaults).toMatchInlineSnapshot(`
      {
        "absorbMaxBytes": 1048576,
        "absorbTotalBytes": 268435456,
        "bodiesMaxBytes": 268435456,
        "bodyMaxBytes": 6291456,
        "busyMemoryMs": 10,
        "callEndBacklogMax": 8192,
        "callEndTimeoutMs": 600000,
        "clientIdleMs": 30000,
        "closeGraceMs": 30000,
        "detachedHeadroomMs": 360000,
        "detachedPlacementMs": 30000,
        "ejectAfter": 5,
        "ejectMaxMs": 60000,
        "ejectMs": 1000,
        "headHoldBytes": 16384,
        "headHoldMs": 5,
        "headMaxBytes": 61440,
        "hedge": "off",
        "idPrefix": "lb0",
        "idempotentHeader": "",
        "inFlightMax": 10000,
        "lookupMs": 5000,
        "placementMs": 15000,
        "pushBackMaxMs": 5000,
        "responseMaxBytes": 6291456,
        "retry": "on",
        "retryBudgetMax": 100,
        "retryBudgetPerSec": 10,
        "retryBudgetRatio": 0.2,
        "roundPauseMs": 10,
        "slowStartMs": 10000,
        "tickMs": 10,
        "usableMin": 0.5,
        "wait": "room",
        "waitingMax": 10000,
        "waitingPerFunctionMax": 2500,
      }
    `);
  });

  it('keep what is given', () => {
    expect(resolveOptions({ retry: 'off', headHoldMs: 0.5 })).toEqual({
      ...balancerDefaults,
      retry: 'off',
      headHoldMs: 0.5,
    });
  });

  it('name every bad one at once', () => {
    const bad = { inFlightMax: 0, lookupMs: Number.NaN, idPrefix: '', retry: 'maybe', colour: 1 };
    expect(messageOf(bad)).toMatchInlineSnapshot(
      `"invalid balancer options: inFlightMax: 0 is not a number above 0 and up to 9007199254740991; lookupMs: NaN is not a number above 0 and up to 2073600000; retry: maybe is neither "on" nor "off"; colour: unknown option; idPrefix: must not be empty"`,
    );
  });

  it.each([
    { headHoldMs: -1 },
    { headHoldMs: '5' },
    { headHoldMs: undefined },
    { placementMs: 25 * 24 * 3600 * 1000 },
    { bodyMaxBytes: Infinity },
    JSON.parse('{"toString": 1}') as object,
  ])('refuse %j', (given) => {
    expect(messageOf(given)).toContain(Object.keys(given)[0]);
  });
});
