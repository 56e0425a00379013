/**
 * `npm run agreement`: the same scenarios and seeds in both worlds, side by side. It measures and
 * says whether the worlds agree within the tolerance; on a busy machine they may not.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { flightResult, type FlightResult } from '../reports/index.js';
import { table, type Row } from './row.js';

const SEEDS = [1, 2, 3, 4, 5];

interface Flown {
  readonly result: FlightResult;
  /** What the wire adds by itself, as the flight printed it; '' in the simulator. */
  readonly idle: string;
  /** How busy the machine was, as the flight printed it; '' in the simulator. */
  readonly busy: string;
}

function fly(scenario: string, on: 'sim' | 'grpc', seed: number): Flown {
  const cli = fileURLToPath(new URL('../cli/index.js', import.meta.url));
  const args = [cli, 'run', `scenarios/${scenario}.yaml`, '--on', on, '--seed', `${seed}`];
  const ran = spawnSync(process.execPath, [...args, '--json', '-'], { encoding: 'utf8' });
  // 2 is a missed SLO, which is not the question here; a broken law is.
  if (ran.status !== 0 && ran.status !== 2) throw new Error(`${args.join(' ')}:\n${ran.stderr}`);
  const idle = /idle overhead of the wire: (.*)/.exec(ran.stderr)?.[1] ?? '';
  const busy = /^machine: \d+ cores, (\d+ %)/m.exec(ran.stderr)?.[1] ?? '';
  return { result: flightResult.parse(JSON.parse(ran.stdout)), idle, busy };
}

/** How far `real` is from `flown`, in percent of `flown`. */
const off = (real: number | null, flown: number | null): number =>
  real === null || flown === null ? Number.NaN : (real / flown - 1) * 100;

const signed = (percent: number): string => `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;

let worst = 0;
const within = (percent: number, limit: number): string => {
  worst = Math.max(worst, Number.isNaN(percent) ? Infinity : Math.abs(percent) / limit);
  return signed(percent);
};

const latency: Row[] = SEEDS.map((seed) => {
  const sim = fly('steady', 'sim', seed);
  const grpc = fly('steady', 'grpc', seed);
  const [a, b] = [sim.result.latencyMs, grpc.result.latencyMs];
  const cell = (key: 'p50' | 'p90' | 'p99'): string =>
    `${a[key]} / ${b[key]} (${within(off(b[key], a[key]), 25)})`;
  const okBoth = sim.result.calls.ok === sim.result.calls.offered;
  const ok = okBoth && grpc.result.calls.ok === grpc.result.calls.offered;
  if (!ok) worst = Infinity;
  return {
    name: `seed ${seed}`,
    figures: {
      'all ok': ok ? 'yes' : 'NO',
      'p50 ms': cell('p50'),
      'p90 ms': cell('p90'),
      'p99 ms': cell('p99'),
      'idle wire': grpc.idle,
      'machine busy': grpc.busy,
    },
  };
});

const attempts: Row[] = SEEDS.map((seed) => {
  const sim = fly('black-hole', 'sim', seed).result.attempts.perCall ?? 0;
  const flown = fly('black-hole', 'grpc', seed);
  const grpc = flown.result.attempts.perCall ?? 0;
  return {
    name: `seed ${seed}`,
    figures: {
      simulated: sim.toFixed(3),
      'on gRPC': grpc.toFixed(3),
      'extra attempts': within(off(grpc - 1, sim - 1), 20),
      'machine busy': flown.busy,
    },
  };
});

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
const text = `# The two worlds, side by side

Made by \`npm run agreement\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, Node \
${process.version}, commit ${commit}. Client, edge, core and all runner processes share the machine.

## \`steady\`: simulated / on gRPC

Tolerance 25 %. The link of the simulator takes 1 ms a round trip; the real one takes what "idle
wire" says, timers of whole milliseconds included.

${table(latency)}

## \`black-hole\`: attempts a call

Tolerance 20 % of the attempts beyond the first.

${table(attempts)}
`;
process.stdout.write(text);
writeFileSync(new URL('../../bench/AGREEMENT.md', import.meta.url), text);
process.exitCode = worst <= 1 ? 0 : 1;
