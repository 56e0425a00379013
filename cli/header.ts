/** The first line of a record: what flies, from where, and the command that flies it again. */
import type { FlightHeader } from '../core/record.js';
import { describe, type Scenario } from '../sim/index.js';
import { commitHere, version } from './package.js';

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
