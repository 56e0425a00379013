/** Runners that are killed every five seconds, at half load. */
import { setTimeout as pause } from 'node:timers/promises';
import { failedOf, quantile, startLoad, type Seen } from './load.js';
import { booksOf, fleetOf, HALF_LOAD, lbOf, RUNNERS } from './fleet.js';
import { heapOf, heldAtLast, runnersOf, SLOTS, WORK_MS } from './platform.js';
import { heapMust, mib, ms, type Outcome, type Stage, type Trial } from './trial.js';

const EVERY_MS = 5000;
const MINUTES = 10;
/** A call may still be sent to a runner that is dead, until its connection says so. */
const NOTICE_MS = 500;
/** Calls to settle what is made once, such as pools and compiled code. */
const WARM_MS = 20_000;

interface Kill {
  readonly runner: string;
  readonly at: number;
}

async function run(stage: Stage): Promise<Outcome> {
  const fleet = await fleetOf(stage, RUNNERS);
  const { lb, file } = await lbOf(stage, fleet);
  const port = Number(new URL(lb.url).port);
  const rate = HALF_LOAD * stage.load;
  const warm = startLoad(port, '/invoke/work', rate);
  await pause(WARM_MS * stage.scale);
  await warm.stop();
  const heapBefore = await heapOf(lb);

  const load = startLoad(port, '/invoke/work', rate);
  const kills: Kill[] = [];
  const until = performance.now() + MINUTES * 60_000 * stage.scale;
  for (let i = 0; performance.now() < until; i++) {
    const next = performance.now() + EVERY_MS;
    const victim = fleet[i % RUNNERS];
    if (victim === undefined) throw new Error('no runner');
    kills.push({ runner: victim.address, at: performance.now() });
    await victim.crash();
    if (i % 12 === 11) stage.tell(`  ${kills.length} kills, ${load.seen.length} calls`);
    await pause(Math.max(0, next - performance.now()));
  }
  const seen = await load.stop();
  const held = await heldAtLast(lb);
  const heapAfter = await heapOf(lb);
  const books = booksOf(fleet);

  const failed = failedOf(seen);
  const on = runnersOf(file);
  const killed = failed.filter(({ id, sentAt, endAt }) =>
    kills.some(
      ({ runner, at }) => runner === on.get(id) && sentAt <= at + NOTICE_MS && endAt >= at,
    ),
  );
  const running = failed.filter(({ id }) => books.cut.has(id));
  const unheard = failed.filter(({ id }) => books.starts.has(id) && !books.cut.has(id));
  const unread = failed.filter(({ id }) => !books.starts.has(id));
  const statuses = [...new Set(failed.map(({ status }) => status))].sort();
  const others = seen.filter(whole(books.cut));
  return {
    rows: [
      {
        name: 'half load, kill -9 every 5 s',
        figures: {
          calls: String(seen.length),
          kills: String(kills.length),
          failed: String(failed.length),
          'running when killed': String(running.length),
          'executed, answer lost': String(unheard.length),
          'sent, not begun': String(unread.length),
          'started twice': String(books.twice),
          p50: ms(quantile(others, 0.5)),
          p99: ms(quantile(others, 0.99)),
          heap: `${mib(heapBefore)} → ${mib(heapAfter)}`,
        },
      },
    ],
    musts: [
      {
        line: `each call is answered; those that failed had 502 or a cut answer (${statuses.join(', ') || 'none'})`,
        holds: statuses.every((status) => status === 502 || status === 0),
      },
      {
        line: 'a call that failed was in flight on the runner that was killed: all others went elsewhere',
        holds: killed.length === failed.length,
      },
      { line: 'no call started twice', holds: books.twice === 0 },
      { line: 'nothing is held afterwards', holds: held === 0 },
      heapMust(heapBefore, heapAfter),
    ],
  };
}

const whole =
  (cut: ReadonlySet<string>) =>
  ({ id }: Seen): boolean =>
    !cut.has(id);

export const killing: Trial = {
  name: 'killing',
  title: 'Runners that are killed',
  about: `${RUNNERS} runner processes of ${SLOTS} slots, ${WORK_MS} ms a call, ${HALF_LOAD} calls a second for \
${MINUTES} minutes. Every 5 s one of them is killed (SIGKILL) and started again. Runners log the id of a call before it \
starts; no function is declared idempotent. A call that was sent and had not begun when its runner died cannot be \
told from one that had: it fails as well, rather than start twice. Latencies, from the instant a call was meant to be sent, \
are of all calls but those that were cut.`,
  run,
};
