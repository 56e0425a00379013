/**
 * `npm run bench`: measures, prints, and writes bench/RESULTS.md. It asserts no time. A number of
 * seeds as its argument replaces the 10 000 that the swarm flies.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { runClock } from './clock.js';
import { flyFleet } from './fleet.js';
import { format, resolveConfig } from 'prettier';
import { table, type Row } from './row.js';
import { shrinkMutant } from './shrinking.js';
import { runSwarm } from './swarm.js';

const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();

function section(title: string, text: string, rows: readonly Row[]): string {
  return `## ${title}\n\n${text}\n\n${table(rows)}\n`;
}

const fleet: Row[] = [];
for (const run of [1, 2, 3]) {
  const service = '{ kind: exponential, mean: 40ms }';
  const input = { calls: 200_000, runners: 50, slots: 4, load: 83, service };
  fleet.push(await flyFleet(`run ${run}`, input));
}

// Few runners with slots for all: what is in flight is load × slots, about one attempt a call.
const inFlight: Row[] = [];
for (const all of [100, 1_000, 10_000, 50_000]) {
  const runners = Math.ceil(all / 10_000);
  const slots = Math.min(all, 10_000);
  const input = { calls: 200_000, runners, slots, load: 80, service: '1s' };
  inFlight.push(await flyFleet(`${all} slots`, input));
}

const clock = [100, 1_000, 10_000, 100_000].map((pending) => runClock(pending, 1_000_000));

const seeds = Number(process.argv[2] ?? 10_000);
const swarm = [
  await runSwarm('as it comes', seeds, []),
  await runSwarm('orders drawn', Math.ceil(seeds / 10), ['--explore']),
];

const shrunk: Row[] = [];
for (const mutant of [
  'retry-after-commit',
  'body-read-once',
  'call-deadline-missing',
  'request-header-lost',
  'slot-kept',
]) {
  shrunk.push(await shrinkMutant(mutant));
}

const text = `# Measured

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, Node \
${process.version}, commit ${commit}. One thread but where it says more; read ratios rather than digits. Flown with
\`--max-semi-space-size=64\`: what a flight makes dies young, and the default of 16 MB copies it too
often. \`NODE_OPTIONS=--max-semi-space-size=64\` does the same for \`windtunnel\`.

${section(
  'A simulated flight',
  '50 runners × 4 slots, exponential 40 ms, Poisson at 83 % of capacity, naive placer that asks all ' +
    'again as the original does; checkers, digest and tripwires on. Target: 200 000 calls at about 2 attempts each in under 6 s.',
  fleet,
)}
${section(
  'Cost a call by what is in flight',
  'Nothing that all calls in flight hang on. What grows is the memory that they are: garbage ' +
    'collection copies it, caches miss it, and the clock sifts through it (log n).',
  inFlight,
)}
${section('The virtual clock', 'Each event sets and cancels a deadline and schedules one event.', clock)}
${section(
  'Scenarios that seeds draw',
  '`windtunnel check --seeds 1..10000 --jobs 2`: each seed draws a fleet, load, network, policy, ' +
    'limits and faults, and is flown twice, with all laws on. Below it a tenth of them with `--explore`.',
  swarm,
)}
${section(
  'Failures made small',
  'Five mutants (`npm run mutants`): the first flight of 200 calls or more that fails, shrunk for at ' +
    'most 60 s, and replayed: it fails in the same way, with the digest of its capsule.',
  shrunk,
)}`;

const formatted = await format(text, { parser: 'markdown', ...(await resolveConfig('.')) });
process.stdout.write(formatted);
writeFileSync(new URL('../../bench/RESULTS.md', import.meta.url), formatted);
