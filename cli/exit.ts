/** How the program ends: one code a class of failure, and the one error that ends a command. */
import type { VerdictClass } from '../sim/index.js';

export const EXIT = {
  fine: 0,
  /** Usage, or an invalid file. */
  usage: 1,
  slo: 2,
  invariant: 3,
  liveness: 4,
  deterministic: 5,
  internal: 6,
  inconclusive: 7,
  /** 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The code of a verdict. */
export function codeOf(verdict: VerdictClass): ExitCode {
  switch (verdict) {
    case 'pass':
      return EXIT.fine;
    case 'broken':
      return EXIT.invariant;
    case 'different':
      return EXIT.deterministic;
    case 'stuck':
      return EXIT.liveness;
    case 'inconclusive':
      return EXIT.inconclusive;
  }
}

/** Ends the command: its lines go to stderr, one problem each, and nothing else is said. */
export class CliError extends Error {
  constructor(
    readonly lines: readonly string[],
    readonly exit: ExitCode = EXIT.usage,
  ) {
    super(lines.join('\n'));
  }
}

/** The text of whatever was thrown. */
export const textOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** A system error in words. */
export function reason(error: unknown): string {
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
    case 'EDQUOT':
      return 'no space left';
    case 'EFBIG':
      return 'the file would be larger than is allowed';
    default:
      return textOf(error);
  }
}
