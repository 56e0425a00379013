/** Laws of the status on the wire: the exact bytes, nothing lost, nothing made up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunnerStatus, SelfTest } from '../core/runner.js';
import { decodeRunnerStatus, encodeRunnerStatus } from './status-codec.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

const COUNTERS = { active: 0, requestsReceived: 0, requestsHandled: 0 };
const SELF_TEST: SelfTest = {
  failed: false,
  id: '',
  details: '',
  errorCode: 0,
  errorStr: '',
  createdAt: '',
  startedAt: '',
  completedAt: '',
  cached: false,
  kdumpsOnDisk: 0,
  isNetworkDisabled: false,
  schedulerUs: 0,
  executionUs: 0,
  imagePullWaitUs: 0,
  ctrPrepUs: 0,
  ctrCreateUs: 0,
  initStartUs: 0,
};

describe('a status on the wire', () => {
  it.each<[string, string, Partial<RunnerStatus>]>([
    ['active', '1003', { active: 3 }],
    ['counters', '6002' + '6801', { requestsReceived: 2, requestsHandled: 1 }],
    ['words', '9201060a0161120162', { customStatus: { a: 'b' } }],
  ])('%s both ways', (_name, text, fields) => {
    const status = { ...COUNTERS, ...fields };
    expect(hex(encodeRunnerStatus(status))).toBe(text);
    expect(decodeRunnerStatus(unhex(text))).toEqual(status);
  });

  it.each<[string, Partial<SelfTest>]>([
    ['1801', { failed: true }],
    ['22026964', { id: 'id' }],
    ['2a0164', { details: 'd' }],
    ['30c203', { errorCode: 450 }],
    ['3a0165', { errorStr: 'e' }],
    ['420163', { createdAt: 'c' }],
    ['4a0173', { startedAt: 's' }],
    ['520163', { completedAt: 'c' }],
    ['5801', { cached: true }],
    ['7005', { kdumpsOnDisk: 5 }],
    // Durations are ns on the wire: 1 µs is e807.
    ['78e807', { schedulerUs: 1 }],
    ['8001e807', { executionUs: 1 }],
    ['880101', { isNetworkDisabled: true }],
    ['9801e807', { imagePullWaitUs: 1 }],
    ['a001e807', { ctrPrepUs: 1 }],
    ['a801e807', { ctrCreateUs: 1 }],
    ['b001e807', { initStartUs: 1 }],
  ])('%s is %j of its self-test', (text, fields) => {
    const status = { ...COUNTERS, selfTest: { ...SELF_TEST, ...fields } };
    expect(hex(encodeRunnerStatus(status))).toBe(text);
    expect(decodeRunnerStatus(unhex(text))).toEqual(status);
  });

  it('of a runner that says nothing has neither words nor a self-test', () => {
    expect(Object.keys(decodeRunnerStatus(new Uint8Array(0)))).toEqual(Object.keys(COUNTERS));
  });

  it('with a key of an object of ours is only a key', () => {
    const status = { ...COUNTERS, customStatus: Object.fromEntries([['__proto__', 'x']]) };
    const { customStatus = {} } = decodeRunnerStatus(encodeRunnerStatus(status));
    expect(Object.entries(customStatus)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(customStatus)).toBe(Object.prototype);
  });

  it('comes back as it was', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const us = fc.nat({ max: 9_000_000_000_000 });
    const selfTest = fc.record<SelfTest>({
      failed: fc.boolean(),
      id: text,
      details: text,
      errorCode: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      errorStr: text,
      createdAt: text,
      startedAt: text,
      completedAt: text,
      cached: fc.boolean(),
      kdumpsOnDisk: count,
      isNetworkDisabled: fc.boolean(),
      schedulerUs: us,
      executionUs: us,
      imagePullWaitUs: us,
      ctrPrepUs: us,
      ctrCreateUs: us,
      initStartUs: us,
    });
    const status = fc.record(
      {
        active: fc.nat({ max: 2 ** 31 - 1 }),
        requestsReceived: count,
        requestsHandled: count,
        customStatus: fc.dictionary(text, text, { minKeys: 1, noNullPrototype: true }),
        selfTest: selfTest.filter((test) => Object.values(test).some(Boolean)),
      },
      { requiredKeys: ['active', 'requestsReceived', 'requestsHandled'] },
    ) as fc.Arbitrary<RunnerStatus>;
    fc.assert(
      fc.property(status, (given) => {
        expect(decodeRunnerStatus(encodeRunnerStatus(given))).toEqual(given);
      }),
    );
  });
});
