/** A runner that is stopped in the middle of its work, its connections open, and goes on later. */
import { setTimeout as pause } from 'node:timers/promises';
import { failedOf, quantile, startLoad, type Seen } from './load.js';
import { booksOf, fleetOf, HALF_LOAD, lbOf, RUNNERS } from './fleet.js';
import { heldAtLast } from './platform.js';
import { ms, type Outcome, type Stage, type Trial } from './trial.js';

const BEFORE_MS = 15_000;
const FROZEN_MS = 30_000;
const AFTER_MS = 30_000;
const TIMEOUT_MS = 5000;
/** An answer may take a moment longer than the deadline that it tells of. */
const SLACK_MS = 1000;

interface Belief {
  readonly runner: string;
  readonly state: string;
}

async function run(stage: Stage): Promise<Outcome> {
  const fleet = await fleetOf(stage, RUNNERS);
  const { lb } = await lbOf(stage, fleet);
  const victim = fleet[0];
  if (victim === undefined) throw new Error('no runner');
  stage.onEnd(() => victim.running.child.kill('SIGCONT'));

  const states: { readonly at: number; readonly state: string }[] = [];
  const watch = setInterval(() => {
    void lb.look('/debug/runners').then(({ body }) => {
      const one = (JSON.parse(body) as Belief[]).find(({ runner }) => runner === victim.address);
      states.push({ at: performance.now(), state: one?.state ?? 'gone' });
    });
  }, 200);
  stage.onEnd(() => clearInterval(watch));

  const load = startLoad(Number(new URL(lb.url).port), '/invoke/work', HALF_LOAD * stage.load);
  await pause(BEFORE_MS * stage.scale);
  const frozenAt = performance.now();
  victim.running.child.kill('SIGSTOP');
  await pause(FROZEN_MS * Math.max(0.5, stage.scale));
  const startsAtThaw = victim.log().length;
  const thawedAt = performance.now();
  victim.running.child.kill('SIGCONT');
  await pause(AFTER_MS * Math.max(0.5, stage.scale));
  const startsLater = victim.log().slice(startsAtThaw);
  const seen = await load.stop();
  clearInterval(watch);
  const held = await heldAtLast(lb);

  const books = booksOf(fleet);
  const failed = failedOf(seen);
  const between = (from: number, to: number) => (one: Seen) =>
    one.sentAt >= from && one.sentAt < to;
  const during = seen.filter(between(frozenAt, thawedAt));
  const before = seen.filter(between(0, frozenAt));
  const after = seen.filter(between(thawedAt + TIMEOUT_MS, Infinity));
  const longest = Math.max(0, ...failed.map(({ sentAt, endAt }) => endAt - sentAt));
  const kept = failed.filter(({ sentAt }) => sentAt < frozenAt - TIMEOUT_MS || sentAt > thawedAt);
  const shut = states.find(({ at, state }) => at > frozenAt && state !== 'open');
  const stayed = states.filter(({ at }) => at > thawedAt && at <= thawedAt + AFTER_MS);
  const back = stayed.find(({ state }) => state === 'open');
  const row = (name: string, of: readonly Seen[]) => ({
    name,
    figures: {
      calls: String(of.length),
      failed: String(failedOf(of).length),
      p50: ms(quantile(of, 0.5)),
      p99: ms(quantile(of, 0.99)),
    },
  });
  const seconds = (at: number | undefined, from: number): string =>
    at === undefined ? 'never' : `${((at - from) / 1000).toFixed(1)} s`;
  return {
    rows: [row('before', before), row('while it is stopped', during), row('after', after)],
    musts: [
      {
        line: `its calls end by their deadline of ${TIMEOUT_MS / 1000} s: the ${failed.length} that failed after ${ms(longest)} at most`,
        holds: longest <= TIMEOUT_MS + SLACK_MS,
      },
      {
        line: 'others are unaffected: who failed was sent while it was stopped, or was there when it was',
        holds: kept.length === 0,
      },
      {
        line: `it is shut out (${shut?.state ?? 'never'}) ${seconds(shut?.at, frozenAt)} after it was stopped`,
        holds: shut !== undefined,
      },
      {
        line: `and is back ${seconds(back?.at, thawedAt)} after it goes on: it executed ${startsLater.length >> 1} calls in the next ${AFTER_MS / 1000} s`,
        holds: back !== undefined && startsLater.length > 10,
      },
      { line: 'no call started twice', holds: books.twice === 0 },
      { line: 'nothing is held afterwards', holds: held === 0 },
    ],
  };
}

export const frozen: Trial = {
  name: 'frozen',
  title: 'A runner that is stopped',
  about: `The same fleet and load; one runner is stopped (SIGSTOP) for ${FROZEN_MS / 1000} s and then goes on (SIGCONT). \
Calls have ${TIMEOUT_MS / 1000} s.`,
  run,
};
