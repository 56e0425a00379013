/**
 * `npm run soak`: real processes, killed and restarted and attacked for as long as it takes;
 * it writes docs/SOAK.md. With `--scale 0.05` it is a quick look, with names of trials it runs
 * those alone; both write nothing. Exit code 1: something that must hold does not.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { frozen } from './frozen.js';
import { hostile } from './hostile.js';
import { killing } from './killing.js';
import { rolling } from './rolling.js';
import { textOf, type Trial } from './trial.js';

const trials: readonly Trial[] = [killing, frozen, rolling, hostile];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' } },
});
const scale = Number(values.scale);
const unknown = positionals.filter((name) => trials.every((trial) => trial.name !== name));
if (unknown.length > 0 || !(scale > 0 && scale <= 1)) {
  const names = trials.map(({ name }) => name).join(', ');
  process.stderr.write(`soak: trials are ${names}; --scale is above 0 and at most 1\n`);
  process.exit(1);
}

const texts: string[] = [];
let failed = 0;
for (const trial of trials) {
  if (positionals.length > 0 && !positionals.includes(trial.name)) continue;
  const folder = mkdtempSync(join(tmpdir(), `windtunnel-soak-`));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  tell(trial.title);
  try {
    const outcome = await trial.run({ folder, scale, tell, onEnd: (end) => ends.unshift(end) });
    const text = textOf(trial, outcome);
    tell(text);
    texts.push(text);
    failed += outcome.musts.filter(({ holds }) => !holds).length;
  } finally {
    for (const end of ends) end();
  }
}
process.stdout.write(failed === 0 ? 'all of it holds\n' : `✗ ${failed} do not hold\n`);
process.exitCode = failed === 0 ? 0 : 1;

if (scale === 1 && positionals.length === 0) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
  const intro = `# The soak

Made by \`npm run soak\` on ${machine}, Node ${process.version}, commit ${commit}: \`windtunnel serve\` and \
\`windtunnel runner\` as processes on loopback, with clients on the same machine. ✓ and ✗ say whether what must \
hold does. What runners and clients say wrong byte by byte is in \`test/soak\`.
`;
  const text = [intro, ...texts].join('\n');
  const file = new URL('../../../docs/SOAK.md', import.meta.url);
  writeFileSync(file, await format(text, { parser: 'markdown', ...(await resolveConfig('.')) }));
}
