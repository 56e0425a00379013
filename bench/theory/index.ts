/**
 * `npm run theory`: what the lab measures beside what theory says, as docs/THEORY.md and as
 * out/theory.html. Words as arguments choose laws, and then the document stays as it is. Exit code
 * 1: a row is outside of its tolerance.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { all } from './all.js';
import { renderTheory } from './page.js';
import { ERROR_MAX, SEEDS } from './row.js';
import { cellsOf, markdownOf } from './table.js';
import { measureAll } from './threads.js';

const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const laws = all.filter(
  ({ law }) => wanted.length === 0 || wanted.some((word) => law.toLowerCase().includes(word)),
);
const startedAt = performance.now();
const rows = await measureAll(laws.map((law) => all.indexOf(law)));
let title = '';
for (const row of rows) {
  if (row.law !== title) process.stdout.write(`${(title = row.law)}\n`);
  process.stdout.write(`  ${cellsOf(row).join('  ')}\n`);
}
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
const failed = rows.filter(({ holds }) => !holds);
process.stdout.write(
  `${rows.length - failed.length} of ${rows.length} rows agree, ${minutes} min\n`,
);
process.exitCode = failed.length === 0 && rows.length > 0 ? 0 : 1;

const root = new URL('../../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  version: string;
};
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
const about = `Node ${process.version}, commit ${commit}, seeds ${SEEDS[0]} to ${SEEDS.at(-1)}`;
mkdirSync(new URL('out/', root), { recursive: true });
writeFileSync(new URL('out/theory.html', root), renderTheory(rows, about, version));
process.stdout.write('report: out/theory.html\n');

if (wanted.length === 0) {
  const text = `# Theory and the lab

Made by \`npm run theory\` (${about}; ${minutes} minutes on two threads). Every flight goes through the
real core, the protocol and the simulator, with all laws of the checkers on. Times are in units of
the mean service time. A tenth of the calls only warm up.

A row holds if what was measured is as near to theory as chance allows: 4.8 standard errors of the
mean over ten seeds (Student's t, 99.9 %), and the standard error itself is at most
${(100 * ERROR_MAX).toFixed(0)} % of the figure. Beside these, every flight is held to identities that
are exact: the time integral of the calls in flight is the sum of the times that the clients saw
(Little's law, to the µs), calls that came are calls that ended, attempts are NACKs and other ends,
executions that began ended. One that does not hold ends the program.

${rows.length - failed.length} of ${rows.length} rows hold.

${markdownOf(rows)}`;
  const formatted = await format(text, { parser: 'markdown', ...(await resolveConfig('.')) });
  writeFileSync(new URL('docs/THEORY.md', root), formatted);
}
