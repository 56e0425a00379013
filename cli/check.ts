/**
 * `windtunnel check`: each seed flown twice in lockstep, digests compared, all checkers on. Over
 * scenario files, or without one over the scenarios that the seeds themselves draw.
 */
import { setImmediate } from 'node:timers/promises';
import { createTwins, drawScenario, type Scenario, type SeedVerdict } from '../sim/index.js';
import { EXIT, type ExitCode } from './exit.js';
import { readScenario } from './files.js';
import { worst } from './flight.js';
import { quoted } from './header.js';
import { createInterrupt, type Interrupt } from './interrupt.js';
import { createProgress } from './progress.js';

export interface CheckOptions {
  readonly first: number;
  readonly last: number;
  readonly sets: readonly string[];
  /** No seed begins later than this, s; undefined: all are flown. */
  readonly seconds: number | undefined;
}

/** What is flown by each seed, and how one is flown again. */
interface Subject {
  readonly name: string;
  readonly scenario: (seed: number) => Scenario;
  readonly replay: (seed: number) => string;
}

/** Checks the files; the swarm, when there is none. */
export async function check(files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const { sets } = options;
  // All are read before the first flies: a mistake in the last is no reason to wait for it.
  const subjects = files.length === 0 ? [swarm] : files.map((file) => ofFile(file, sets));
  const interrupt = createInterrupt();
  const codes: ExitCode[] = [];
  for (const subject of subjects) codes.push(...(await fly(subject, options, interrupt)));
  return worst(codes);
}

const swarm: Subject = {
  name: 'swarm',
  scenario: (seed) => drawScenario(seed).scenario,
  replay: (seed) => `windtunnel check --seeds ${seed}`,
};

function ofFile(file: string, sets: readonly string[]): Subject {
  const scenario = readScenario(file, sets);
  const set = sets.map((one) => ` --set ${quoted(one)}`).join('');
  return {
    name: scenario.name,
    scenario: () => scenario,
    replay: (seed) => `windtunnel check ${quoted(file)} --seeds ${seed}${set}`,
  };
}

async function fly(
  subject: Subject,
  { first, last, seconds = Infinity }: CheckOptions,
  interrupt: Interrupt,
): Promise<ExitCode[]> {
  const { name } = subject;
  const progress = createProgress(`check ${name}`);
  const until = performance.now() + seconds * 1000;
  const codes: ExitCode[] = [];
  let calls = 0;
  let failed = 0;
  let seed = first;
  for (; seed <= last && (seed === first || performance.now() < until); seed++) {
    const twins = createTwins(subject.scenario(seed), seed);
    do {
      await setImmediate();
      interrupt.check();
      progress.update(seed - first, last - first + 1, `seed ${seed}`);
    } while (twins.fly());
    const verdict = twins.land();
    calls += verdict.calls;
    const code = codeOf(verdict);
    codes.push(code);
    if (code === EXIT.fine) continue;
    failed += 1;
    progress.end();
    process.stdout.write(complaint(name, verdict, subject.replay(seed)));
  }
  progress.end();
  const seeds = seed - first;
  const late = seed <= last ? `, time is up: ${last - seed + 1} seeds not flown` : '';
  const word = failed === 0 ? 'all laws hold, twins agree' : `${failed} of ${seeds} seeds FAILED`;
  process.stdout.write(
    `check ${name}: seeds ${first}..${seed - 1}, ${calls} calls a twin, ${word}${late}\n`,
  );
  return codes;
}

function codeOf(verdict: SeedVerdict): ExitCode {
  if (verdict.violations.length > 0) return EXIT.invariant;
  if (verdict.difference !== undefined) return EXIT.deterministic;
  if (verdict.stuck.length > 0) return EXIT.liveness;
  return EXIT.fine;
}

function complaint(name: string, verdict: SeedVerdict, replay: string): string {
  const lines = [
    ...verdict.violations.map((line) => `broken: ${line}`),
    ...(verdict.difference === undefined ? [] : [`not deterministic: ${verdict.difference}`]),
    ...verdict.stuck.map((line) => `stuck: ${line}`),
    `replay: ${replay}`,
  ];
  return lines.map((line) => `${name} seed ${verdict.seed}: ${line}\n`).join('');
}
