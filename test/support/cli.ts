/** Runs the built program as its users do: another process, its output and its exit code. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;
  /** Resolves once its output holds the text; rejects if the program ends before. */
  said(text: string): Promise<void>;
  /** All that it has written until now. */
  stdout(): string;
  stderr(): string;
}

/** In the environment of all that this test's process starts, and of what that starts. */
const MARK = `WINDTUNNEL_TEST=${process.pid}`;

const PROGRAM = [process.execPath, 'dist/cli/index.js'];

export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return follow([...PROGRAM, ...args], env);
}

/** The program in a shell: `before` is what the shell does first, such as setting a limit. */
export function inShell(before: string, ...args: string[]): Promise<Ran> {
  return follow(['/bin/sh', '-c', `${before}; exec "$@"`, 'sh', ...PROGRAM, ...args], {}).done;
}

function follow([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, WINDTUNNEL_TEST: String(process.pid) },
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of waiting) look();
  });
  const done = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      waiting.add(look);
      void done.then(() =>
        reject(new Error(`ended without saying "${text}":\n${stdout}${stderr}`)),
      );
      look();
    });
  return { child, done, said, stdout: () => stdout, stderr: () => stderr };
}

export const windtunnel = (...args: string[]): Promise<Ran> => start(args).done;

/** Pids of runner processes, of those in `processesLeft`. */
export const runnersLeft = (): string[] =>
  processesLeft().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/cli/runner-process');
    } catch {
      return false;
    }
  });

/**
 * Pids of all that runs of this test's process started and that is still there. Other tests fly at
 * the same time: theirs do not count. Reads /proc, so it is for Linux.
 */
export function processesLeft(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(MARK);
    } catch {
      // It ended while it was looked at.
      return false;
    }
  });
}

/** Bytes of memory of a process: now (`VmRSS`), or the most it ever had. Reads /proc: for Linux. */
export function memoryOf(pid: number | undefined, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
