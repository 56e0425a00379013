/** A file as it is now, and each time that it is another: its text, or why it cannot be read. */
import { readFileSync, stat, statSync, type Stats } from 'node:fs';
import { Observable } from 'rxjs';

export type Reading =
  | { readonly ok: true; readonly text: string }
  /** `why` names the file. */
  | { readonly ok: false; readonly why: string };

export interface WatchOptions {
  /**
   * How often it is looked at, ms. Default 1000. By its time, size and inode, not by the system's
   * notices: those miss files on network mounts, and the links that Kubernetes swaps.
   */
  readonly everyMs?: number;
  /** The largest file that is read, bytes. Default 4 MiB, ten thousand runners with labels. */
  readonly maxBytes?: number;
}

/** Emits at once, and for ever; what is the same as before is not told again. */
export function watchedFile(file: string, options: WatchOptions = {}): Observable<Reading> {
  const { everyMs = 1000, maxBytes = 4 * 1024 * 1024 } = options;
  return new Observable((out) => {
    let last: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    const tell = (): void => {
      const reading = readWhole(file, maxBytes);
      const now = JSON.stringify(reading);
      if (now === last) return;
      last = now;
      out.next(reading);
    };
    // Seen before it is read: what changes in between is another one at the next look.
    let seen = printOf(statNow(file));
    const look = (): void => {
      stat(file, (_error, stats) => {
        if (out.closed) return;
        const now = printOf(stats);
        if (now !== seen) tell();
        seen = now;
        timer = setTimeout(look, everyMs);
      });
    };
    tell();
    timer = setTimeout(look, everyMs);
    return () => clearTimeout(timer);
  });
}

function statNow(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    // Why it cannot be looked at is said when it is read.
    return undefined;
  }
}

/** What tells one state of a file from another. */
const printOf = (stats: Stats | undefined): string =>
  stats === undefined ? '' : `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino}`;

function readWhole(file: string, maxBytes: number): Reading {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= maxBytes) return { ok: true, text: bytes.toString('utf8') };
    return { ok: false, why: `${file}: ${bytes.length} bytes, at most ${maxBytes} are read` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { ok: false, why: `${file}: cannot read, ${WHY[code ?? ''] ?? code ?? String(error)}` };
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};
