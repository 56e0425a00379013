/** Files in and out: scenarios are read whole or refused, outputs appear whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { metricNames } from '../reports/index.js';
import { parseScenario, type Scenario } from '../sim/index.js';
import { CliError, reason } from './exit.js';
import { quoted } from './header.js';

/** A scenario is written by hand: this is far above any. */
const SCENARIO_MAX_BYTES = 1024 * 1024;

export function readScenario(file: string, sets: readonly string[] = []): Scenario {
  const text = readText(file, SCENARIO_MAX_BYTES, 'a scenario');
  const parsed = parseScenario(text, file, sets, metricNames());
  if (!parsed.ok) throw new CliError(parsed.errors);
  return parsed.scenario;
}

/** Bounded by the bytes that come, not by what the file says of itself: a device says 0. */
export function readText(file: string, bytesMax: number, what: string): string {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const bytes = Buffer.alloc(bytesMax + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(handle, bytes, length, bytes.length - length, null);
    }
    if (length <= bytesMax) return bytes.toString('utf8', 0, length);
  } catch (error) {
    throw new CliError([`${file}: ${reason(error)}`]);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
  throw new CliError([`${file}: more than ${bytesMax} bytes are too many for ${what}`]);
}

/** An output file that only takes its name when it is complete. */
export interface Output {
  write(text: string): void;
  /** Puts it in place of whatever was there. */
  commit(): void;
  /** Leaves no trace. Does nothing after `commit`. */
  discard(): void;
}

/** Opens at once, so that an unwritable place is known before anything flies. */
export function createOutput(file: string, option: string): Output {
  const cannot = (error: unknown): CliError =>
    new CliError([`${option} ${quoted(file)}: cannot write, ${reason(error)}`]);
  let handle: number | undefined;
  let temporary = '';
  let target = file;
  let made: string | undefined;
  let folder = '';
  try {
    folder = dirname(resolve(file));
    if (file === '') throw new Error('that is no file name');
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory() === true || /[\\/]$/.test(file)) throw new Error('is a directory');
    made = makeFolder(folder);
    // A device or a pipe would be replaced by the rename, and a link would lose its file.
    if (there !== undefined && !there.isFile()) throw new Error('is not a regular file');
    if (there !== undefined) target = realpathSync(file);
    temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    handle = openSync(temporary, 'wx');
  } catch (error) {
    removeMade(folder, made);
    throw cannot(error);
  }
  /** Closes the file; false: it was closed before. */
  const close = (): boolean => {
    if (handle === undefined) return false;
    const closing = handle;
    handle = undefined;
    closeSync(closing);
    return true;
  };
  const remove = (): void => {
    rmSync(temporary, { force: true });
    removeMade(folder, made);
  };
  return {
    write(text) {
      if (handle === undefined) return;
      try {
        // All of it or an error: a full disk takes a part and says nothing.
        writeFileSync(handle, Buffer.from(text));
      } catch (error) {
        throw cannot(error);
      }
    },
    commit() {
      if (handle === undefined) return;
      try {
        // Some file systems tell only now that there was no room.
        fsyncSync(handle);
        close();
        renameSync(temporary, target);
      } catch (error) {
        close();
        remove();
        throw cannot(error);
      }
    },
    discard() {
      if (close()) remove();
    },
  };
}

/** What a command writes: however the program ends, what it has not finished leaves no trace. */
export interface Outputs {
  open(file: string, option: string): Output;
  /** The command is over. */
  close(): void;
}

export function createOutputs(): Outputs {
  const opened: Output[] = [];
  // The last first: a folder that was made for several goes with the one it was made for.
  const discard = (): void => {
    for (const output of [...opened].reverse()) output.discard();
  };
  process.once('exit', discard);
  return {
    open(file, option) {
      const output = createOutput(file, option);
      opened.push(output);
      return output;
    },
    close() {
      discard();
      process.off('exit', discard);
    },
  };
}

/**
 * Makes a folder and what is missing above it; returns the first that it made. One by one: Node's
 * own `recursive` never returns where a parent is there and says that it is not, as in /proc.
 */
function makeFolder(folder: string): string | undefined {
  const missing: string[] = [];
  let at = folder;
  while (statSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at) {
    missing.push(at);
    at = dirname(at);
  }
  let first: string | undefined;
  try {
    for (const one of missing.reverse()) {
      mkdirSync(one);
      first ??= one;
    }
  } catch (error) {
    removeMade(folder, first);
    throw error;
  }
  return first;
}

/** Removes the folders that were made for an output, unless somebody has put something there. */
function removeMade(folder: string, first: string | undefined): void {
  if (first === undefined) return;
  try {
    for (let at = folder; at.startsWith(first); at = dirname(at)) {
      if (existsSync(at)) rmdirSync(at);
    }
  } catch {
    // Not empty: they stay.
  }
}
