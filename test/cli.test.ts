/** The program as its users meet it: outputs, exit codes, and every kind of bad input. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flightResult } from '../reports/result.js';
import { start, windtunnel } from './support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const SMALL = ['--set', 'calls=500'];

describe('run', () => {
  test('twice with one seed gives one digest; another seed another', async () => {
    const runs = await Promise.all(
      ['7', '7', '8'].map((seed) =>
        windtunnel(
          'run',
          'scenarios/steady.yaml',
          '--on',
          'sim',
          '--seed',
          seed,
          '--json',
          '-',
          ...SMALL,
        ),
      ),
    );
    const results = runs.map((ran) => flightResult.parse(JSON.parse(ran.stdout)));
    expect(runs.map((ran) => ran.code)).toEqual([0, 0, 0]);
    expect(results[0]?.digest).toBe(results[1]?.digest);
    expect(results[2]?.digest).not.toBe(results[0]?.digest);
    const { offered, ...outcomes } = results[0]?.calls ?? { offered: -1 };
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(offered);
  });

  test('the first flight meets its SLO, and misses it with retries off: exit 2, replay line', async () => {
    const flight = ['run', 'scenarios/first-flight.yaml', '--set', 'calls=3000'];
    const [met, missed] = await Promise.all([
      windtunnel(...flight),
      windtunnel(...flight, '--set', 'placement.retry=off'),
    ]);
    expect(met.code).toBe(0);
    expect(missed.code).toBe(2);
    expect(missed.stdout).toContain('SLO missed: okRatio');
    expect(missed.stdout.trim().split('\n').at(-1)).toBe(
      'replay: windtunnel run scenarios/first-flight.yaml --on sim --seed 1 --set calls=3000 --set placement.retry=off',
    );
  });

  test('several scenarios give an array, one report and one record', async () => {
    const out = (name: string): string => join(folder, 'made', 'here', name);
    const ran = await windtunnel(
      'run',
      'scenarios/steady.yaml',
      'scenarios/black-hole.yaml',
      ...SMALL,
      '--report',
      out('r.html'),
      '--json',
      out('r.json'),
      '--record',
      out('r.jsonl'),
    );
    expect(ran.code).toBe(0);
    const results = flightResult.array().parse(JSON.parse(readFileSync(out('r.json'), 'utf8')));
    expect(results.map((result) => result.scenario)).toEqual(['steady', 'black-hole']);
    expect(readFileSync(out('r.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    const lines = readFileSync(out('r.jsonl'), 'utf8').trim().split('\n');
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === 'flight')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'landed')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'end')).toHaveLength(1000);
    expect(readdirSync(join(folder, 'made', 'here')).sort()).toEqual([
      'r.html',
      'r.json',
      'r.jsonl',
    ]);
  });
});

describe('check', () => {
  test('has nothing to complain about, and says what it flew', async () => {
    const ran = await windtunnel('check', 'scenarios/black-hole.yaml', '--seeds', '1..3', ...SMALL);
    expect([ran.code, ran.stdout]).toEqual([
      0,
      'check black-hole: seeds 1..3, 1500 calls a twin, all laws hold, twins agree\n',
    ]);
    // Nothing but progress, where the machine is slow enough to make some.
    expect(ran.stderr).toMatch(/^(?:check black-hole: \d+ %, seed \d\n)*$/);
  });

  test('without a scenario flies one a seed, which draw prints', async () => {
    const ran = await windtunnel('check', '--seeds', '7..8');
    const [all, flown] = /seeds 7\.\.8, (\d+) calls/.exec(ran.stdout) ?? [];
    expect([ran.code, ran.stdout]).toEqual([
      0,
      `check swarm: ${all} a twin, all laws hold, twins agree\n`,
    ]);
    const file = join(folder, 'drawn.yaml');
    const calls = await Promise.all(
      ['7', '8'].map(async (seed) => {
        const own = file.replace('drawn', `drawn-${seed}`);
        writeFileSync(own, (await windtunnel('draw', seed)).stdout);
        const again = await windtunnel('check', own, '--seeds', seed);
        return Number(/, (\d+) calls/.exec(again.stdout)?.[1]);
      }),
    );
    expect(calls.reduce((a, b) => a + b)).toBe(Number(flown));
  });

  test('begins no seed when its time is up, and says so', async () => {
    const ran = await windtunnel('check', '--seeds', '1..1000000', '--time', '0.001');
    expect([ran.code, ran.stdout]).toEqual([
      0,
      expect.stringMatching(/seeds 1\.\.1, .*, time is up: 999999 seeds not flown\n$/),
    ]);
  });
});

describe('check, interrupted', () => {
  test('ends within a seed, however long that takes to fly', async () => {
    const running = start(['check', 'scenarios/saturation.yaml', '--set', 'calls=1000000']);
    await running.said('check saturation:');
    running.child.kill('SIGINT');
    const ran = await running.done;
    expect([ran.code, ran.stdout]).toEqual([130, '']);
    expect(ran.stderr).toMatch(/^interrupted by SIGINT$/m);
  });
});

describe('scenario files', () => {
  test('validate says what would fly', async () => {
    const ran = await windtunnel('validate', 'scenarios/steady.yaml', 'scenarios/saturation.yaml');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('scenarios/steady.yaml: ok, steady: 24 000 calls');
  });

  test('schema prints what the editors of shipped scenarios use', async () => {
    const ran = await windtunnel('schema');
    expect(ran.stdout).toBe(readFileSync('scenarios/schema.json', 'utf8'));
  });

  test('new writes one that flies, and never over another', async () => {
    const path = join(folder, 'mine.yaml');
    expect((await windtunnel('new', path)).code).toBe(0);
    expect((await windtunnel('run', path, ...SMALL)).code).toBe(0);
    const again = await windtunnel('new', path);
    expect([again.code, again.stderr]).toEqual([1, `${path}: exists already\n`]);
  });
});

describe('bad input is one line that names the place, exit 1, and nothing is written', () => {
  const steady = 'scenarios/steady.yaml';
  const cases: readonly (readonly [string, () => string[], RegExp])[] = [
    [
      'a missing file',
      () => ['run', 'nowhere.yaml'],
      /^nowhere\.yaml: no such file or directory\n$/,
    ],
    ['a folder', () => ['run', 'scenarios'], /^scenarios: is a directory\n$/],
    ['bad YAML', () => ['run', file('bad.yaml', 'version: 1\nname: [a\n')], /bad\.yaml:\d+:\d+: /],
    [
      'an unknown key',
      () => ['run', file('key.yaml', 'version: 1\nname: a\ncals: 3\n')],
      /key\.yaml:3:1: cals: unknown key, did you mean "calls"\?\n/,
    ],
    [
      'an impossible value',
      () => ['run', steady, '--set', 'calls=-4'],
      /^--set calls=-4: calls: .*\n$/,
    ],
    [
      'an unknown path in --set',
      () => ['run', steady, '--set', 'placement.retrie=off'],
      /^--set placement\.retrie=off: .*did you mean "retry"\?\n$/,
    ],
    [
      'an unknown SLO metric',
      () => ['run', steady, '--set', 'slo=[{metric: latencyMs.p98, max: 3}]'],
      /did you mean "latencyMs\.p9/,
    ],
    [
      'an unknown placer',
      () => ['run', steady, '--placer', 'nave'],
      /^--placer nave: unknown placer/,
    ],
    [
      'an unwritable report',
      () => ['run', steady, '--report', join(file('plain', ''), 'r.html')],
      /^--report .*plain\/r\.html: cannot write, a part of the path is a file\n$/,
    ],
    [
      'a report to stdout',
      () => ['run', steady, '--report', '-'],
      /^--report -: only --json can go to stdout\n$/,
    ],
    [
      'one file for two outputs',
      () => ['run', steady, '--report', join(folder, 'x'), '--json', join(folder, 'x')],
      /x: two outputs have the same file\n$/,
    ],
    [
      'a folder as report',
      () => ['run', steady, '--report', folder],
      /cannot write, is a directory\n$/,
    ],
    [
      '--runners in the simulator',
      () => ['run', steady, '--runners', 'a:1'],
      /^--runners: needs --on grpc\n$/,
    ],
    [
      '--runners without a port',
      () => ['run', steady, '--on', 'grpc', '--runners', 'host'],
      /"host" is not host:port/,
    ],
    ['a seed that is none', () => ['run', steady, '--seed', 'x'], /not a whole number from 0 up/],
    [
      'seeds that are no range',
      () => ['check', steady, '--seeds', '9..1'],
      /not a range such as 1\.\.20/,
    ],
    ['a time that is none', () => ['check', '--time', '0'], /not a number of seconds above 0/],
    ['--set of no scenario', () => ['check', '--set', 'calls=1'], /--set needs a scenario/],
    ['an unknown command', () => ['fly'], /unknown command 'fly'/],
    [
      'an unknown option',
      () => ['run', steady, '--sed', '1'],
      /^error: unknown option '--sed' \(Did you mean one of --seed, --set\?\)\n$/,
    ],
    [
      'a device without an end',
      () => ['run', '/dev/zero'],
      /^\/dev\/zero: more than 1048576 bytes are too many for a scenario\n$/,
    ],
    [
      'a name of two lines',
      () => ['run', 'no\nwhere'],
      /^no\\nwhere: no such file or directory\n$/,
    ],
    ['a list of no placers', () => ['run', steady, '--placer', ','], /names no placer\.\n$/],
    ['no scenario', () => ['run'], /missing required argument 'scenario'/],
  ];
  test.each(cases)('%s', async (_name, args, message) => {
    const ran = await windtunnel(...args());
    expect(ran.stderr).toMatch(message);
    expect(ran.stdout).toBe('');
    expect(ran.code).toBe(1);
  });

  test('an unreachable runner is named', async () => {
    const out = join(folder, 'none.html');
    const ran = await windtunnel(
      'run',
      steady,
      '--on',
      'grpc',
      '--runners',
      '127.0.0.1:1',
      '--report',
      out,
    );
    expect(ran.stderr).toBe('--runners 127.0.0.1:1: not reachable within 5 s\n');
    expect(ran.code).toBe(1);
    expect(existsSync(out)).toBe(false);
  });
});

describe('the program itself', () => {
  test('without a command it explains itself, and that is a failure', async () => {
    const ran = await windtunnel();
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toBe((await windtunnel('--help')).stdout);
  });

  test('--version and --help', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await windtunnel('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await windtunnel('--help');
    expect(help.code).toBe(0);
    for (const word of ['run', 'check', 'draw', 'validate', 'schema', 'new', 'Exit codes']) {
      expect(help.stdout).toContain(word);
    }
  });
});
