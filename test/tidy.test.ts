/** The laws of the house, held against every file of it; then against planted breaches. */
import { describe, expect, test } from 'vitest';
import * as laws from './tidy/laws.js';
import { folderOf, isTest, listFiles, parse, readText, type Source } from './tidy/source.js';
import { NOWHERE } from './tidy/words.js';

const ROOT = new URL('..', import.meta.url).pathname;
const files = listFiles(ROOT);
const sources = files.filter((path) => path.endsWith('.ts')).map((path) => read(path));
const packageJson = readText(ROOT, 'package.json');

function read(path: string): Source {
  return parse(path, readText(ROOT, path));
}

describe('every file of the house', () => {
  test('imports go one way: sim → core ← proto, reports take types, nothing imports cli', () => {
    expect(laws.direction(sources)).toEqual([]);
  });

  test('no real time, chance or promise outside the rim', () => {
    expect(laws.realWorld(sources)).toEqual([]);
  });

  test('a file is at most 300 lines, a line at most 100 characters', () => {
    expect(laws.size(sources)).toEqual([]);
  });

  test('a file is named after its subject', () => {
    expect(laws.names(sources)).toEqual([]);
  });

  test('no default exports', () => {
    expect(laws.defaults(sources)).toEqual([]);
  });

  test('a file of the product begins with what it is', () => {
    expect(laws.openings(sources)).toEqual([]);
  });

  test('no dead files', () => {
    expect(laws.dead(sources, packageJson)).toEqual([]);
  });

  test('no test runs alone, none is skipped without a reason', () => {
    expect(laws.skips(sources)).toEqual([]);
  });

  test('the repository speaks of the product alone', () => {
    const texts = files.filter((path) => /(?:\.(?:[cm]?[jt]s|md|ya?ml|proto)|e\.json)$/.test(path));
    expect(texts.flatMap((path) => laws.wordsIn(path, readText(ROOT, path), NOWHERE))).toEqual([]);
  });

  test('links of the documents lead to files that exist', () => {
    const broken = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => laws.brokenLinks(path, readText(ROOT, path), files));
    expect(broken).toEqual([]);
  });

  test('the rim is a small share of the lines', () => {
    const flying = sources.filter(({ path }) => /^(?:core|proto|sim|cli)\//.test(path));
    const product = flying.filter(({ path }) => !isTest(path) && !path.includes('/generated/'));
    const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
    const all = sum(product.map(({ text }) => laws.lineCount(text)));
    const rim = sum(product.map(laws.rimLines));
    const beyondCli = sum(
      product.filter(({ path }) => folderOf(path) !== 'cli').map(laws.rimLines),
    );
    const percent = (part: number): string => `${((100 * part) / all).toFixed(1)} %`;
    console.log(
      `the rim is ${rim} of ${all} lines of core, proto, sim and cli (${percent(rim)}), ` +
        `${beyondCli} without cli (${percent(beyondCli)}); all other lines fly in the simulator`,
    );
    expect(rim / all).toBeLessThan(0.5);
  });
});

describe('a planted breach is found', () => {
  const broken = (law: (of: readonly Source[]) => string[], path: string, text: string): string[] =>
    law([parse(path, text)]);

  test.each([
    ['core/a.ts', "import { b } from '../proto/b.js';", 'core knows only core'],
    ['core/a.ts', "import { b } from '../proto/grpc/b.js';", 'sockets stay behind the Wire'],
    ['core/a.ts', "export { b } from '../sim/b.js';", 'core knows only core'],
    ['core/a.ts', "import { readFileSync } from 'node:fs';", 'only the rim touches the system'],
    ['core/a.ts', "import { b } from './b.test.js';", 'the product knows no tests'],
    ['core/runner.ts', "import { Observable } from 'rxjs';", 'a port imports types only'],
    ['core/placers/a.ts', "import { of } from 'rxjs';", 'a placer owns no time'],
    ['proto/a.ts', "import { b } from '../sim/b.js';", 'proto knows only core, proto'],
    ['proto/a.ts', "import { Client } from '@grpc/grpc-js';", 'only proto/grpc touches sockets'],
    ['proto/a.ts', "import { b } from './grpc/b.js';", 'sockets stay behind the Wire'],
    ['sim/a.ts', "import type { B } from '../proto/index.js';", 'that door opens sockets too'],
    ['sim/a.ts', "const b = import('../cli/b.js');", 'nothing imports cli'],
    ['reports/a.ts', "import { b } from '../core/b.js';", 'reports takes types only'],
    ['reports/a.ts', "import type { B } from '../sim/b.js';", 'reports knows only core, reports'],
  ])('import: %s: %s', (path, text, why) => {
    expect(broken(laws.direction, path, `// first\n${text}`)).toEqual([
      expect.stringMatching(new RegExp(`^${path}:2: imports .*${why}`)),
    ]);
  });

  test.each([
    ['reports/a.ts', "import type { B } from '../core/b.js';"],
    ['reports/a.ts', "import { type B, type C } from '../core/b.js';"],
    ['sim/a.ts', "import { b } from '../proto/session.js';"],
    ['cli/a.ts', "import { b } from '../proto/grpc/b.js';"],
    ['core/a.test.ts', "import { b } from '../cli/b.js';"],
    ['core/http.ts', "import { createServer } from 'node:http';"],
  ])('but not: %s: %s', (path, text) => {
    expect(broken(laws.direction, path, text)).toEqual([]);
  });

  test.each([
    ['setTimeout(f, 1);', 'setTimeout', 'clock.after'],
    ['globalThis.setInterval(f);', 'setInterval', 'clock.after'],
    ['const t = Date.now();', 'Date', 'clock.now'],
    ['const t = `${new Date()}`;', 'Date', 'clock.now'],
    ['performance.now();', 'performance', 'clock.now'],
    ['Math.random();', 'Math.random', 'Rng'],
    ['const x = 2 ** y;', '**', 'multiplication'],
    ['const f = async () => 1;', 'async', 'Observable'],
    ['const p: Promise<void> = q;', 'Promise', 'Observable'],
    ['firstValueFrom(x$);', 'firstValueFrom', 'Observable'],
    ['of(1, asyncScheduler);', 'asyncScheduler', 'asScheduler'],
  ])('word: %s', (text, word, instead) => {
    const [line, ...more] = broken(laws.realWorld, 'core/a.ts', `/** It. */\n${text}\n`);
    expect(line).toContain(`core/a.ts:2: "${word}": use `);
    expect(line).toContain(instead);
    expect(more).toEqual([]);
  });

  test.each([
    ['core/a.ts', '// setTimeout\n/* Date.now() */\n/** Promise */\nconst a = "Math.random()";'],
    [
      'core/a.ts',
      'const r = /async/;\nconst s = `await ${a} Promise`;\nconst upDate = setTimeouts;',
    ],
    ['core/a.test.ts', 'setTimeout(f, 1);'],
    ['core/http.ts', 'setTimeout(f, 1);'],
    ['proto/grpc/a.ts', 'setTimeout(f, 1);'],
    ['cli/a.ts', 'setTimeout(f, 1);'],
    ['core/clock.ts', 'export function createSystemClock() {\n  setTimeout(f, 1);\n}'],
  ])('but no word in comments, texts, tests and the rim: %s: %s', (path, text) => {
    expect(broken(laws.realWorld, path, text)).toEqual([]);
  });

  test('word: the pure half of core/clock.ts flies', () => {
    const text = 'function createSystemClock() {}\nfunction asScheduler() {\n  Date.now();\n}\n';
    expect(broken(laws.realWorld, 'core/clock.ts', text)).toHaveLength(1);
    expect(laws.rimLines(parse('core/clock.ts', text))).toBe(1);
  });

  test('size, name, default export, opening', () => {
    expect(broken(laws.size, 'core/a.ts', '\n'.repeat(301))).toHaveLength(1);
    expect(broken(laws.size, 'core/a.ts', '\n'.repeat(300))).toEqual([]);
    expect(broken(laws.size, 'core/a.ts', 'x'.repeat(101))).toHaveLength(1);
    expect(broken(laws.size, 'core/a.ts', `f('${'x'.repeat(101)}');`)).toEqual([]);
    expect(broken(laws.names, 'core/utils.ts', '')).toHaveLength(1);
    expect(broken(laws.names, 'core/common/a.ts', '')).toHaveLength(1);
    expect(broken(laws.defaults, 'core/a.ts', 'export default 1;')).toHaveLength(1);
    expect(broken(laws.defaults, 'core/a.ts', 'export { a as default };')).toHaveLength(1);
    expect(broken(laws.openings, 'core/a.ts', 'export const a = 1;')).toHaveLength(1);
  });

  test('a dead file, but not an entry nor what tests share', () => {
    const dead = (...of: [path: string, text: string][]): string[] =>
      laws.dead(
        of.map(([path, text]) => parse(path, text)),
        '{ "bin": "dist/cli/index.js" }',
      );
    expect(dead(['core/a.ts', ''])).toHaveLength(1);
    expect(dead(['core/a.ts', ''], ['core/a.test.ts', "import './a.js';"])).toHaveLength(1);
    expect(dead(['cli/index.ts', "import '../core/a.js';"], ['core/a.ts', ''])).toEqual([]);
    expect(
      dead(['core/b.test.rig.ts', ''], ['core/a.test.ts', "import './b.test.rig.js';"]),
    ).toEqual([]);
  });

  test('a test that runs alone, or not at all', () => {
    expect(broken(laws.skips, 'core/a.test.ts', "test.only('a', f);")).toHaveLength(1);
    expect(broken(laws.skips, 'core/a.test.ts', "\ntest.skip('a', f);")).toHaveLength(1);
    expect(broken(laws.skips, 'core/a.test.ts', "// No browser.\ntest.skip('a', f);")).toEqual([]);
  });

  test('a link to nowhere', () => {
    const text = '[a](docs/a.md#part) [b](./b.md) [c](https://example.com) [d](docs/)';
    expect(laws.brokenLinks('README.md', text, ['docs/a.md'])).toEqual([
      'README.md:1: no file b.md',
    ]);
  });
});
