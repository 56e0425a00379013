/** The runner processes of a gRPC flight: started, hurt for real, and gone when it is over. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorLine } from '../core/index.js';
import type { Bend } from '../sim/index.js';
import { CliError, EXIT, reason } from './exit.js';
import { quoted } from './header.js';
import { packageRoot } from './package.js';
import type { Interrupt } from './interrupt.js';
import type { RunnerConfig, RunnerOrder, RunnerReport } from './runner-process.js';

export interface Fleet {
  /** Where a runner listens, `host:port`. */
  address(id: string): string;
  /** kill -9. */
  kill(id: string): void;
  /** A new process at the same port. */
  restart(id: string): Promise<void>;
  /** SIGSTOP, until `resume`. A stopped runner that is killed and restarted is not stopped. */
  pause(id: string): void;
  /** SIGCONT. */
  resume(id: string): void;
  /** Changes how a runner is bent, now and over its restarts. */
  bend(id: string, change: (bend: Bend) => Bend): void;
  /** Resets the streams that are open on it. */
  reset(id: string): void;
  /** Runners that ended though nobody killed them, one line each. */
  trouble(): string[];
  /** Kills every process and waits until it is gone. Idempotent. */
  stop(): Promise<void>;
  /** All that the executors wrote, runner by runner. */
  log(): Generator<ExecutorLine>;
  /** Stops, and removes the log. */
  dispose(): Promise<void>;
}

/** A runner process takes about 60 MB and a third of a second of a core to start. */
const RUNNERS_MAX = 64;

/** How long a runner process may take to listen: many start at once on few cores. */
const START_MS = 30_000;

type Common = Omit<RunnerConfig, 'runner' | 'port' | 'logFile' | 'bend'>;

export async function startFleet(
  runners: readonly RunnerConfig['runner'][],
  common: Common,
  interrupt: Interrupt,
): Promise<Fleet> {
  if (runners.length > RUNNERS_MAX) {
    const problem = `${runners.length} runners are too many processes for --on grpc, most ${RUNNERS_MAX}`;
    throw new CliError([problem]);
  }
  const folder = createFolder();
  const children = new Map<string, ChildProcess>();
  const ports = new Map<string, number>();
  const killed = new Set<ChildProcess>();
  const guards = new Map<string, ChildProcess>();
  const bends = new Map<string, Bend>();
  const bendOf = (id: string): Bend => bends.get(id) ?? { slow: 1, addUs: 0, nack: 0 };
  const order = (id: string, what: RunnerOrder): void => {
    const child = children.get(id);
    if (child?.connected === true) child.send(what);
  };
  const trouble: string[] = [];
  const logFile = (id: string): string => join(folder, `${id.replace(/[^\w.-]/g, '_')}.jsonl`);
  let stopping: Promise<void> | undefined;

  const start = async (runner: RunnerConfig['runner']): Promise<void> => {
    const { id } = runner;
    if (stopping !== undefined) return;
    // On a late machine two crashes can come before the first restart: one is enough then.
    const before = children.get(id);
    if (before !== undefined && !killed.has(before) && !isGone(before)) return;
    const child = fork(join(packageRoot, 'dist/cli/runner-process.js'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    children.set(id, child);
    const port = ports.get(id) ?? 0;
    const own = { runner, port, logFile: logFile(id), bend: bendOf(id) };
    child.send({ kind: 'start', config: { ...common, ...own } });
    const at = await listening(child, id, () => killed.has(child));
    // Killed while it came up: whoever killed it starts it again, or wants it gone.
    if (at === undefined) return;
    ports.set(id, at);
    // Orders that came while it was starting found nobody.
    order(id, { kind: 'bend', bend: bendOf(id) });
    child.once('exit', (code, signal) => {
      if (stopping !== undefined || killed.has(child)) return;
      trouble.push(`runner ${id} ended by itself: ${signal ?? `exit code ${code}`}`);
    });
  };

  const stop = (): Promise<void> => {
    stopping ??= Promise.all([...children.values()].map(gone)).then(() => undefined);
    return stopping;
  };

  /** Lets go of the guard of a stopped runner, once it needs none. */
  const unguard = (id: string): void => {
    guards.get(id)?.kill('SIGKILL');
    guards.delete(id);
  };

  /** What can be done in an instant, for a program that has no other left. */
  const abandon = (): void => {
    for (const child of children.values()) child.kill('SIGKILL');
    for (const id of [...guards.keys()]) unguard(id);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);

  const dispose = async (): Promise<void> => {
    await stop();
    abandon();
    process.off('exit', abandon);
  };

  const deaf = interrupt.on(() => void stop());
  try {
    // Two at a time for each core or so: starting all at once would only time out together.
    for (let at = 0; at < runners.length; at += 4) {
      interrupt.check();
      await Promise.all(runners.slice(at, at + 4).map(start));
    }
    interrupt.check();
  } catch (error) {
    await dispose();
    // What a signal broke is the signal's.
    interrupt.check();
    throw error;
  } finally {
    deaf();
  }

  return {
    address: (id) => `127.0.0.1:${ports.get(id)}`,
    kill(id) {
      const child = children.get(id);
      if (child === undefined) return;
      killed.add(child);
      child.kill('SIGKILL');
      unguard(id);
    },
    async restart(id) {
      const runner = runners.find((one) => one.id === id);
      if (runner !== undefined) await start(runner);
    },
    pause(id) {
      const child = children.get(id);
      if (child?.pid === undefined || isGone(child) || guards.has(id)) return;
      guards.set(id, guard(child.pid));
      child.kill('SIGSTOP');
    },
    resume(id) {
      children.get(id)?.kill('SIGCONT');
      unguard(id);
    },
    bend(id, change) {
      bends.set(id, change(bendOf(id)));
      order(id, { kind: 'bend', bend: bendOf(id) });
    },
    reset: (id) => order(id, { kind: 'reset' }),
    trouble: () => trouble,
    stop,
    *log() {
      for (const { id } of runners) yield* linesOf(logFile(id));
    },
    dispose,
  };
}

/** The port a runner process listens at; undefined if it was killed before it did. */
function listening(
  child: ChildProcess,
  id: string,
  wasKilled: () => boolean,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new CliError([`runner ${id} did not start: ${why}`], EXIT.internal));
    };
    const timer = setTimeout(() => fail(`no word within ${START_MS / 1000} s`), START_MS);
    const ended = (): void => {
      if (!wasKilled()) return fail('its process ended');
      clearTimeout(timer);
      resolve(undefined);
    };
    child.once('exit', ended);
    child.once('error', (error) => fail(error.message));
    child.once('message', (report: RunnerReport) => {
      if (report.kind === 'failed') return fail(report.why);
      clearTimeout(timer);
      // Only this one: whoever stops the runner waits for its end as well.
      child.off('exit', ended);
      resolve(report.port);
    });
  });
}

function createFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'windtunnel-'));
  } catch (error) {
    throw new CliError([`${quoted(tmpdir())}: no folder can be made there, ${reason(error)}`]);
  }
}

/**
 * A shell that outlives us if we are killed, and then kills the runner: a stopped process does not
 * notice by itself that the one that would wake it is gone.
 */
function guard(pid: number): ChildProcess {
  const script = 'trap "" INT HUP TERM; read word || kill -KILL "$0"';
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  // Where there is no shell there is no guard, and the flight is none the worse.
  return spawn('/bin/sh', ['-c', script, String(pid)], { stdio: [...stdio] }).on('error', () => {});
}

const isGone = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** Kills a process, stopped or not, and waits for its end. */
function gone(child: ChildProcess): Promise<void> {
  if (isGone(child)) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function linesOf(file: string): ExecutorLine[] {
  const text = readFileSync(file, 'utf8');
  // A killed process may leave a line half-written: that function had not started yet.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExecutorLine);
}
