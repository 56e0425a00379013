/** `windtunnel check` over drawn scenarios, as its users run it: what it found, and how fast. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Row } from './row.js';

/** From the package's folder, where npm runs its scripts. */
const PROGRAM = 'dist/cli/index.js';

/** A seed that fails is a figure, too: it is in the row, and nothing is thrown. */
export async function runSwarm(name: string, seeds: number, args: readonly string[]): Promise<Row> {
  const startedAt = performance.now();
  const all = [PROGRAM, 'check', '--seeds', `1..${seeds}`, '--jobs', '2', ...args];
  const text = await promisify(execFile)(process.execPath, all, { maxBuffer: 2 ** 26 }).then(
    ({ stdout }) => stdout,
    (failed: unknown) => (failed as { stdout?: string }).stdout ?? '',
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const [, flown, calls, verdict] =
    /seeds \d+\.\.(\d+), (\d+) calls a twin, (.*)\n/.exec(text) ?? [];
  return {
    name,
    figures: {
      seeds: flown ?? '?',
      'calls a twin': calls ?? '?',
      verdict: verdict ?? 'it ended without one',
      'wall s': seconds.toFixed(0),
      'seeds/s': (Number(flown) / seconds).toFixed(1),
    },
  };
}
