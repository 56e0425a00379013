/** `windtunnel report`: what comes of a record is what the flight made, or one line says why. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { windtunnel } from '../support/cli.js';

const FORMATS = ['json', 'csv', 'hdr', 'junit', 'markdown'] as const;
let folder = '';
let lines: string[] = [];
const at = (name: string): string => join(folder, name);
const outputs = (prefix: string): string[] =>
  FORMATS.flatMap((format) => [`--${format}`, at(`${prefix}.${format}`)]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-report-'));
  const ran = await windtunnel(
    ...['run', 'scenarios/steady.yaml', '--placer', 'p2c,least', '--set', 'calls=200'],
    ...['--record', at('r.jsonl'), '--report', at('run.html'), ...outputs('run')],
  );
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  lines = readFileSync(at('r.jsonl'), 'utf8').trimEnd().split('\n');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('all that is made of a record is what the flights made, to the byte', async () => {
  const ran = await windtunnel('report', at('r.jsonl'), '--out', at('rec.html'), ...outputs('rec'));
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  for (const end of ['html', ...FORMATS]) {
    expect(readFileSync(at(`rec.${end}`)).equals(readFileSync(at(`run.${end}`))), end).toBe(true);
  }
});

describe('what is no whole record: one line, exit 1, nothing written', () => {
  const edit = (line: number, change: (text: string) => string): string =>
    lines.map((text, i) => (i === line ? change(text) : text)).join('\n') + '\n';
  test.each<[string, () => string | Buffer, RegExp]>([
    ['empty', () => '', /: is empty, no record$/],
    ['gzip', () => gzipSync('{}\n'.repeat(9)), /:1: (no record but gzip|the last line is cut)/],
    ['HTML', () => '<!doctype html>\n', /:1: no record but HTML or XML$/],
    ['a scenario', () => 'version: 1\nname: a\n', /:1: no record, which is a JSON object a line$/],
    ['other JSON', () => '{"a":1}\n', /:1: no record of a flight/],
    [
      'another version',
      () => edit(0, (t) => t.replace('"version":1', '"version":2')),
      /:1: .*version 2/,
    ],
    [
      'an unknown metric',
      () => edit(0, (t) => t.replace('"metric":"', '"metric":"x')),
      /:1: flight: slo/,
    ],
    ['bad JSON', () => edit(4, () => '{'), /:5: is no JSON$/],
    ['a list', () => edit(4, () => '[]'), /:5: is no JSON object/],
    [
      'an unknown kind',
      () => edit(4, () => '{"kind":"atempt","at":1}'),
      /did you mean "attempt"\?$/,
    ],
    [
      'an inherited kind',
      () => edit(4, () => '{"kind":"toString"}'),
      /:5: unknown kind "toString"/,
    ],
    [
      'no number',
      () => edit(4, () => '{"kind":"call-end","at":"1"}'),
      /:5: call-end: at cannot be "1"$/,
    ],
    [
      'an infinity',
      () => edit(4, () => '{"kind":"call-end","at":1e999}'),
      /:5: call-end: at cannot be/,
    ],
    ['no landing', () => `${lines.slice(0, 9).join('\n')}\n`, /:9: the record ends before/],
    ['a cut last line', () => lines.join('\n').slice(0, -9), /the last line is cut short$/],
  ])('%s', async (_what, text, message) => {
    const home = mkdtempSync(at('home-'));
    const record = join(home, 'r.jsonl');
    writeFileSync(record, text());
    const ran = await windtunnel('report', record, '--out', join(home, 'r.html'));
    expect(ran.stderr.trimEnd()).toMatch(message);
    expect(ran.stderr.startsWith(record)).toBe(true);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([ran.code, ran.stdout, readdirSync(home)]).toEqual([1, '', ['r.jsonl']]);
  });
});

test('an output replaces neither its record nor another output, and one is needed', async () => {
  const record = at('r.jsonl');
  const own = await windtunnel('report', record, '--out', record);
  expect([own.code, own.stderr]).toEqual([1, `${record}: an output would replace the record\n`]);
  const twice = await windtunnel('report', record, '--out', at('x'), '--csv', at('x'));
  expect([twice.code, twice.stderr]).toEqual([1, `${at('x')}: two outputs have the same file\n`]);
  const none = await windtunnel('report', record);
  expect([none.code, none.stdout]).toEqual([1, '']);
  expect(none.stderr).toMatch(/^--out FILE\.html/);
});
