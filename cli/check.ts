/** `windtunnel check`: each seed flown twice in lockstep, digests compared, all checkers on. */
import { setImmediate } from 'node:timers/promises';
import { createTwins, type Scenario, type SeedVerdict } from '../sim/index.js';
import { EXIT, type ExitCode } from './exit.js';
import { readScenario } from './files.js';
import { worst } from './flight.js';
import { quoted } from './header.js';
import { createInterrupt } from './interrupt.js';
import { createProgress } from './progress.js';

export interface CheckOptions {
  readonly first: number;
  readonly last: number;
  readonly sets: readonly string[];
}

export async function check(files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const scenarios = files.map((file) => ({ file, scenario: readScenario(file, options.sets) }));
  const interrupt = createInterrupt();
  const codes: ExitCode[] = [];
  for (const { file, scenario } of scenarios) {
    const { first, last, sets } = options;
    const progress = createProgress(`check ${scenario.name}`);
    let calls = 0;
    let failed = 0;
    for (let seed = first; seed <= last; seed++) {
      const twins = createTwins(scenario, seed);
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
      process.stdout.write(complaint(scenario, verdict, replayOf(file, seed, sets)));
    }
    progress.end();
    const seeds = last - first + 1;
    const word = failed === 0 ? 'all laws hold, twins agree' : `${failed} of ${seeds} seeds FAILED`;
    process.stdout.write(
      `check ${scenario.name}: seeds ${first}..${last}, ${calls} calls a twin, ${word}\n`,
    );
  }
  return worst(codes);
}

function codeOf(verdict: SeedVerdict): ExitCode {
  if (verdict.violations.length > 0) return EXIT.invariant;
  if (verdict.difference !== undefined) return EXIT.deterministic;
  if (verdict.stuck.length > 0) return EXIT.liveness;
  return EXIT.fine;
}

function complaint(scenario: Scenario, verdict: SeedVerdict, replay: string): string {
  const lines = [
    ...verdict.violations.map((line) => `broken: ${line}`),
    ...(verdict.difference === undefined ? [] : [`not deterministic: ${verdict.difference}`]),
    ...verdict.stuck.map((line) => `stuck: ${line}`),
    `replay: ${replay}`,
  ];
  return lines.map((line) => `${scenario.name} seed ${verdict.seed}: ${line}\n`).join('');
}

function replayOf(file: string, seed: number, sets: readonly string[]): string {
  const parts = ['windtunnel check', quoted(file), `--seeds ${seed}`];
  for (const set of sets) parts.push(`--set ${quoted(set)}`);
  return parts.join(' ');
}
