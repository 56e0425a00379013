/**
 * `npm run policies`: flies the trials of placement and writes docs/POLICIES.md. Names of trials as
 * arguments fly those alone, and write nothing. Exit code 1: something that must show does not.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { SEEDS } from './measure.js';
import { run } from './trial.js';
import { trials } from './trials.js';

const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = trials.filter(
  ({ title }) => wanted.length === 0 || wanted.some((word) => title.toLowerCase().includes(word)),
);
const texts: string[] = [];
const failures: string[] = [];
for (const trial of chosen) {
  process.stdout.write(`${trial.title}\n`);
  const ran = run(trial, (line) => void process.stdout.write(`${line}\n`));
  if (wanted.length > 0) process.stdout.write(`${ran.text}\n`);
  texts.push(ran.text);
  failures.push(...ran.failures);
}
for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

if (wanted.length === 0) {
  const file = new URL('../../../docs/POLICIES.md', import.meta.url);
  const [words] = readFileSync(file, 'utf8').split('\n# Trials\n');
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  const intro = `# Trials

Made by \`npm run policies\` on Node ${process.version}, commit ${commit}: simulated, seeds \
${SEEDS[0]} to ${SEEDS.at(-1)}, mean and range. Capacity = slots ÷ (mean service time + link round \
trip). ✓ and ✗ say whether what must show does; a figure without either is there to compare with.
Every flight holds all laws of the checkers, work conservation among them.
`;
  const text = `${words}\n${[intro, ...texts].join('\n')}`;
  writeFileSync(file, await format(text, { parser: 'markdown', ...(await resolveConfig('.')) }));
}
