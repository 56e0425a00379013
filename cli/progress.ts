/**
 * Progress of long work on stderr: a bar on a terminal, a plain line every few seconds elsewhere.
 */

export interface Progress {
  /** `done` of `total`, with a word on what. */
  update(done: number, total: number, note: string): void;
  /** Wipes the bar. */
  end(): void;
}

const BAR_WIDTH = 28;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export function createProgress(label: string): Progress {
  const terminal = process.stderr.isTTY;
  const every = terminal ? BAR_EVERY_MS : LINE_EVERY_MS;
  let lastAt = Date.now();
  let drawn = false;
  return {
    update(done, total, note) {
      const now = Date.now();
      if (now - lastAt < every) return;
      lastAt = now;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      if (!terminal) {
        process.stderr.write(`${label}: ${percent.trim()}, ${note}\n`);
        return;
      }
      const full = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
      process.stderr.write(`\r\x1b[2K${label} ${bar} ${percent}  ${note}`);
      drawn = true;
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[2K');
      drawn = false;
    },
  };
}
