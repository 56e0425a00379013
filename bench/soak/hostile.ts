/** Storms of clients that mean harm, and what those who behave feel of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { memoryOf } from '../../test/support/cli.js';
import { createAuthority } from '../../test/support/certificates.js';
import type { Row } from '../row.js';
import { failedOf, quantile, startLoad } from './load.js';
import { fleetOf, lbOf } from './fleet.js';
import { forward, heapOf, heldAtLast } from './platform.js';
import type { Order, Report, StormName } from './storms.js';
import { heapMust, mib, ms, type Must, type Outcome, type Stage, type Trial } from './trial.js';

/** More than readers that stop: each holds one until the LB cuts it. */
const SLOTS = 64;
/** Calls a second of those who behave. */
const RATE = 50;
const CALM_MS = 15_000;
const HOLD_MS = 30_000;
/** More than the LB may hold by its defaults, with room for the program itself. */
const RESIDENT_MAX = 1024 * 2 ** 20;

/** How many of each; `must`: what has to be true of what the storm saw. */
const STORMS: readonly {
  readonly storm: StormName;
  readonly count: number;
  readonly must?: (report: Report) => boolean;
}[] = [
  { storm: 'idle', count: 10_000, must: (it) => it['let go'] === it['open at once'] },
  { storm: 'slow bodies', count: 1000 },
  { storm: 'stalled readers', count: 50 },
  { storm: 'aborts', count: 100_000 },
  { storm: 'rapid reset', count: 1000 },
  { storm: 'large headers', count: 5000, must: (it) => it['refused'] === it['requests'] },
  { storm: 'smuggling', count: 5000, must: (it) => it['refused'] === it['requests'] },
];

function storm(order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./storms.js', import.meta.url), { workerData: order });
    worker.once('message', resolve).once('error', reject);
  });
}

const wordsOf = (report: Report): string =>
  Object.entries(report)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');

async function run(stage: Stage): Promise<Outcome> {
  const [runner] = await fleetOf(stage, 1, SLOTS);
  if (runner === undefined) throw new Error('no runner');
  // Counts the connections to the runner: a storm must not make the LB open another.
  const runnerPort = Number(runner.address.split(':')[1]);
  const between = await forward(() => [runnerPort]);
  stage.onEnd(() => between.close());
  const { cert, key } = createAuthority(stage.folder, 'ca').issue('lb');
  const { lb } = await lbOf(stage, [{ address: `127.0.0.1:${between.port}` }], {
    tls: `{ cert: ${cert}, key: ${key} }`,
  });
  const port = Number(new URL(lb.url).port);
  const securePort = Number(/https:\/\/[^:]+:(\d+)/.exec(lb.running.stderr())?.[1]);

  const rows: Row[] = [];
  const musts: Must[] = [];
  const weather = async (name: string, during: () => Promise<Report>): Promise<Report> => {
    const before = between.accepted;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, memoryOf(lb.running.child.pid, 'VmRSS'));
    }, 200);
    stage.onEnd(() => clearInterval(watch));
    const load = startLoad(port, '/invoke/quick', RATE);
    const report = await during();
    const seen = await load.stop();
    clearInterval(watch);
    const held = await heldAtLast(lb);
    const failed = failedOf(seen).length;
    rows.push({
      name,
      figures: {
        storm: wordsOf(report),
        'calls beside it': String(seen.length),
        failed: String(failed),
        p50: ms(quantile(seen, 0.5)),
        p99: ms(quantile(seen, 0.99)),
        'resident at most': mib(most),
        'new connections to the runner': String(between.accepted - before),
      },
    });
    const holds = failed === 0 && held === 0 && most <= RESIDENT_MAX;
    musts.push({
      line: `${name}: 0 failed beside it, nothing held afterwards, at most ${mib(RESIDENT_MAX)} resident`,
      holds,
    });
    stage.tell(`  ${name}: ${wordsOf(report)}; ${failed} of ${seen.length} failed`);
    return report;
  };

  const calm = async (): Promise<Report> => {
    await pause(CALM_MS * stage.scale);
    return {};
  };
  await weather('calm', calm);
  const heapBefore = await heapOf(lb);
  const connectionsBefore = between.accepted;
  for (const { storm: name, count, must } of STORMS) {
    const holdMs = HOLD_MS * stage.scale;
    const wanted = Math.max(20, Math.round(count * stage.scale));
    const order = { storm: name, port, securePort, count: wanted, holdMs };
    const report = await weather(name, () => storm(order));
    if (must === undefined) continue;
    musts.push({ line: `${name}: ${wordsOf(report)}`, holds: must(report) });
  }
  await weather('calm again', calm);
  const heapAfter = await heapOf(lb);
  musts.push(
    {
      line: 'the connection to the runner survives all of it',
      holds: between.accepted === connectionsBefore && between.open === 1,
    },
    heapMust(heapBefore, heapAfter),
  );
  return { rows, musts };
}

export const hostile: Trial = {
  name: 'hostile',
  title: 'Clients that mean harm',
  about: `One LB by its defaults, one runner of ${SLOTS} slots. ${RATE} calls a second of clients that behave go on \
beside each storm, which is in a thread of its own on the same machine: the latencies beside it are \
those of a machine that does all of that.`,
  run,
};
