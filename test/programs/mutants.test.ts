/** Mutants are caught in flight, and the program without one is not. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Sighting } from '../mutants/fly.js';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Flies seeds as `npm run mutants` does, in a process of its own. */
function flown(name: string, last: number, ...how: readonly string[]): Sighting {
  const args = ['dist/test/mutants/fly.js', name, '1', String(last), ...how];
  return JSON.parse(
    execFileSync(process.execPath, args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: 'pipe',
    }),
  ) as Sighting;
}

describe('in a flight', () => {
  it.each([
    ['response-header-collapsed', 'the client gets the headers that the executor wrote'],
    ['runner-told-no-deadline', 'a runner is told what is left of the time of its call'],
    ['headers-lost-in-bytes', 'twins differ'],
  ])('%s is caught by the first seed', (name, law) => {
    const { check, seed } = flown(name, 3);
    expect(check).toContain(law);
    expect(seed).toBe(1);
  });

  it('is what makes it fail: without a mutant the same seed flies', () => {
    expect(flown('headers-lost-in-bytes', 1, '--unpatched')).toEqual({ seed: 1 });
  });

  it('of another name is an error', () => {
    expect(() => flown('no-such', 1)).toThrow('no mutant is named no-such');
  });
});
