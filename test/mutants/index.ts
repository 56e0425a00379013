/**
 * `npm run mutants`: puts each mutant in place, one at a time, and prints what catches it: a law of
 * a checker, a difference between twins, a call that is stuck, something held, or a file of tests.
 * With names behind it only those. Exit code 1 when one survives.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mutants } from './catalogue.js';
import type { Sighting } from './fly.js';
import type { Mutant } from './mutant.js';

/** Flights are one thread each: so many at once. */
const PROCESSES = 2;
/** Scenarios of the swarm that a mutant may live through. */
const SEEDS = 300;
/** A mutant may hang, and then it shows nothing: it is to be made smaller. */
const PATIENCE_MS = 240_000;

const ROOT = new URL('../../../', import.meta.url).pathname;
const run = promisify(execFile);
const HOW = { cwd: ROOT, timeout: PATIENCE_MS, maxBuffer: 1 << 26 } as const;

interface Caught {
  readonly by: string;
  /** The swarm's seed that showed it; 0 where a test did. */
  readonly seed: number;
}

/** Undefined: it survived. */
async function caught(mutant: Mutant): Promise<Caught | undefined> {
  if (mutant.test !== undefined) return failing(mutant.name, mutant.test.file);
  const flight = ['dist/test/mutants/fly.js', mutant.name, '1', String(SEEDS)];
  const { stdout } = await run(process.execPath, flight, HOW);
  const { check, seed } = JSON.parse(stdout) as Sighting;
  return check === undefined ? undefined : { by: check.split('\n')[0] ?? '', seed };
}

interface TestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The first test of a file that fails with the mutant in place. */
async function failing(name: string, file: string): Promise<Caught | undefined> {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', file];
  const config = ['--config', 'test/mutants/vitest.config.ts'];
  const env = { ...process.env, MUTANT: name };
  // It exits with 1 when a test fails, which is what is hoped for.
  const { stdout } = await run(process.execPath, [...vitest, ...config], { ...HOW, env }).catch(
    (failed: unknown) => failed as { stdout: string },
  );
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as TestReport;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  return failed === undefined ? undefined : { by: `${file}: ${failed.fullName}`, seed: 0 };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !mutants.some((mutant) => mutant.name === name));
if (unknown.length > 0) throw new Error(`no mutant is named ${unknown.join(', ')}`);
const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const width = Math.max(...chosen.map(({ name }) => name.length));
const seeds: number[] = [];
const left = [...chosen];

async function work(): Promise<void> {
  for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
    const { name, breaks } = mutant;
    const line = await caught(mutant).then(
      (by) => {
        if (by === undefined) return `✗ ${name.padEnd(width)}  survived: ${breaks}`;
        seeds.push(by.seed);
        const after = by.seed === 0 ? '    test' : `seed ${String(by.seed).padStart(3)}`;
        return `✓ ${name.padEnd(width)}  ${after}  ${by.by}`;
      },
      // Nobody has seen what a flight shows that was not flown.
      (error: unknown) => `✗ ${name.padEnd(width)}  ${String(error).split('\n').join(' ')}`,
    );
    process.stdout.write(`${line}\n`);
  }
}

await Promise.all(Array.from({ length: PROCESSES }, work));
const early = seeds.filter((seed) => seed > 0 && seed <= 100).length;
const late = seeds.filter((seed) => seed > 100).length;
process.stdout.write(
  `caught ${seeds.length} of ${chosen.length}: ${early} by the swarm within 100 seeds, ` +
    `${late} by later ones, ${seeds.length - early - late} by a test\n`,
);
if (seeds.length < chosen.length) process.exitCode = 1;
