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

let known: string | undefined;

/** The commit of a checkout; '' for an installed package. */
export function commitHere(): string {
  return (known ??= commitOf(packageRoot));
}

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
  /** Addresses of a fleet that is not ours; none for one of our own. */
  readonly runners: readonly string[];
  readonly dialect: 's' | 'head';
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
    runners: flownRunners(scenario, wanted),
    slo: scenario.slo,
    replay: replayOf(wanted),
    commit: commitHere(),
    node: process.version,
    windtunnel: version,
  };
}

/** The runners that are there; of a fleet that is not ours nobody knows the slots. */
function flownRunners(scenario: Scenario, { runners }: Wanted): FlightHeader['runners'] {
  if (runners.length > 0) return runners.map((id) => ({ id, slots: 0 }));
  return scenario.runners.map(({ id, slots }) => ({ id, slots }));
}

function replayOf(wanted: Wanted): string {
  const { file, on, seed, placer, sets, runners, dialect } = wanted;
  const parts = ['windtunnel run', quoted(file), `--on ${on}`, `--seed ${seed}`];
  if (runners.length > 0) parts.push(`--runners ${quoted(runners.join(','))}`);
  else if (on === 'grpc' && dialect !== 'head') parts.push(`--dialect ${dialect}`);
  if (placer !== undefined) parts.push(`--placer ${placer}`);
  for (const set of sets) parts.push(`--set ${quoted(set)}`);
  return parts.join(' ');
}

/** As a shell takes it for one word. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
