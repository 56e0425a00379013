/** `windtunnel replay`: flies a capsule again, and says whether it fails as it did. */
import { renderReport } from '../reports/index.js';
import { classOf, complaintsOf, describe, fingerprints, type Capsule } from '../sim/index.js';
import { flySortie, type SeedVerdict } from '../sim/index.js';
import { readCapsule } from './capsules.js';
import { codeOf, type ExitCode } from './exit.js';
import { createOutputs, type Output } from './files.js';
import { flySim } from './fly-sim.js';
import { headerOf, quoted } from './header.js';
import { createInterrupt } from './interrupt.js';

export interface ReplayOptions {
  readonly record: string | undefined;
  readonly report: string | undefined;
}

export async function replay(file: string, options: ReplayOptions): Promise<ExitCode> {
  const capsule = readCapsule(file);
  const interrupt = createInterrupt();
  const outputs = createOutputs();
  const open = (to: string | undefined, option: string): Output | undefined =>
    to === undefined ? undefined : outputs.open(to, option);
  try {
    const record = open(options.record, '--record');
    const report = open(options.report, '--report');
    const { name } = capsule.scenario;
    process.stdout.write(`${name}: ${describe(capsule.scenario).join('; ')}\n`);
    const twins = flySortie(capsule);
    while (twins.fly()) await interrupt.turn();
    const verdict = twins.land();
    for (const line of complaintsOf(verdict)) process.stdout.write(`${name}: ${line}\n`);
    process.stdout.write(`replay: ${comparison(capsule, verdict)}\n`);
    if (record !== undefined || report !== undefined) {
      const { scenario, plan, explore, seed } = capsule;
      const wanted = {
        on: 'sim',
        placer: undefined,
        sets: [],
        runners: [],
        dialect: 'head',
      } as const;
      const header = {
        ...headerOf(scenario, { ...wanted, file, seed }),
        replay: `windtunnel replay ${quoted(file)}`,
      };
      const flight = await flySim(scenario, header, { record, report }, interrupt, {
        plan,
        explore,
      });
      report?.write(renderReport([flight]));
      record?.commit();
      report?.commit();
    }
    return codeOf(classOf(verdict));
  } finally {
    outputs.close();
  }
}

/** What came of it beside what the capsule says. */
function comparison(capsule: Capsule, verdict: SeedVerdict): string {
  const now = fingerprints(verdict);
  const same = verdict.digest === capsule.digest;
  const digest = same
    ? `digest ${verdict.digest} as before`
    : `another digest: the program changed`;
  if (now.includes(capsule.fingerprint)) return `fails in the same way, ${digest}`;
  const was = `it was "${capsule.fingerprint}"`;
  if (now.length > 0) return `fails in another way, ${was}; ${digest}`;
  if (verdict.inconclusive !== undefined) return `inconclusive, ${was}; ${digest}`;
  return `fails no more, ${was}; ${digest}`;
}
