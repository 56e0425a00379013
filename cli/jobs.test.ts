/** Work on threads: in order, all of it, whatever becomes of a thread. */
import { describe, expect, it } from 'vitest';
import type { Interrupt } from './interrupt.js';
import { inJobs, type Answer } from './jobs.js';

/** A thread that answers a number by its square, and may do worse. */
const module = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (item) => {
      if (item === 13) process.exit(7);
      if (item === 23) for (;;);
      if (item === 17) setTimeout(() => { throw new Error('boom'); });
      else if (item % 5 === 0) setTimeout(() => parentPort.postMessage({ ok: true, result: item * item }), 20);
      else parentPort.postMessage({ ok: true, result: item * item });
    });`)}`,
);

let interrupted = false;
const listeners = new Set<() => void>();
const interrupt: Interrupt = {
  check() {
    if (interrupted) throw new Error('interrupted');
  },
  turn: () => Promise.resolve(),
  on(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

async function all(
  items: Iterable<number>,
  jobs: number,
): Promise<{ item: number; answer: Answer<number> }[]> {
  const seen = [];
  const patience = { interrupt, patienceMs: 1500 };
  const options = { module, data: undefined, items: items[Symbol.iterator](), jobs, ...patience };
  for await (const one of inJobs<number, number>(options)) seen.push(one);
  return seen;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('jobs', () => {
  it.each([1, 2, 5])('of %d threads are told in the order of their items', async (jobs) => {
    const numbers = upTo(40).filter((item) => ![13, 17, 23].includes(item));
    const seen = await all(numbers, jobs);
    expect(seen).toEqual(
      numbers.map((item) => ({ item, answer: { ok: true, result: item * item } })),
    );
  });

  it('that kill their thread are answered, and the others go on', async () => {
    const seen = await all(upTo(20), 2);
    expect(seen.map(({ item }) => item)).toEqual(upTo(20));
    const failed = seen.filter(({ answer }) => !answer.ok);
    expect(failed).toEqual([
      { item: 13, answer: { ok: false, died: true, error: 'it ended with 7' } },
      { item: 17, answer: { ok: false, died: true, error: 'boom' } },
    ]);
  });

  it('that never come back are ended, and the others go on', async () => {
    const seen = await all([22, 23, 24], 1);
    expect(seen.map(({ answer }) => answer)).toEqual([
      { ok: true, result: 22 * 22 },
      { ok: false, died: true, error: 'it gave no answer in 2 s' },
      { ok: true, result: 24 * 24 },
    ]);
  });

  it('are none where there are no items', async () => {
    expect(await all([], 3)).toEqual([]);
  });

  it('end with an interrupt, and with who listens no more', async () => {
    const endless = (function* () {
      for (let item = 5; ; item += 5) yield item;
    })();
    const running = all(endless, 2);
    interrupted = true;
    for (const listener of listeners) listener();
    await expect(running).rejects.toThrow('interrupted');
    interrupted = false;
    expect(listeners.size).toBe(0);
  });
});
