/**
 * `npm run soak`: real processes, killed and restarted and attacked for as long as it takes; it
 * writes docs/SOAK.md, with names of trials their parts of it. `--scale 0.05` is a quick look, and
 * `--load 0.3` a part of the load; with these it writes nothing. Exit code 1: something that must
 * hold does not.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  options: {
    scale: { type: 'string', default: '1' },
    load: { type: 'string', default: '1' },
  },
});
const scale = Number(values.scale);
const load = Number(values.load);
const part = (value: number): boolean => value > 0 && value <= 1;
const unknown = positionals.filter((name) => trials.every((trial) => trial.name !== name));
if (unknown.length > 0 || !part(scale) || !part(load)) {
  const names = trials.map(({ name }) => name).join(', ');
  process.stderr.write(`soak: trials are ${names}; --scale and --load are above 0 and at most 1\n`);
  process.exit(1);
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
const where = `Flown at commit ${commit} on ${machine}, Node ${process.version}.`;
const texts = new Map<Trial, string>();
let failed = 0;
for (const trial of trials) {
  if (positionals.length > 0 && !positionals.includes(trial.name)) continue;
  const folder = mkdtempSync(join(tmpdir(), `windtunnel-soak-`));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  tell(trial.title);
  try {
    const outcome = await trial.run({
      folder,
      scale,
      load,
      tell,
      onEnd: (end) => ends.unshift(end),
    });
    const text = textOf(trial, outcome, where);
    tell(text);
    texts.set(trial, text);
    failed += outcome.musts.filter(({ holds }) => !holds).length;
  } finally {
    for (const end of ends) end();
  }
}
process.stdout.write(failed === 0 ? 'all of it holds\n' : `✗ ${failed} do not hold\n`);
process.exitCode = failed === 0 ? 0 : 1;

if (scale === 1 && load === 1) {
  const intro = `# The soak

Made by \`npm run soak\`: \`windtunnel serve\` and \`windtunnel runner\` as processes on loopback, with clients on \
the same machine. ✓ and ✗ say whether what must hold does. What runners and clients say wrong byte by byte is in \
\`test/soak\`.
`;
  const file = new URL('../../../docs/SOAK.md', import.meta.url);
  const before = readFileSync(file, 'utf8').split(/^(?=## )/m);
  // Those that were not flown stay as they are.
  const parts = trials.map(
    (trial) =>
      texts.get(trial) ?? before.find((one) => one.startsWith(`## ${trial.title}\n`)) ?? '',
  );
  const text = [intro, ...parts].join('\n');
  writeFileSync(file, await format(text, { parser: 'markdown', ...(await resolveConfig('.')) }));
}
