/**
 * Work on threads: items are handed out in order, and their results come back in that order, so
 * that what a command prints does not depend on how many threads it has.
 */
import { Worker } from 'node:worker_threads';
import { textOf } from './exit.js';
import type { Interrupt } from './interrupt.js';

export interface JobsOptions<Item> {
  /** The module that a thread runs: it answers each message by `answerJobs`. */
  readonly module: URL;
  /** What each thread is given as it starts. */
  readonly data: unknown;
  /** Items may be without end: the next is taken when a thread is idle. */
  readonly items: Iterator<Item>;
  /** Threads at once. */
  readonly jobs: number;
  readonly interrupt: Interrupt;
  /** A thread that has not answered after so long is stuck, and is ended. Default never. */
  readonly patienceMs?: number;
}

/** A thread's answer, or why there is none: it threw, or died, as when its memory runs out. */
export type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly died: boolean; readonly error: string };

/** Results that wait for an earlier one: more are not worked for. */
const AHEAD_MAX = 1000;

interface Job<Item> {
  readonly index: number;
  readonly item: Item;
  readonly watch: NodeJS.Timeout | undefined;
}

/** Yields each item with its answer, in the order of the items. However it ends, threads stop. */
export async function* inJobs<Item, Result>(
  options: JobsOptions<Item>,
): AsyncGenerator<{ readonly item: Item; readonly answer: Answer<Result> }> {
  const { module, data, items, jobs, interrupt, patienceMs } = options;
  const threads = new Map<Worker, Job<Item> | undefined>();
  const done = new Map<number, { item: Item; answer: Answer<Result> }>();
  let handed = 0;
  let told = 0;
  let over = false;
  let wake: () => void = () => undefined;

  const answered = (worker: Worker, answer: Answer<Result>): void => {
    const job = threads.get(worker);
    if (job === undefined) return;
    clearTimeout(job.watch);
    threads.set(worker, undefined);
    done.set(job.index, { item: job.item, answer });
    wake();
  };
  const start = (): Worker => {
    const worker = new Worker(module, { workerData: data });
    worker.on('message', (answer: Answer<Result>) => answered(worker, answer));
    worker.on('error', (error) => {
      answered(worker, { ok: false, died: true, error: textOf(error) });
      // Nothing more is for it: it ends.
      threads.delete(worker);
    });
    worker.on('exit', (code) => {
      answered(worker, { ok: false, died: true, error: `it ended with ${code}` });
      threads.delete(worker);
      wake();
    });
    threads.set(worker, undefined);
    return worker;
  };
  const watched = (worker: Worker): NodeJS.Timeout | undefined => {
    if (patienceMs === undefined) return undefined;
    return setTimeout(() => {
      const error = `it gave no answer in ${Math.round(patienceMs / 1000)} s`;
      answered(worker, { ok: false, died: true, error });
      threads.delete(worker);
      void worker.terminate();
    }, patienceMs);
  };
  const handOut = (): void => {
    while (!over && handed < told + AHEAD_MAX) {
      const idle = [...threads].find(([, job]) => job === undefined)?.[0];
      if (idle === undefined && threads.size >= jobs) return;
      const next = items.next();
      if (next.done === true) {
        over = true;
        return;
      }
      const worker = idle ?? start();
      threads.set(worker, { index: handed, item: next.value, watch: watched(worker) });
      handed += 1;
      worker.postMessage(next.value);
    }
  };
  const offInterrupt = interrupt.on(() => wake());
  try {
    for (;;) {
      handOut();
      const first = done.get(told);
      if (first !== undefined) {
        done.delete(told);
        told += 1;
        yield first;
        continue;
      }
      if (over && told === handed) return;
      await new Promise<void>((resolve) => (wake = resolve));
      interrupt.check();
    }
  } finally {
    offInterrupt();
    for (const job of threads.values()) clearTimeout(job?.watch);
    await Promise.all([...threads.keys()].map((worker) => worker.terminate()));
  }
}
