/** The law of limits, at every door where one is given. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../test/support/virtual.js';
import { cachedData } from './cached-data.js';
import { createCapacity } from './capacity.js';
import { staticApps, staticFunctions } from './data-access.js';

const clock = createVirtualClock();
const none = staticFunctions({});

describe('a limit that is none is refused by name', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('%d', (bad) => {
    const says = (name: string): string => `${name}: ${bad} is not a number above 0 and up to `;
    expect(() => cachedData(clock, none, { ttlMs: bad })).toThrow(says('ttlMs'));
    expect(() => cachedData(clock, none, { entriesMax: bad })).toThrow(says('entriesMax'));
    for (const name of ['slots', 'memoryMb', 'cpuMilli']) {
      const options = { slots: 1, queue: 0, [name]: bad };
      expect(() => createCapacity(options)).toThrow(says(name));
    }
    expect(() => staticFunctions({ f: { timeoutMs: bad } })).toThrow(
      `invalid function "f": ${says('timeoutMs')}`,
    );
    expect(() => staticApps({ a: { functions: { f: { memoryMb: bad } } } })).toThrow(
      `invalid function "a/f": ${says('memoryMb')}`,
    );
  });

  it('and a queue below nothing', () => {
    expect(() => createCapacity({ slots: 1, queue: -1 })).toThrow('queue: -1 is below 0');
    expect(() => createCapacity({ slots: 1, queue: Number.NaN })).toThrow('queue: NaN is below 0');
  });

  it('and all of them at once', () => {
    expect(() => createCapacity({ slots: 0, queue: 0, memoryMb: 0 })).toThrow(
      /^invalid capacity: slots: 0 .*; memoryMb: 0 /,
    );
  });
});
