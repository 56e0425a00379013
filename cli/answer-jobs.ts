/** The thread's half of `jobs.ts`. */
import { parentPort } from 'node:worker_threads';
import { textOf } from './exit.js';
import type { Answer } from './jobs.js';

/** Answers each item that comes. What `work` throws is the answer to that item, and no more. */
export function answerJobs<Item, Result>(work: (item: Item) => Result): void {
  const port = parentPort;
  if (port === null) throw new Error('this module is for a thread');
  port.on('message', (item: Item) => {
    let answer: Answer<Result>;
    try {
      answer = { ok: true, result: work(item) };
    } catch (thrown) {
      answer = { ok: false, died: false, error: textOf(thrown) };
    }
    port.postMessage(answer);
  });
}
