/** The first line of a record: what flies, from where, and the command that flies it again. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FlightHeader } from '../core/record.js';
import { describe, type Scenario } from '../sim/index.js';

/** The package's own folder: two above `dist/cli`, one above `cli` in the sources. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  try {
    readFileSync(join(from, 'package.json'));
    return from;
  } catch {
    return findRoot(dirname(from));
  }
}

export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/** The commit of a checkout; '' for an installed package. */
function commitOf(root: string): string {
  try {
    const told = execFileSync('git', ['rev-parse', '--show-toplevel', '--short', 'HEAD'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
    const [folder, commit] = told.toString().trim().split('\n');
    return folder === root && commit !== undefined ? commit : '';
  } catch {
    return '';
  }
}

export interface Wanted {
  readonly file: string;
  readonly on: 'sim' | 'grpc';
  readonly seed: number;
  readonly placer: string | undefined;
  readonly sets: readonly string[];
}

export function headerOf(scenario: Scenario, wanted: Wanted): FlightHeader {
  return {
    kind: 'flight',
    version: 1,
    scenario: scenario.name,
    words: describe(scenario),
    on: wanted.on,
    placer: scenario.placement.placer,
    seed: wanted.seed,
    calls: scenario.calls,
    runners: scenario.runners.map(({ id, slots }) => ({ id, slots })),
    slo: scenario.slo,
    replay: replayOf(wanted),
    commit: commitOf(packageRoot),
    node: process.version,
    windtunnel: version,
  };
}

function replayOf({ file, on, seed, placer, sets }: Wanted): string {
  const parts = ['windtunnel run', quoted(file), `--on ${on}`, `--seed ${seed}`];
  if (placer !== undefined) parts.push(`--placer ${placer}`);
  for (const set of sets) parts.push(`--set ${quoted(set)}`);
  return parts.join(' ');
}

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
