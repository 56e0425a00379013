import { describe, expect, test } from 'vitest';
import { watchMachine, type CoreTimes } from './machine.js';

const between = (from: CoreTimes, to: CoreTimes): string => {
  const read = [from, to].values();
  return watchMachine(() => read.next().value as CoreTimes, 2)();
};

describe('the machine', () => {
  test('is as busy as its cores were since', () => {
    const from = { idleMs: 1_000, allMs: 5_000 };
    expect(between(from, { idleMs: 2_500, allMs: 7_000 })).toBe('machine: 2 cores, 25 % busy\n');
  });

  test('is told to be too small when its cores had next to no rest', () => {
    const line = between({ idleMs: 0, allMs: 0 }, { idleMs: 100, allMs: 1_000 });
    expect(line).toBe(
      'machine: 2 cores, 90 % busy: its latencies are those of a machine that is too small\n',
    );
  });

  test('says nothing where the system does not tell', () => {
    expect(between({ idleMs: 0, allMs: 0 }, { idleMs: 0, allMs: 0 })).toBe('');
  });

  test('is read for real', () => {
    expect(watchMachine()()).toMatch(/^(machine: \d+ cores, \d+ % busy.*\n)?$/);
  });
});
