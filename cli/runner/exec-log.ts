/** The log of a real runner: JSON lines; that of a start is in the file before it happens. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { CliError, reason } from '../exit.js';

export interface ExecLog {
  /** False: the line is not in the file, or only a part of it. */
  write(line: object): boolean;
  close(): void;
}

/** Appends. `say` is told when lines begin to be lost. Throws a CliError if it cannot be opened. */
export function openExecLog(file: string, say: (text: string) => void): ExecLog {
  let fd: number;
  try {
    fd = openSync(file, 'a');
  } catch (error) {
    throw new CliError([`${file}: ${reason(error)}`]);
  }
  let torn = false;
  return {
    write(line) {
      try {
        // What a full disk left of a line must not spoil the next one.
        writeFileSync(fd, `${torn ? '\n' : ''}${JSON.stringify(line)}\n`);
        torn = false;
        return true;
      } catch (error) {
        if (!torn) say(`cannot write ${file}, ${reason(error)}: no call starts without its line`);
        torn = true;
        return false;
      }
    },
    close: () => closeSync(fd),
  };
}

/** For a runner that nobody wants a log of. */
export const noLog: ExecLog = { write: () => true, close: () => undefined };
