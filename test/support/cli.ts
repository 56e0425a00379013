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
  /** Resolves once stdout holds the text; rejects if the program ends before. */
  said(text: string): Promise<void>;
}

/** In the environment of all that this test's process starts, and of what that starts. */
const MARK = `WINDTUNNEL_TEST=${process.pid}`;

export function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, ['dist/cli/index.js', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WINDTUNNEL_TEST: String(process.pid) },
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const done = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes(text)) resolve();
      };
      waiting.add(look);
      void done.then(() =>
        reject(new Error(`ended without saying "${text}":\n${stdout}${stderr}`)),
      );
      look();
    });
  return { child, done, said };
}

export const windtunnel = (...args: string[]): Promise<Ran> => start(args).done;

/**
 * Pids of runner processes that flights of this test's process started and that are still there.
 * Other tests fly at the same time: theirs do not count. Reads /proc, so it is for Linux.
 */
export function runnersLeft(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!command.includes('dist/cli/runner-process')) return false;
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(MARK);
    } catch {
      // It ended while it was looked at.
      return false;
    }
  });
}
