/**
 * What a gRPC flight leaves behind, however it ends: no process, stopped or not, no folder, no file
 * half-written. Real signals at real processes.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesLeft, runnersLeft, start, windtunnel, type Running } from '../support/cli.js';

let folder = '';
let scenario = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-left-'));
  scenario = join(folder, 'long.yaml');
  writeFileSync(scenario, `version: 1\nname: long\n${LONG}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A minute of flight over two runners, one of them stopped from the first moment on. */
const LONG = `calls: 6000
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 50ms } }
fleet: [{ name: r, count: 2, slots: 16 }]
faults: [{ kind: pause, at: 0ms, runner: r2 }]
`;

interface Flight extends Running {
  /** The folder of all that it writes, temporary or not. */
  readonly home: string;
}

let flights = 0;

/** Kills that take a while, as on a machine that has other things to do just then. */
const SLOW_KILLS = `import { ChildProcess } from 'node:child_process';
const { kill } = ChildProcess.prototype;
ChildProcess.prototype.kill = function (signal) {
  for (const until = Date.now() + 400; Date.now() < until; );
  return kill.call(this, signal);
};`;

function fly(...args: string[]): Flight {
  return flyWith({}, ...args);
}

function flyWith(env: NodeJS.ProcessEnv, ...args: string[]): Flight {
  const home = join(folder, `home-${flights++}`);
  mkdirSync(home);
  const out = (name: string): string => join(home, 'out', name);
  const outputs = ['--report', out('r.html'), '--record', out('r.jsonl'), '--json', out('r.json')];
  const all = ['run', scenario, '--on', 'grpc', ...outputs, ...args];
  return { ...start(all, { ...env, TMPDIR: home }), home };
}

/** A runner is stopped: the fault of the scenario has come. */
const oneIsStopped = (): boolean =>
  runnersLeft().some((pid) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));

/** As Ctrl-C does at a terminal: everything that runs gets the signal. */
function interruptAll(): void {
  for (const pid of processesLeft()) {
    try {
      process.kill(Number(pid), 'SIGINT');
    } catch {
      // It has ended meanwhile.
    }
  }
}

// Without /proc nobody can say which processes are whose.
describe.skipIf(process.platform !== 'linux')('nothing is left behind', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s in flight', async (signal) => {
    const flight = fly();
    await expect.poll(oneIsStopped, { timeout: 60_000 }).toBe(true);
    expect(runnersLeft()).toHaveLength(2);
    flight.child.kill(signal);
    const ran = await flight.done;
    expect([ran.code, ran.stderr]).toEqual([130, `interrupted by ${signal}\n`]);
    expect([processesLeft(), readdirSync(flight.home)]).toEqual([[], []]);
  });

  test('after a second signal, for somebody who cannot wait', async () => {
    const flight = fly();
    await expect.poll(oneIsStopped, { timeout: 60_000 }).toBe(true);
    flight.child.kill('SIGINT');
    flight.child.kill('SIGTERM');
    expect((await flight.done).code).toBe(130);
    expect(readdirSync(flight.home)).toEqual([]);
    await expect.poll(processesLeft, { timeout: 10_000 }).toEqual([]);
  });

  test('after SIGINT at any moment from its start to its first calls', async () => {
    const delays = Array.from({ length: 10 }, (_, index) => 160 * (index + 1));
    for (const [index, delay] of delays.entries()) {
      const flight = fly();
      await after(delay);
      if (index % 2 === 0) flight.child.kill('SIGINT');
      else interruptAll();
      const ran = await flight.done;
      // Before the program has read a line of itself a signal just ends it.
      const early = ran.code === null && ran.stdout === '';
      const told = [delay, 130, 'interrupted by SIGINT\n'];
      if (!early) expect([delay, ran.code, ran.stderr]).toEqual(told);
      expect([delay, processesLeft(), readdirSync(flight.home)]).toEqual([delay, [], []]);
    }
  });

  test('after SIGINT while its runners come up, though it is slow to kill them', async () => {
    const shim = join(folder, 'slow-kills.mjs');
    writeFileSync(shim, SLOW_KILLS);
    for (const delay of [500, 700, 900, 1200]) {
      const flight = flyWith({ NODE_OPTIONS: `--import=${shim}` });
      await after(delay);
      flight.child.kill('SIGINT');
      const ran = await flight.done;
      const early = ran.code === null && ran.stdout === '';
      if (!early)
        expect([delay, ran.code, ran.stderr]).toEqual([delay, 130, 'interrupted by SIGINT\n']);
      expect([delay, processesLeft(), readdirSync(flight.home)]).toEqual([delay, [], []]);
    }
  });

  test('after SIGINT while it looks for runners that are not there', async () => {
    const flight = fly('--runners', '127.0.0.1:1');
    await flight.said('the latency of loopback');
    flight.child.kill('SIGINT');
    const ran = await flight.done;
    expect([ran.code, ran.stderr]).toEqual([130, 'interrupted by SIGINT\n']);
    expect(readdirSync(flight.home)).toEqual([]);
  });

  test('after the program itself is killed: not even a runner that is stopped', async () => {
    const flight = fly();
    await expect.poll(oneIsStopped, { timeout: 60_000 }).toBe(true);
    flight.child.kill('SIGKILL');
    await flight.done;
    // The runners end when their channel to it does: soon, but not within the same instant.
    await expect.poll(processesLeft, { timeout: 10_000 }).toEqual([]);
    for (const name of ['r.html', 'r.jsonl', 'r.json']) {
      expect(existsSync(join(flight.home, 'out', name))).toBe(false);
    }
  });

  test('more runners than a machine can start are refused before any is', async () => {
    const ran = await windtunnel('run', scenario, '--on', 'grpc', '--set', 'fleet[0].count=500');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('500 runners are too many processes');
    expect(processesLeft()).toEqual([]);
  });
});
