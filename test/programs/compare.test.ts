/** `compare` as its users meet it: what it says, what it fails on, and every kind of bad input. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flightResult, type FlightResult } from '../../reports/result.js';
import { windtunnel } from '../support/cli.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
const resultOf = (name: string): FlightResult =>
  flightResult.parse(JSON.parse(readFileSync(at(name), 'utf8')));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-compare-'));
  const fly = (name: string, ...more: string[]) =>
    windtunnel(
      ...['run', 'scenarios/steady.yaml', '--set', 'calls=1500'],
      ...['--json', at(`${name}.json`), '--record', at(`${name}.jsonl`), ...more],
    );
  await Promise.all([fly('a'), fly('slow', '--set', 'functions.hello.service.mean=60ms')]);
  await Promise.all([fly('a2', '--seed', '2'), fly('both', '--placer', 'naive,p2c')]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const thin = (text: string): string => text.replaceAll('\u202f', ' ');

describe('compare', () => {
  test('of a flight with itself finds nothing, and exits 0', async () => {
    const ran = await windtunnel('compare', at('a.json'), at('a.json'), '--fail-if', 'p99>+0%');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).not.toMatch(/[✓✗≈] (?:better|worse|noise)$/m);
    expect(ran.stdout).toContain('✓ fail if latencyMs.p99>+0%: B 0');
  });

  test('has the numbers of the results, and the same from records', async () => {
    const [json, records] = await Promise.all([
      windtunnel('compare', at('a.json'), at('slow.json')),
      windtunnel('compare', at('a.jsonl'), at('slow.jsonl')),
    ]);
    const rows = (text: string): string[] => text.split('\n').slice(1);
    const squeezed = (text: string): string[] => rows(text).map((row) => row.replace(/ +/g, ' '));
    expect(squeezed(json.stdout)).toEqual(squeezed(records.stdout));
    const [a, b] = [resultOf('a.json'), resultOf('slow.json')];
    const line = thin(json.stdout)
      .split('\n')
      .find((row) => row.startsWith('  p50 '));
    expect(line).toContain(`${a.latencyMs.p50!.toFixed(1)} ms`);
    expect(line).toContain(`${b.latencyMs.p50!.toFixed(1)} ms`);
    expect(line).toContain('✗ worse');
  });

  test('exits 2 only if a condition holds, 7 if nothing can be said', async () => {
    const of = (...conditions: string[]) =>
      windtunnel(
        ...['compare', at('a.json'), at('slow.json')],
        ...conditions.flatMap((condition) => ['--fail-if', condition]),
      );
    const [holds, not, one] = await Promise.all([
      of('p50>+5%'),
      of('p50<-5%', 'ok<-0.5'),
      of('p50<-5%', 'p50>+5'),
    ]);
    expect([holds.code, not.code, one.code]).toEqual([2, 0, 2]);
    expect(thin(holds.stdout)).toMatch(/✗ fail if latencyMs\.p50>\+5%: B \+\d+(\.\d+)? % \(95 %:/);
    const none = {
      ...resultOf('a.json'),
      latencyMs: { ...resultOf('a.json').latencyMs, p99: null },
    };
    const ran = await windtunnel(
      ...['compare', at('a.json'), write('none.json', JSON.stringify(none))],
      ...['--fail-if', 'p99>+5%'],
    );
    expect([ran.code, ran.stdout]).toEqual([
      7,
      expect.stringContaining('B has nothing to judge it by'),
    ]);
  });

  test('reads results from before there were intervals', async () => {
    const { intervals, ...old } = resultOf('a.json');
    expect(intervals).toBeDefined();
    const ran = await windtunnel(
      'compare',
      write('old.json', JSON.stringify(old)),
      at('slow.json'),
    );
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/p50 .*\? unsure/);
    expect(ran.stdout).toMatch(/ok a second .*(?:noise|worse|better|same)/);
  });

  test('takes the policies of one file for sides, and seeds of one policy for one side', async () => {
    const both = await windtunnel('compare', at('both.json'));
    expect(both.stdout).toContain('A · both.json · naive');
    expect(both.stdout).toContain('B · both.json · p2c');
    const seeds = write('seeds.jsonl', readFileSync(at('a.jsonl'), 'utf8'));
    appendFileSync(seeds, readFileSync(at('a2.jsonl')));
    const ran = await windtunnel('compare', seeds, at('slow.jsonl'), '--out', at('seeds.html'));
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('A · seeds.jsonl · 2 seeds');
    expect(ran.stdout).toContain('spread between seeds');
    expect(readFileSync(at('seeds.html'), 'utf8')).toContain('3 flights');
  });
});

describe('compare writes', () => {
  test('a page that carries its library, or shares one, which is written once', async () => {
    const made = at('made');
    const page = (name: string, ...more: string[]) =>
      windtunnel('compare', at('a.jsonl'), at('slow.jsonl'), '--out', join(made, name), ...more);
    await page('whole.html', '--markdown', join(made, 'c.md'));
    await page('one.html', '--assets', 'shared');
    const library = readdirSync(made).find((name) => name.endsWith('.js')) ?? '';
    const before = statSync(join(made, library)).mtimeMs;
    await page('two.html', '--assets', 'shared');
    expect(readdirSync(made).sort()).toEqual(
      ['c.md', 'one.html', library, 'two.html', 'whole.html'].sort(),
    );
    expect(library).toMatch(/^plotly-[0-9a-f]{12}\.js$/);
    expect(statSync(join(made, library)).mtimeMs).toBe(before);
    expect(readFileSync(join(made, 'one.html'), 'utf8')).toContain(`src="${library}"`);
    expect(statSync(join(made, 'one.html')).size).toBeLessThan(250_000);
    expect(statSync(join(made, 'whole.html')).size).toBeLessThan(2_400_000);
    expect(readFileSync(join(made, 'c.md'), 'utf8')).toContain('| p50 |');
  });

  test('over no other file that has the name of the library', async () => {
    const made = at('other');
    const fly = () =>
      windtunnel(
        ...['run', 'scenarios/steady.yaml', '--set', 'calls=100', '--assets', 'shared'],
        ...['--report', join(made, 'r.html')],
      );
    expect((await fly()).code).toBe(0);
    const [library] = readdirSync(made).filter((name) => name.endsWith('.js'));
    writeFileSync(join(made, library!), 'mine');
    rmSync(join(made, 'r.html'));
    const ran = await fly();
    expect(ran.stderr).toMatch(/plotly-\w+\.js: is there and is not the chart library/);
    expect([ran.code, readFileSync(join(made, library!), 'utf8')]).toEqual([1, 'mine']);
    expect(existsSync(join(made, 'r.html'))).toBe(false);
  });
});

describe('compare refuses, in one line and with exit 1:', () => {
  test.each([
    ['one side', ['a.json'], [], 'nothing to compare with'],
    ['no file', ['a.json', 'not-there.json'], [], 'no such file'],
    ['a folder', ['a.json', '.'], [], 'is a directory'],
    ['an unknown metric', ['a.json', 'a.json'], ['--fail-if', 'p98>+5%'], 'did you mean "p9'],
    ['no condition', ['a.json', 'a.json'], ['--fail-if', 'p99'], 'expected METRIC'],
    ['assets of no page', ['a.json', 'a.json'], ['--assets', 'shared'], 'needs a report'],
    ['other assets', ['a.json', 'a.json'], ['--assets', 'cdn'], 'Allowed choices are'],
    ['a page to stdout', ['a.json', 'a.json'], ['--out', '-'], 'cannot go to stdout'],
  ])('%s', async (_, files, more, why) => {
    const ran = await windtunnel('compare', ...files.map(at), ...more);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    expect(ran.stderr).toContain(why);
  });

  test('what is no result, and a page is not begun', async () => {
    const good = readFileSync(at('a.json'), 'utf8');
    const bad: [name: string, text: string, why: string][] = [
      ['cut.json', good.slice(0, 300), 'neither a record'],
      ['foreign.json', '{"name": "x"}', 'foreign.json: scenario: no result of run --json'],
      ['list.json', `[${good},{"scenario": 1}]`, 'list.json: 1.scenario: no result'],
      ['sum.json', good.replace(/"ok": \d+/, '"ok": 9999'), 'outcomes are 9999 in all'],
      ['none.json', '[]', 'holds no flight'],
      ['text.json', 'hello', 'neither a record'],
      ['twice.json', `[${good},${good}]`, 'is there twice'],
      ['mixed.json', `[${good},${good.replace('"steady"', '"other"')}]`, 'steady and other'],
      ['cut.jsonl', readFileSync(at('a.jsonl'), 'utf8').slice(0, 5000), 'cut.jsonl'],
    ];
    for (const [name, text, why] of bad) {
      const ran = await windtunnel(
        ...['compare', at('a.json'), write(name, text), '--out', at('no/page.html')],
      );
      expect([name, ran.code, ran.stdout]).toEqual([name, 1, '']);
      expect(ran.stderr).toContain(why);
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
      expect(existsSync(at('no'))).toBe(false);
    }
  });
});
