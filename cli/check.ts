/**
 * `windtunnel check`: each seed flown twice in lockstep, digests compared, all checkers on. Over
 * scenario files, or without one over the scenarios that the seeds themselves draw. The first seed
 * that fails in a new way leaves a capsule.
 */
import { existsSync } from 'node:fs';
import { SOMETIMES, type Scenario, type Sometimes, type VerdictClass } from '../sim/index.js';
import { readCapsule, writeCapsule } from './capsules.js';
import type { CheckData, SeedReport } from './check-thread.js';
import { codeOf, EXIT, textOf, type ExitCode } from './exit.js';
import { readScenario } from './files.js';
import { worst } from './flight.js';
import { quoted } from './header.js';
import { createInterrupt, type Interrupt } from './interrupt.js';
import { inJobs, type Answer } from './jobs.js';
import { createProgress } from './progress.js';

export interface CheckOptions {
  readonly first: number;
  readonly last: number;
  readonly sets: readonly string[];
  /** No seed begins later than this, s; undefined: all are flown. */
  readonly seconds: number | undefined;
  /** Threads. */
  readonly jobs: number;
  /** Whether a seed also draws the order of what happens in one instant. */
  readonly explore: boolean;
  /** Whether to print how often each thing happened that must happen sometimes. */
  readonly coverage: boolean;
  /** Folder that capsules are written to. */
  readonly capsules: string;
}

/** What is flown by each seed, and how one is flown again. */
interface Subject {
  readonly name: string;
  /** Undefined: each seed draws its own. */
  readonly scenario: Scenario | undefined;
  readonly replay: (seed: number) => string;
}

/**
 * A seed that takes longer is in an endless loop within one event: the swarm flies several seeds a
 * second. A scenario of many calls has a ms more for each.
 */
const PATIENCE_MS = 120_000;

/** Checks the files; the swarm, when there is none. */
export async function check(files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  // All are read before the first flies: a mistake in the last is no reason to wait for it.
  const subjects = files.length === 0 ? [swarm(options)] : files.map((file) => of(file, options));
  const interrupt = createInterrupt();
  const codes: ExitCode[] = [];
  for (const subject of subjects) codes.push(await fly(subject, options, interrupt));
  return worst(codes);
}

const exploring = ({ explore }: CheckOptions): string => (explore ? ' --explore' : '');

const swarm = (options: CheckOptions): Subject => ({
  name: 'swarm',
  scenario: undefined,
  replay: (seed) => `windtunnel check --seeds ${seed}${exploring(options)}`,
});

function of(file: string, options: CheckOptions): Subject {
  const { sets } = options;
  const scenario = readScenario(file, sets);
  const set = sets.map((one) => ` --set ${quoted(one)}`).join('');
  return {
    name: scenario.name,
    scenario,
    replay: (seed) => `windtunnel check ${quoted(file)} --seeds ${seed}${set}${exploring(options)}`,
  };
}

/** How often the bar moves while nothing ends, ms. */
const BAR_MS = 100;

async function fly(
  subject: Subject,
  options: CheckOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const { name, scenario } = subject;
  const { first, last, seconds = Infinity, jobs, explore, coverage } = options;
  const progress = createProgress(`check ${name}`);
  const until = performance.now() + seconds * 1000;
  const tally: Record<VerdictClass, number> = {
    pass: 0,
    broken: 0,
    different: 0,
    stuck: 0,
    inconclusive: 0,
  };
  let seed = first;
  const show = (): void => progress.update(seed - first, last - first + 1, `seed ${seed}`);
  const timer = setInterval(show, BAR_MS);
  const failures = createFailures(subject, options);
  const seen = new Map<Sometimes, number>();
  let calls = 0;
  let internal = false;
  try {
    const data: CheckData = { scenario, explore, coverage };
    const module = new URL('./check-thread.js', import.meta.url);
    const items = seeds(first, last, until);
    for await (const { item, answer } of inJobs<number, SeedReport>({
      module,
      data,
      items,
      jobs,
      interrupt,
      patienceMs: PATIENCE_MS + (scenario?.calls ?? 0),
    })) {
      seed = item + 1;
      show();
      const report = reportOf(item, answer);
      internal ||= !answer.ok && !answer.died;
      calls += report.calls;
      tally[report.class] += 1;
      for (const what of report.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
      if (report.class === 'pass') continue;
      progress.end();
      process.stdout.write(failures.lines(report));
    }
  } finally {
    clearInterval(timer);
    progress.end();
  }
  const flown = seed - first;
  const late = seed <= last ? `, time is up: ${last - seed + 1} seeds not flown` : '';
  const ways = failures.ways === 1 ? 'one way' : `${failures.ways} ways`;
  const failed = tally.broken + tally.different + tally.stuck;
  const words = [
    ...(failed > 0 ? [`${failed} of ${flown} seeds FAILED, in ${ways}`] : []),
    ...(tally.inconclusive > 0 ? [`${tally.inconclusive} of ${flown} seeds INCONCLUSIVE`] : []),
  ];
  const word = words.length === 0 ? 'all laws hold, twins agree' : words.join(', ');
  process.stdout.write(
    `check ${name}: seeds ${first}..${seed - 1}, ${calls} calls a twin, ${word}${late}\n`,
  );
  const never = SOMETIMES.filter((what) => !seen.has(what));
  if (coverage) process.stdout.write(coverageTable(seen, flown));
  if (internal) return EXIT.internal;
  // A suite in which something never came up has shown nothing about it.
  if (coverage && never.length > 0) tally.inconclusive += 1;
  return worst((Object.keys(tally) as VerdictClass[]).filter((one) => tally[one] > 0).map(codeOf));
}

function coverageTable(seen: ReadonlyMap<Sometimes, number>, flown: number): string {
  const width = Math.max('NEVER'.length, String(flown).length);
  const rows = SOMETIMES.map((what) => {
    const times = seen.get(what) ?? 0;
    return `${times === 0 ? 'NEVER'.padStart(width) : String(times).padStart(width)}  ${what}`;
  });
  return `Of ${flown} seeds so many saw, at least once:\n${rows.join('\n')}\n`;
}

/** The first is flown whatever the time. */
function* seeds(first: number, last: number, until: number): Generator<number> {
  for (let seed = first; seed <= last && (seed === first || performance.now() < until); seed++) {
    yield seed;
  }
}

/** What a thread said of a seed; of one that it could not fly, that nothing is known. */
function reportOf(seed: number, answer: Answer<SeedReport>): SeedReport {
  if (answer.ok) return answer.result;
  const why = answer.died ? `its thread died: ${answer.error}` : `internal error: ${answer.error}`;
  const complaints = [`inconclusive: ${why}`];
  return { seed, calls: 0, class: 'inconclusive', complaints, seen: [], failed: undefined };
}

/** Another flight's capsule of that name is not written over: names of scenarios are not unique. */
function freeFile(name: string, digest: string): string {
  const file = `${name}.json`;
  if (!existsSync(file) || holds(file, digest)) return file;
  return `${name}-${digest.slice(0, 6)}.json`;
}

/** Whether it is the capsule of that flight. */
function holds(file: string, digest: string): boolean {
  try {
    return readCapsule(file).digest === digest;
  } catch {
    return false;
  }
}

/** Ways to fail that leave a capsule; of more than this the list of seeds is enough. */
const CAPSULES_MAX = 20;

/** What has failed so far: each way is told whole once, and leaves one capsule. */
function createFailures(subject: Subject, options: CheckOptions) {
  const firsts = new Map<string, number>();
  return {
    get ways(): number {
      return firsts.size;
    },
    lines({ seed, complaints, failed }: SeedReport): string {
      const told = (lines: readonly string[]): string =>
        lines.map((line) => `${subject.name} seed ${seed}: ${line}\n`).join('');
      const replay = `replay: ${subject.replay(seed)}`;
      if (failed === undefined) return told([...complaints, replay]);
      const { fingerprint } = failed.failure;
      const before = firsts.get(fingerprint);
      if (before !== undefined) return told([`fails as seed ${before} did (${fingerprint})`]);
      firsts.set(fingerprint, seed);
      const lines = [...complaints, replay];
      if (firsts.size > CAPSULES_MAX) return told(lines);
      const file = freeFile(`${options.capsules}/${subject.name}-${seed}`, failed.failure.digest);
      try {
        writeCapsule(file, failed.sortie, failed.failure, '--capsules');
      } catch (error) {
        // That costs nobody the verdict.
        return told([...lines, textOf(error)]);
      }
      return told([...lines, `capsule: ${quoted(file)}`]);
    },
  };
}
