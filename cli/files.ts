/** Files in and out: scenarios are read whole or refused, outputs appear whole or not at all. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { metricNames } from '../reports/index.js';
import { parseScenario, type Scenario } from '../sim/index.js';
import { CliError, textOf } from './exit.js';

/** A scenario is written by hand: this is far above any. */
const SCENARIO_MAX_BYTES = 1024 * 1024;

export function readScenario(file: string, sets: readonly string[] = []): Scenario {
  const parsed = parseScenario(readText(file), file, sets, metricNames());
  if (!parsed.ok) throw new CliError(parsed.errors);
  return parsed.scenario;
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > SCENARIO_MAX_BYTES) {
      throw new CliError([`${file}: ${size} bytes are too many for a scenario`]);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof CliError ? error : new CliError([`${file}: ${reason(error)}`]);
  }
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
  let handle: number | undefined;
  let temporary = '';
  let target = file;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory() === true) throw new Error('is a directory');
    // A device or a pipe would be replaced by the rename, and a link would lose its file.
    if (there !== undefined && !there.isFile()) throw new Error('is not a regular file');
    if (there !== undefined) target = realpathSync(file);
    temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    handle = openSync(temporary, 'wx');
  } catch (error) {
    throw new CliError([`${option} ${file}: cannot write, ${reason(error)}`]);
  }
  const close = (): boolean => {
    if (handle === undefined) return false;
    closeSync(handle);
    handle = undefined;
    return true;
  };
  return {
    write(text) {
      if (handle === undefined) return;
      try {
        writeSync(handle, text);
      } catch (error) {
        throw new CliError([`${option} ${file}: cannot write, ${reason(error)}`]);
      }
    },
    commit() {
      if (!close()) return;
      try {
        renameSync(temporary, target);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw new CliError([`${option} ${file}: cannot write, ${reason(error)}`]);
      }
    },
    discard() {
      if (close()) rmSync(temporary, { force: true });
    },
  };
}

/** A system error in words. */
function reason(error: unknown): string {
  const code = (error as { code?: string }).code;
  switch (code) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'is a directory';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is a file';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'ENOSPC':
      return 'no space left';
    default:
      return textOf(error);
  }
}
