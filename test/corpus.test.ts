/**
 * Capsules of flights that failed once, shrunk: each is flown again, as it was, and holds now.
 * `docs/TESTING.md` says how one gets in here.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capsuleFromJson, complaintsOf, flySortie, type Capsule } from '../sim/capsule.js';

const folder = 'test/corpus';
const files = readdirSync(folder);

function read(file: string): Capsule {
  const parsed = capsuleFromJson(JSON.parse(readFileSync(join(folder, file), 'utf8')), file);
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'));
  return parsed.capsule;
}

test('the corpus is not empty', () => {
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files)('%s', (file) => {
  test.each([false, true])('holds all laws, with explore %s', (explore) => {
    const twins = flySortie({ ...read(file), explore });
    while (twins.fly());
    expect(complaintsOf(twins.land())).toEqual([]);
  });
});
