/**
 * `windtunnel shrink`, as its users run it, on failures of large flights: the program with a mutant
 * in place is checked until a flight of 200 calls or more fails; that one is shrunk and replayed.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Capsule } from '../sim/index.js';
import type { Row } from './row.js';

const run = promisify(execFile);

/** From the package's folder, where npm runs its scripts. */
const PROGRAM = ['--import', './dist/test/mutants/register.js', 'dist/cli/index.js'];
const CALLS_MIN = 200;
/** Seeds a try, and tries: each mutant fails within some. */
const SEEDS = 20;
const TRIES = 20;

interface Ran {
  readonly code: number;
  readonly stdout: string;
}

async function windtunnel(mutant: string, ...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, MUTANT: mutant };
  return run(process.execPath, [...PROGRAM, ...args], { env, maxBuffer: 2 ** 26 }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (failed: unknown) => failed as Ran,
  );
}

const read = (file: string): Capsule => JSON.parse(readFileSync(file, 'utf8')) as Capsule;

/** Throws when no such flight fails, or its replay does not fail in the same way. */
export async function shrinkMutant(mutant: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-shrinking-'));
  try {
    const file = await failing(mutant, folder);
    const small = join(folder, 'small.json');
    const startedAt = performance.now();
    const shrunk = await windtunnel(mutant, 'shrink', file, '--out', small, '--time', '60');
    const seconds = (performance.now() - startedAt) / 1000;
    const again = await windtunnel(mutant, 'replay', small);
    const [before, after] = [read(file), read(small)];
    const same = again.stdout.includes('replay: fails in the same way, digest');
    if (!same || again.code !== shrunk.code || before.fingerprint !== after.fingerprint) {
      throw new Error(
        `${mutant}: the smaller flight does not fail as the larger:\n${again.stdout}`,
      );
    }
    const sizes = ({ plan, scenario }: Capsule): string =>
      `${plan.length}, ${scenario.faults.length}, ${scenario.runners.length}`;
    return {
      name: mutant,
      figures: {
        'fails as': after.fingerprint,
        seed: String(before.seed),
        'calls, faults, runners': sizes(before),
        shrunk: sizes(after),
        flights: /(\d+) flights/.exec(shrunk.stdout)?.[1] ?? '?',
        'wall s': seconds.toFixed(1),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A capsule of a failing flight that is large. */
async function failing(mutant: string, folder: string): Promise<string> {
  for (let i = 0; i < TRIES; i++) {
    const seeds = `${1 + i * SEEDS}..${(i + 1) * SEEDS}`;
    const capsules = join(folder, String(i));
    await windtunnel(mutant, 'check', '--seeds', seeds, '--capsules', capsules);
    for (const name of list(capsules)) {
      const file = join(capsules, name);
      if (read(file).plan.length >= CALLS_MIN) return file;
    }
  }
  throw new Error(`${mutant}: no flight of ${CALLS_MIN} calls fails within ${TRIES * SEEDS} seeds`);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
