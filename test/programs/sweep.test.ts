/** `sweep` and `merge` from outside: shards, merged, are the whole to the byte; others are not. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start, windtunnel } from '../support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-sweep-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SWEEP = [
  ...['sweep', 'scenarios/steady.yaml', 'scenarios/black-hole.yaml', '--set', 'calls=300'],
  ...['--over', 'placement.placer=p2c,least', '--over', 'network.roundTrip=1ms,5ms'],
];
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

describe('a sweep', () => {
  test('in parts, merged in any order, is the sweep in one, whatever the threads', async () => {
    const out = (name: string): string[] => ['--seeds', '1..3', '--out', at(name)];
    const whole = await windtunnel(...SWEEP, ...out('whole'), '--csv', at('csv'), '--jobs', '2');
    const parts = await Promise.all(
      [1, 2, 3].map((k) =>
        windtunnel(...SWEEP, ...out(`part${k}`), '--shard', `${k}/3`, '--jobs', '1'),
      ),
    );
    expect([whole, ...parts].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const merged = await windtunnel(
      'merge',
      ...[3, 1, 2].map((k) => at(`part${k}`)),
      '--out',
      at('m'),
    );
    expect([merged.code, merged.stdout]).toEqual([0, `merge: 24 rows in ${at('m')}\n`]);
    expect(read('m')).toBe(read('whole'));
    // A line for each scenario and combination, and all that was measured in the files.
    expect(whole.stdout).toMatch(
      /^steady placement\.placer=p2c network\.roundTrip=1ms +3 +100\.00( +[\d.]+){4} +0$/m,
    );
    const rows = read('whole').trimEnd().split('\n').slice(1);
    expect(rows.map((row) => (JSON.parse(row) as { index: number }).index)).toEqual(
      rows.map((_, index) => index),
    );
    const table = read('csv').trimEnd().split('\n');
    expect(table).toHaveLength(25);
    expect(table[0]).toMatch(
      /^scenario,placement\.placer,network\.roundTrip,seed,complaints,calls/,
    );
    expect(table[1]).toMatch(/^steady,p2c,1ms,1,0,300,/);
  });

  test('takes values with commas in brackets as one', async () => {
    const ran = await windtunnel(
      ...['sweep', 'scenarios/steady.yaml', '--set', 'calls=50', '--seeds', '1', '--out', at('b')],
      ...[
        '--over',
        'functions.hello.service={kind: uniform, min: 1ms, max: 2ms},{kind: constant, value: 1ms}',
      ],
    );
    expect(ran.stderr).toBe('');
    expect(read('b').split('\n')).toHaveLength(1 + 2 + 1);
  });

  test('that misses a limit ends with its code, with one line to fly it again', async () => {
    const ran = await windtunnel(
      ...['sweep', 'scenarios/steady.yaml', '--set', 'calls=50', '--seeds', '1', '--out', at('s')],
      ...['--set', 'slo=[{ metric: latencyMs.p50, max: 0.1 }]'],
    );
    expect(ran.code).toBe(2);
  });

  test('that is interrupted leaves nothing', async () => {
    const before = readdirSync(folder).sort();
    const args = ['sweep', 'scenarios/saturation.yaml', '--seeds', '1..1000', '--out', at('i')];
    const running = start(args);
    await running.said('sweep:');
    running.child.kill('SIGINT');
    const ran = await running.done;
    expect([ran.code, ran.stdout]).toEqual([130, '']);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      'a path that is none',
      ['--over', 'placement.placr=p2c'],
      /unknown key.*did you mean "placer"/s,
    ],
    ['a value that is none', ['--over', 'placement.placer=p2c,p3c'], /"p3c"/],
    ['no values', ['--over', 'placement.placer='], /not path=value,value/],
    ['a path twice', ['--over', 'calls=1,2', '--over', 'calls=3'], /--over calls: given twice/],
    ['a value twice', ['--over', 'calls=1,1'], /the value 1 is there twice/],
    ['a shard that is none', ['--shard', '3/2'], /not k\/n with k from 1 to n/],
    [
      'too many flights',
      ['--seeds', '1..999999', '--over', 'calls=1,2'],
      /1999998 flights, at most/,
    ],
    [
      'an output that cannot be',
      ['--out', '/proc/nowhere/x'],
      /--out \/proc\/nowhere\/x: cannot write/,
    ],
  ])('says what is wrong with %s, before anything flies', async (_, args, message) => {
    const ran = await windtunnel('sweep', 'scenarios/steady.yaml', '--out', at('x'), ...args);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(message);
  });
});

describe('merge', () => {
  const SMALL = ['sweep', 'scenarios/steady.yaml', '--set', 'calls=50', '--seeds', '1..4'];
  beforeAll(async () => {
    for (const k of [1, 2]) {
      await windtunnel(...SMALL, '--shard', `${k}/2`, '--out', at(`two${k}`));
    }
    await windtunnel(...SMALL, '--set', 'calls=51', '--shard', '2/2', '--out', at('other'));
    const lines = read('two2').trimEnd().split('\n');
    const changed = lines.map((line) => line.replace('"violations":0', '"violations":1'));
    writeFileSync(at('changed'), `${changed.join('\n')}\n`);
    writeFileSync(at('cut'), read('two2').slice(0, -10));
    writeFileSync(at('no-row'), `${lines[0]}\n{"index":1}\n`);
    writeFileSync(at('empty'), '');
  });

  test.each<[string, readonly string[], RegExp]>([
    ['a part is missing', ['two1'], /^rows are missing: 1, 3$/m],
    [
      'a part is of another sweep',
      ['two1', 'other'],
      /other: of another sweep than .*"sets" differs/,
    ],
    ['two parts disagree', ['two1', 'two2', 'changed'], /changed: row 1 is another one in .*two2/],
    ['a part is cut short', ['two1', 'cut'], /cut:\d+: the last line is cut short/],
    ['a line is no row', ['two1', 'no-row'], /no-row:2: no row of a sweep/],
    ['a file is empty', ['empty'], /empty: is empty/],
    ['a file is not there', ['two1', 'nobody'], /nobody: no such file or directory/],
    ['a file is no sweep', ['../package.json'], /:1: is no JSON|no header of a sweep|no such file/],
  ])('refuses where %s', async (_, files, message) => {
    const ran = await windtunnel('merge', ...files.map(at), '--out', at('refused'));
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(message);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  test('takes a part twice', async () => {
    const ran = await windtunnel('merge', at('two1'), at('two2'), at('two1'), '--out', at('twice'));
    expect(ran.code).toBe(0);
  });
});
