/** Where the program writes: whole or not at all, over nothing that is no file, never a part. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flightResult } from '../../reports/result.js';
import { inShell, start, windtunnel } from '../support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-outputs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const steady = 'scenarios/steady.yaml';
const SMALL = ['--set', 'calls=500'];

describe('an output that cannot be', () => {
  test.each([
    ['a name of nothing', '', /^--report '': cannot write, that is no file name\n$/],
    ['a folder to be', 'new/', /^--report \S*new\/: cannot write, is a directory\n$/],
    ['stdout', '-', /^--report -: only --json can go to stdout\n$/],
    ['a folder', '.', /^--report \S*: cannot write, is a directory\n$/],
    ['a part that is a file', 'plain/r.html', /: cannot write, a part of the path is a file\n$/],
  ])('%s: one line, exit 1, nothing made', async (_what, name, message) => {
    const home = mkdtempSync(join(folder, 'home-'));
    writeFileSync(join(home, 'plain'), '');
    const path = name === '' || name === '-' ? name : join(home, name);
    const ran = await windtunnel('run', steady, '--report', path);
    expect(ran.stderr).toMatch(message);
    expect([ran.code, ran.stdout, readdirSync(home)]).toEqual([1, '', ['plain']]);
  });

  // Node's own recursive mkdir never returns from this one.
  test.skipIf(process.platform !== 'linux')(
    'a folder of the system: one line, at once',
    async () => {
      for (const name of ['/proc/x/r.html', '/proc/self/x/y/r.html']) {
        const ran = await windtunnel('run', steady, '--report', name);
        expect(ran.stderr).toMatch(/^--report \S+: cannot write, no such file or directory\n$/);
        expect([ran.code, ran.stdout]).toEqual([1, '']);
      }
    },
  );

  test('anything, where the working directory is gone', async () => {
    const gone = mkdtempSync(join(folder, 'gone-'));
    const [here, scenario] = [process.cwd(), join(process.cwd(), steady)];
    const ran = await inShell(
      `program="${here}/dist/cli/index.js"; cd "${gone}"; rmdir "${gone}"; set -- "$1" "$program" run "${scenario}" --report a/r.html`,
    );
    expect(ran.stderr).toMatch(/^--report a\/r\.html: cannot write, no such file or directory\n$/);
    expect(ran.code).toBe(1);
  });

  test('takes with it the folders that were made for the others', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const good = join(home, 'a', 'b', 'r.html');
    const bad = join(home, 'a', 'c') + '/';
    const ran = await windtunnel('run', steady, '--report', good, '--json', bad);
    expect([ran.code, readdirSync(home)]).toEqual([1, []]);
  });

  test('a pipe is not replaced by a file, and a link keeps its target', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const refused = await windtunnel('run', steady, '--json', pipe);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `--json ${pipe}: cannot write, is not a regular file\n`,
    ]);
    expect(statSync(pipe).isFIFO()).toBe(true);
    const target = file('target.json', 'old');
    symlinkSync(target, join(folder, 'link.json'));
    await windtunnel('run', steady, ...SMALL, '--json', join(folder, 'link.json'));
    expect(readFileSync(target, 'utf8')).toContain('"scenario": "steady"');
  });

  test('an output does not replace the scenario it comes from, under whatever name', async () => {
    const own = file('own.yaml', readFileSync(steady, 'utf8'));
    symlinkSync(own, join(folder, 'own-link.yaml'));
    for (const output of [own, join(folder, 'own-link.yaml')]) {
      const ran = await windtunnel('run', own, '--json', output);
      expect([ran.code, ran.stderr]).toEqual([1, `${own}: an output would replace the scenario\n`]);
    }
  });

  test('a file that was there before is kept when the run fails', async () => {
    mkdirSync(join(folder, 'keep'));
    const kept = file('keep/r.html', 'old');
    await windtunnel('run', steady, '--set', 'calls=0', '--report', kept);
    expect(readFileSync(kept, 'utf8')).toBe('old');
    expect(readdirSync(join(folder, 'keep'))).toEqual(['r.html']);
  });
});

describe('no room', () => {
  // A limit on the size of files cuts a write short before it refuses one, as a full disk does.
  const TOO_LARGE = 'cannot write, the file would be larger than is allowed';

  test.each(['--report', '--record', '--json', '--trace'])(
    'for %s: nothing half-written',
    async (option) => {
      const home = mkdtempSync(join(folder, 'home-'));
      const kept = join(home, 'out');
      writeFileSync(kept, 'old');
      const ran = await inShell('ulimit -f 1', 'run', steady, ...SMALL, option, kept);
      expect([ran.code, ran.stderr]).toEqual([1, `${option} ${kept}: ${TOO_LARGE}\n`]);
      expect([readdirSync(home), readFileSync(kept, 'utf8')]).toEqual([['out'], 'old']);
    },
  );

  test("for an executors' log: the flight is inconclusive, at once", async () => {
    const ran = await inShell('ulimit -f 1', 'run', steady, '--on', 'grpc', ...SMALL);
    expect(ran.code).toBe(7);
    expect(ran.stderr).toMatch(/^runner r\d: cannot write its log, the file would be larger/m);
    expect(ran.stderr).toMatch(/^runner r\d ended by itself: exit code 1$/m);
  });

  test('for sockets: calls that the balancer never saw make the flight inconclusive', async () => {
    const text = `version: 1
name: many
calls: 400
arrivals: { kind: constant, rate: 4000/s }
functions: { a: { service: 2s } }
fleet: [{ name: r, count: 1, slots: 1000 }]
`;
    const ran = await inShell('ulimit -n 200', 'run', file('many.yaml', text), '--on', 'grpc');
    expect(ran.stderr).toMatch(
      /^\d+ of \d+ calls were cut before they reached the balancer: no so/,
    );
    expect(ran.code).toBe(7);
  });

  test('for temporary files: the place is named', async () => {
    const running = start(['run', steady, '--on', 'grpc'], { TMPDIR: join(folder, 'nowhere') });
    const ran = await running.done;
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe(
      `${join(folder, 'nowhere')}: no folder can be made there, no such file or directory\n`,
    );
  });

  // Only Linux has a device that is always full.
  test.skipIf(!existsSync('/dev/full'))('for what goes to stdout: one line, exit 1', async () => {
    const ran = await inShell('exec >/dev/full', 'run', steady, ...SMALL, '--json', '-');
    expect(ran.code).toBe(1);
    expect(ran.stderr.trim().split('\n').at(-1)).toBe('stdout: cannot write, no space left');
  });
});

describe('a reader that stops', () => {
  test('ends nothing but the output: the flight lands and writes its files', async () => {
    const out = join(folder, 'piped.json');
    const running = start(['run', steady, ...SMALL, '--json', out]);
    running.child.stdout?.destroy();
    const ran = await running.done;
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(flightResult.parse(JSON.parse(readFileSync(out, 'utf8'))).calls.ok).toBe(500);
  });
});
