/** `check`, `replay` and `shrink` from outside, where nothing fails, and where something does. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start, windtunnel } from '../support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-capsules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
/** One that failed once, and does no more. */
const CURED = 'test/corpus/size-refusal-outdated.json';

describe('check', () => {
  test('says the same whatever its threads, and leaves nothing where nothing fails', async () => {
    const args = ['check', '--swarm', '--seeds', '1..6', '--capsules', at('none')];
    const [one, three] = await Promise.all(
      ['1', '3'].map((jobs) => windtunnel(...args, '--jobs', jobs)),
    );
    expect([one?.code, three?.code]).toEqual([0, 0]);
    expect(one?.stdout).toBe(three?.stdout);
    expect(readdirSync(folder)).not.toContain('none');
  });

  test('that never saw what must happen sometimes is inconclusive, with the table', async () => {
    const ran = await windtunnel('check', '--seeds', '1..2', '--coverage');
    expect(ran.code).toBe(7);
    expect(ran.stdout).toMatch(/^Of 2 seeds so many saw, at least once:$/m);
    expect(ran.stdout).toMatch(/^ +2 {2}a NACK: busy$/m);
    expect(ran.stdout).toMatch(/^NEVER {2}a cancel was paced/m);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['--swarm with a scenario', ['scenarios/steady.yaml', '--swarm'], /--swarm takes no scenario/],
    ['no threads', ['--jobs', '0'], /not from 1 to 256/],
    ['an option that is not there', ['--exlpore'], /Did you mean --explore\?/],
  ])('refuses %s', async (_, args, message) => {
    const ran = await windtunnel('check', ...args);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(message);
  });
});

describe('replay', () => {
  test('of what was cured says so, and can be looked at', async () => {
    const [report, record] = [at('r.html'), at('r.jsonl')];
    const ran = await windtunnel('replay', CURED, '--report', report, '--record', record);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^replay: fails no more, it was "broken: time stands still: .*"; another digest: the program changed$/m,
    );
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['flight', 'landed']);
    expect(kinds.filter((kind) => kind === 'arrive')).toHaveLength(6);
    expect(readFileSync(report, 'utf8')).toContain('windtunnel replay');
  });

  const capsule = readFileSync(CURED, 'utf8');
  test.each<[string, string | undefined, RegExp]>([
    ['is not there', undefined, /x\.json: no such file or directory$/m],
    ['is no JSON', 'once upon a time', /x\.json: is no JSON, /],
    ['is none', '{"kind":"flight"}', /x\.json: kind: /],
    ['is of another version', capsule.replace('"version": 1', '"version": 2'), /version: /],
    [
      'fits not together',
      capsule.replace(/"fn":"\w+"/, '"fn":"nobody"'),
      /plan\[0\]\.fn: the scenario has no function "nobody"$/m,
    ],
  ])('refuses a capsule that %s', async (_, text, message) => {
    const file = at('x.json');
    if (text !== undefined) writeFileSync(file, text);
    for (const command of ['replay', 'shrink']) {
      const ran = await windtunnel(command, file);
      expect([ran.code, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toMatch(message);
    }
    rmSync(file, { force: true });
  });
});

test('shrink has nothing to do with a capsule that fails no more', async () => {
  const ran = await windtunnel('shrink', CURED, '--out', at('small.json'));
  expect([ran.code, ran.stdout]).toEqual([1, '']);
  expect(ran.stderr).toMatch(/: does not fail as it did \("broken: time stands still: /);
  expect(readdirSync(folder)).not.toContain('small.json');
});

test('check, interrupted, ends its threads', async () => {
  const running = start(['check', '--seeds', '1..100000', '--capsules', at('none')]);
  await running.said('check swarm:');
  running.child.kill('SIGTERM');
  const ran = await running.done;
  expect([ran.code, ran.stdout]).toEqual([130, '']);
  expect(ran.stderr).toMatch(/^interrupted by SIGTERM$/m);
});
