/**
 * Functions that are a command of the shell: a process a call, the request's body on its stdin, its
 * stdout as the answer. Each has a process group of its own, which is killed as a whole.
 *
 * In its environment: FN_CALL_ID, FN_METHOD and FN_REQUEST_URL. Exit code 0 is a success (status
 * 200, also without output); anything else is a failure with 502 and the end of its stderr.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Finished } from '../../core/index.js';
import type { Offer } from '../../proto/index.js';
import { textOf } from '../exit.js';
import { DONE, failed, NOT_NOW, STOPPED, type FunctionKind, type Told } from './function-kind.js';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Of what a command wrote to stderr: enough for its last words. */
const STDERR_TAIL_BYTES = 1024;

export function createCommandFunction(command: string): FunctionKind {
  /** Leaders of the process groups that may still run. */
  const groups = new Set<number>();
  return {
    words: `command ${JSON.stringify(command)}`,
    run(offer, told) {
      if (!told.begin()) {
        told.end(NOT_NOW);
        return () => undefined;
      }
      let child: Child;
      try {
        child = start(command, offer);
      } catch (thrown) {
        told.end(failed(502, `cannot start the command: ${textOf(thrown)}`));
        return () => undefined;
      }
      child.once('error', (error) => told.end(failed(502, `the command: ${error.message}`)));
      const { pid } = child;
      // The error that says why follows; there may not even be pipes.
      if (pid === undefined) return () => undefined;
      groups.add(pid);
      child.once('exit', () => {
        groups.delete(pid);
        // What it left running in the background ends with it.
        killGroup(pid);
      });
      return follow(child, pid, offer, told);
    },
    close() {
      for (const pid of groups) killGroup(pid);
    },
  };
}

/** Throws where the environment cannot hold what came off the wire. */
function start(command: string, { model }: Offer): Child {
  return spawn(command, {
    shell: true,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FN_CALL_ID: model.id,
      FN_METHOD: model.method,
      FN_REQUEST_URL: model.url,
    },
  });
}

/** Pipes a process that runs, until it and its pipes have ended. Returns how to stop it. */
function follow(child: Child, pid: number, { body, valve }: Offer, told: Told): () => void {
  const { stdin, stdout, stderr } = child;
  let tail = Buffer.alloc(0);
  let started = false;
  let stopped = false;

  // Who needs no input may close it, and an answer is none the worse.
  for (const pipe of [stdin, stdout, stderr]) pipe.on('error', () => undefined);
  stderr.on('data', (bytes: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, bytes]).subarray(-STDERR_TAIL_BYTES));
  });
  stdout.on('data', (bytes: Buffer) => {
    if (!started) told.output({ kind: 'start', status: 200, headers: [] });
    started = true;
    told.output({ kind: 'data', bytes });
  });
  valve.bind((open) => (open ? stdout.resume() : stdout.pause()));
  const reading = body.subscribe({
    // At most as much as the runner takes of a body waits for a command that does not read.
    next: (bytes) => void stdin.write(bytes),
    error: () => stdin.destroy(),
    complete: () => stdin.end(),
  });

  child.once('close', (code, signal) => {
    reading.unsubscribe();
    told.end(stopped ? STOPPED : verdict(code, signal, tail.toString().trim()));
  });
  return () => {
    stopped = true;
    if (child.exitCode === null && child.signalCode === null) killGroup(pid);
    // Whoever has left the group cannot hold the slot by holding a pipe.
    for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
  };
}

function verdict(code: number | null, signal: NodeJS.Signals | null, stderr: string): Finished {
  if (code === 0) return DONE;
  const how = code === null ? `killed by ${signal ?? 'a signal'}` : `exit code ${code}`;
  return failed(502, `the command: ${how}${stderr === '' ? '' : `: ${stderr}`}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
