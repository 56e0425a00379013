/** Mutants can be made, and name what they are of. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { mutants, ruledOut } from './catalogue.js';
import { mutated, transpiled } from './mutant.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const read = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

const asItIs = new Map<string, string>();

test.each(mutants)('$name fits in one place, and is a program', (mutant) => {
  const { file } = mutant;
  const source = read(file);
  const text = mutated(mutant, source);
  expect(text).not.toBe(source);
  const before = asItIs.get(file) ?? transpiled(file, source);
  asItIs.set(file, before);
  expect(transpiled(file, text)).not.toBe(before);
});

describe('a patch', () => {
  const mutant = { name: 'm', file: 'a.ts', find: 'f(1)', replace: 'f($&)', breaks: '' };

  it.each([
    ['none', 'g(1)', 0],
    ['two', 'f(1); f(1)', 2],
  ])('that fits in %s of the places is an error with its name', (_what, source, times) => {
    expect(() => mutated(mutant, source)).toThrow(`mutant m: its text is ${times} times in a.ts`);
  });

  it('is put in as it is written', () => {
    expect(mutated(mutant, 'x; f(1); y')).toBe('x; f($&); y');
  });

  it('that makes no program is an error', () => {
    expect(() => transpiled('a.ts', 'const = 1;')).toThrow('a.ts: ');
  });
});

it('has a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

it('names a file of tests that is there', () => {
  const files = new Set(mutants.flatMap(({ test: by }) => (by === undefined ? [] : [by.file])));
  for (const file of files) expect(read(file), file).toContain('vitest');
});

it('is there for each defect of the original, but for those that cannot be', () => {
  const defects = [...read('docs/CONTRACT.md').matchAll(/^\| (B\d+) /gm)].map(([, id]) => id);
  expect(defects).toHaveLength(35);
  const covered = mutants.flatMap(({ original }) => original ?? []);
  expect([...new Set([...covered, ...Object.keys(ruledOut)])].sort()).toEqual(defects.sort());
  expect(covered.filter((id) => id in ruledOut)).toEqual([]);
});
