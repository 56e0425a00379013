/** All runners restarted one after the other, then both LBs, under load through a TCP balancer. */
import { setTimeout as pause } from 'node:timers/promises';
import { failedOf, quantile, startLoad } from './load.js';
import { balancer, forward, heldAtLast } from './platform.js';
import { booksOf, fleetOf, HALF_LOAD, RUNNERS } from './fleet.js';
import type { Lb } from '../../test/support/lb.js';
import { ms, type Outcome, type Stage, type Trial } from './trial.js';

const REPLICAS = 2;
const BETWEEN_MS = 2000;
/** How often the TCP balancer asks who is ready. */
const LOOK_MS = 100;
const ROUNDS = 5;
/** Runners, LBs, clients and what starts anew share two cores. */
const LOAD = HALF_LOAD / 2;

interface Replica {
  lb: Lb;
  ready: boolean;
  readonly port: number;
  restart(): Promise<number | null>;
}

async function replica(stage: Stage, name: string, addresses: readonly string[]): Promise<Replica> {
  const file = `${stage.folder}/${name}.yaml`;
  const first = await balancer(file, addresses);
  const port = Number(new URL(first.url).port);
  const one: Replica = {
    lb: first,
    ready: true,
    port,
    async restart() {
      const code = await one.lb.stop();
      one.lb = await balancer(file, addresses, { listen: `127.0.0.1:${port}` });
      return code;
    },
  };
  stage.onEnd(() => one.lb.running.child.kill('SIGKILL'));
  return one;
}

async function run(stage: Stage): Promise<Outcome> {
  const fleet = await fleetOf(stage, RUNNERS);
  const addresses = fleet.map(({ address }) => address);
  const names = Array.from({ length: REPLICAS }, (_, index) => `lb${index}`);
  const replicas = await Promise.all(names.map((name) => replica(stage, name, addresses)));
  const looking = setInterval(() => {
    for (const one of replicas) {
      one.lb.look('/readyz').then(
        ({ status }) => (one.ready = status === 200),
        () => (one.ready = false),
      );
    }
  }, LOOK_MS);
  stage.onEnd(() => clearInterval(looking));
  const front = await forward(() => replicas.flatMap(({ ready, port }) => (ready ? [port] : [])));
  stage.onEnd(() => front.close());

  const rounds = Math.max(1, Math.round(ROUNDS * stage.scale));
  const load = startLoad(front.port, '/invoke/work', LOAD * stage.load);
  await pause(BETWEEN_MS);
  const codes: (number | null)[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const one of fleet) {
      await one.restart();
      await pause(BETWEEN_MS);
    }
    stage.tell(`  runners restarted, ${load.seen.length} calls`);
    for (const one of replicas) {
      codes.push(await one.restart());
      while (!one.ready) await pause(LOOK_MS);
      await pause(BETWEEN_MS);
    }
    stage.tell(`  LBs restarted, ${load.seen.length} calls`);
  }
  const seen = await load.stop();
  const held = await Promise.all(replicas.map(({ lb }) => heldAtLast(lb)));
  const failed = failedOf(seen);
  const books = booksOf(fleet);
  return {
    rows: [
      {
        name: `${rounds} rounds`,
        figures: {
          calls: String(seen.length),
          'runners restarted': String(rounds * RUNNERS),
          'LBs restarted': String(codes.length),
          connections: String(front.accepted),
          failed: String(failed.length),
          'started twice': String(books.twice),
          p50: ms(quantile(seen, 0.5)),
          p99: ms(quantile(seen, 0.99)),
        },
      },
    ],
    musts: [
      {
        line: `no call fails (${[...new Set(failed.map(({ status }) => status))].join(', ') || 'none did'})`,
        holds: failed.length === 0,
      },
      { line: 'each LB ends with code 0', holds: codes.every((code) => code === 0) },
      { line: 'no call started twice', holds: books.twice === 0 },
      { line: 'nothing is held afterwards', holds: held.every((one) => one === 0) },
    ],
  };
}

export const rolling: Trial = {
  name: 'rolling',
  title: 'A rolling restart',
  about: `${RUNNERS} runners and ${REPLICAS} LBs behind a plain TCP balancer that asks \`/readyz\` every ${LOOK_MS} ms, ${LOAD} calls a second. Each runner, then each LB gets a SIGTERM and is started again once it has gone; clients keep their \
connections and honour \`Connection: close\`.`,
  run,
};
