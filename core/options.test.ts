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
