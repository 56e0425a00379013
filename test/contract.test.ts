/** docs/CONTRACT.md says which test proves what: each of them is there, and no row is without. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fnNames } from '../core/fn-names.js';

const text = readFileSync('docs/CONTRACT.md', 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| '));

/** `path` "words", "words"; `path` "words" */
const proofs = [...text.matchAll(/`([\w./-]+\.test\.ts)`((?:,?\s+"[^"]+")+)/g)].flatMap(
  ([, path = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => [path, title] as const),
);

/** A title that is broken over lines, or has its quotes escaped, is the same title. */
const flat = (source: string): string => source.replaceAll('\\', '').replace(/\s+/g, ' ');

describe('the contract', () => {
  test.each(proofs)('%s: %s', (path, title) => {
    expect(flat(readFileSync(path, 'utf8'))).toContain(title);
  });

  test('has a proof for every feature', () => {
    const features = rows.filter((row) => !/^\| (?:[BH]\d+|No|Feature|-+) /.test(row));
    expect(features).toHaveLength(18);
    for (const row of features) expect(row).toMatch(/`[\w./-]+\.test\.ts` "/);
  });

  test('has every defect once, with a proof or the reason why it needs none', () => {
    const defects = rows.flatMap((row) => /^\| ([BH]\d+) /.exec(row)?.[1] ?? []);
    const numbers = (letter: string, most: number): string[] =>
      Array.from({ length: most }, (_, index) => `${letter}${index + 1}`);
    expect(defects).toEqual([...numbers('B', 35), ...numbers('H', 14)]);
    const reason = /\.test\.ts` "|ruled out by the|not ours: |as there\s+\|$/;
    for (const row of rows.filter((one) => /^\| [BH]\d+ /.test(one))) expect(row).toMatch(reason);
  });

  test('names every variable that is out, or has no effect', () => {
    for (const { name, treatment } of fnNames) {
      if (treatment !== 'honoured') expect(text).toContain(`\`${name}\``);
    }
  });
});
