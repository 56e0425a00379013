/**
 * `windtunnel shrink`: makes a capsule's flight smaller while it fails in the same way. What is
 * smallest so far is on disk at any time: an interrupt, or the end of the time, loses nothing.
 */
import { failureOf, flySortie, shrink, type Failure, type Sortie } from '../sim/index.js';
import { readCapsule, writeCapsule } from './capsules.js';
import { CliError, codeOf, type ExitCode } from './exit.js';
import { quoted } from './header.js';
import { createInterrupt } from './interrupt.js';
import { createProgress } from './progress.js';

export interface ShrinkOptions {
  /** Default: beside the capsule, with `.small` in its name. */
  readonly out: string | undefined;
  /** No flight begins later than this, s. */
  readonly seconds: number;
}

/** Ends with the code of the failure, as the smaller capsule fails still. */
export async function shrinkCapsule(file: string, options: ShrinkOptions): Promise<ExitCode> {
  const capsule = readCapsule(file);
  const out = options.out ?? `${file.replace(/\.json$/, '')}.small.json`;
  const interrupt = createInterrupt();
  const progress = createProgress('shrink');
  const startedAt = performance.now();
  const spent = (): number => (performance.now() - startedAt) / 1000;

  const fly = async (sortie: Sortie): Promise<Failure | undefined> => {
    const twins = flySortie(sortie);
    do await interrupt.turn();
    while (twins.fly());
    const failure = failureOf(twins.land(), capsule.fingerprint);
    return failure?.fingerprint === capsule.fingerprint ? failure : undefined;
  };

  let failure = await fly(capsule);
  if (failure === undefined) {
    throw new CliError([`${file}: does not fail as it did ("${capsule.fingerprint}")`]);
  }
  let best: Sortie = capsule;
  let tried = 0;
  writeCapsule(out, best, failure, '--out');
  try {
    const steps = shrink(best);
    let step = steps.next(false);
    while (step.done !== true && spent() < options.seconds) {
      const { candidate, pass } = step.value;
      tried += 1;
      const fails = await fly(candidate);
      progress.update(spent(), options.seconds, `${sizeOf(best)}; ${pass}, ${tried} flights`);
      if (fails !== undefined) {
        best = candidate;
        failure = fails;
        writeCapsule(out, best, failure, '--out');
      }
      step = steps.next(fails !== undefined);
    }
    const over = step.done === true ? 'nothing more can go' : 'time is up';
    progress.end();
    process.stdout.write(
      `shrink: ${sizeOf(capsule)} -> ${sizeOf(best)}; ${tried} flights, ${spent().toFixed(1)} s, ` +
        `${over}\nfails still: ${capsule.fingerprint}\nreplay: windtunnel replay ${quoted(out)}\n`,
    );
  } finally {
    progress.end();
  }
  return codeOf(failure.class);
}

function sizeOf({ plan, scenario }: Sortie): string {
  const { faults, runners } = scenario;
  const counted = (count: number, what: string): string =>
    `${count} ${what}${count === 1 ? '' : 's'}`;
  return [
    counted(plan.length, 'call'),
    counted(faults.length, 'fault'),
    counted(runners.length, 'runner'),
  ].join(', ');
}
