/**
 * Processor sharing: the executions of a runner divide its cores equally, none taking more than
 * one. Kept as virtual work: all that are at work have the same rate, so each is done when what one
 * of them has worked since it came reaches its own need. One timer for all of them.
 */
import type { Clock, Timer } from '../core/clock.js';
import { nobody, type Others } from './antagonist.js';

/** Works for so many µs of a core; `done` is called once, later. Cancel gives its share back. */
export type Work = (us: number, done: () => void) => Timer;

/** µs of work that count as none: sums of fractions miss whole numbers by less. */
const SLACK_US = 0.001;

interface Job {
  /** What each has worked when this one is done. */
  readonly finish: number;
  readonly done: () => void;
}

/** `others` take their share of the cores first. */
export function createSharing(clock: Clock, cores: number, others: Others = nobody): Work {
  /** At work: the next to be done is the last, and of equals who came first. */
  const jobs: Job[] = [];
  /** Done, and not told yet. */
  const finished: Job[] = [];
  /** Work that each has done since nobody was at work, as of `at`. */
  let worked = 0;
  let at = clock.now();
  let timer: Timer | undefined;
  let due = 0;
  let telling = false;

  /** What each works in a µs, from `at` until others want more or less, or one is done. */
  const rate = (): number => Math.min(1, (cores * (1 - others(at).share)) / jobs.length);

  /** Up to now, from one change of the rate to the next. */
  const advance = (): void => {
    const now = clock.now();
    for (let job = jobs.at(-1); job !== undefined; job = jobs.at(-1)) {
      const until = Math.min(now, others(at).until);
      const speed = rate();
      const left = job.finish - worked;
      const could = (until - at) * speed;
      if (left <= could + SLACK_US) {
        at = Math.min(until, at + left / speed);
        worked = job.finish;
        jobs.pop();
        finished.push(job);
        continue;
      }
      worked += could;
      at = until;
      if (until === now) break;
    }
    at = now;
    if (jobs.length === 0) worked = 0;
  };

  /** Index of the first that is done no later than this. */
  const placeOf = (finish: number): number => {
    let low = 0;
    let high = jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((jobs[middle] as Job).finish > finish) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const arm = (): void => {
    if (telling) return;
    const next = jobs.at(-1);
    if (finished.length === 0 && next === undefined) {
      timer?.cancel();
      timer = undefined;
      return;
    }
    const now = clock.now();
    const left = finished.length > 0 ? 0 : ((next as Job).finish - worked) / rate();
    const instant = Math.min(now + Math.max(0, Math.ceil(left - SLACK_US)), others(at).until);
    // One that is due already is on its way, however late it comes.
    if (timer !== undefined && (due === instant || due <= now)) return;
    timer?.cancel();
    due = instant;
    timer = clock.after(due - now, tell);
  };

  const tell = (): void => {
    timer = undefined;
    advance();
    telling = true;
    for (let job = finished.shift(); job !== undefined; job = finished.shift()) job.done();
    telling = false;
    arm();
  };

  const cancel = (job: Job): void => {
    advance();
    const list = finished.includes(job) ? finished : jobs;
    const index = list.indexOf(job, list === jobs ? placeOf(job.finish) : 0);
    if (index === -1) return;
    list.splice(index, 1);
    if (jobs.length === 0) worked = 0;
    arm();
  };

  return (us, done) => {
    advance();
    const job: Job = { finish: worked + us, done };
    jobs.splice(placeOf(job.finish), 0, job);
    arm();
    return { cancel: () => cancel(job) };
  };
}
