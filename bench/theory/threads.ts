/** Rows measured on two threads. A flight is one thread's, so nothing depends on their number. */
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { all } from './all.js';
import { measure, type Law, type Row } from './row.js';

const THREADS = 2;

/** The rows of these laws, by their number in `all`, in that order. Says each as it comes. */
export async function measureAll(numbers: readonly number[]): Promise<Row[]> {
  const rows = new Map<number, Row>();
  const left = together(numbers);
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url));
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        for (const number of next) rows.set(number, await answer(worker, number));
        const { law, parameters } = all[next[0] as number] as Law;
        process.stderr.write(`${rows.size} of ${numbers.length}: ${law}, ${parameters}\n`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: THREADS }, work));
  return numbers.map((number) => rows.get(number) as Row);
}

/** Rows of the same flights go to one thread, which flies them once. */
function together(numbers: readonly number[]): number[][] {
  const by = new Map<string, number[]>();
  for (const number of numbers) {
    const { law, parameters } = all[number] as Law;
    const key = `${law}\n${parameters}`;
    by.set(key, [...(by.get(key) ?? []), number]);
  }
  return [...by.values()];
}

function answer(worker: Worker, number: number): Promise<Row> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (row: Row) => {
      worker.off('error', reject);
      resolve(row);
    });
    worker.postMessage(number);
  });
}

if (!isMainThread) {
  parentPort?.on('message', (number: number) => {
    parentPort?.postMessage(measure(all[number] as Law));
  });
}
