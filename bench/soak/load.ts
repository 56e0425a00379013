/** Clients that behave: an open loop of calls at a steady rate, and what each of them saw. */
import { Agent, request } from 'node:http';

export interface Seen {
  readonly id: string;
  /** When it was meant to be sent, and when it was over: ms of `performance.now()`. */
  readonly sentAt: number;
  readonly endAt: number;
  /** 0: its connection broke before the end of its answer. */
  readonly status: number;
}

export interface Load {
  /** Those that are over, in the order of their ends. */
  readonly seen: readonly Seen[];
  /** Sends no more, and waits for those that are out. */
  stop(): Promise<readonly Seen[]>;
}

let loads = 0;

/** Begins to send `perSec` calls a second to `path`, with ids of their own. */
export function startLoad(port: number, path: string, perSec: number): Load {
  // All connections in turn: one that lies idle while others are used would prove nothing.
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo' });
  const prefix = `soak${++loads}-${process.pid}-`;
  const seen: Seen[] = [];
  const startedAt = performance.now();
  let sent = 0;
  let stopped: (() => void) | undefined;

  const send = (sentAt: number): void => {
    const id = `${prefix}${sent++}`;
    let over = false;
    const end = (status: number): void => {
      if (over) return;
      over = true;
      seen.push({ id, sentAt, endAt: performance.now(), status });
      if (seen.length === sent) stopped?.();
    };
    const headers = { 'x-call': id };
    const asking = request({ host: '127.0.0.1', port, agent, method: 'POST', path, headers });
    asking.on('error', () => end(0));
    asking.on('response', (response) => {
      const bytes: Buffer[] = [];
      response.on('data', (chunk: Buffer) => bytes.push(chunk));
      response.on('error', () => end(0));
      response.on('close', () => end(0));
      response.on('end', () => {
        const { statusCode = 0 } = response;
        // An answer that is not its own would be worse than none.
        const own = statusCode !== 200 || Buffer.concat(bytes).toString() === id;
        end(own ? statusCode : 0);
      });
    });
    asking.end(id);
  };
  const due = (): number => startedAt + (sent * 1000) / perSec;
  const timer = setInterval(() => {
    while (due() <= performance.now()) send(due());
  }, 2);
  return {
    seen,
    async stop() {
      clearInterval(timer);
      const all = new Promise<void>((resolve) => (stopped = resolve));
      if (seen.length < sent) await all;
      agent.destroy();
      return seen;
    },
  };
}

export const failedOf = (seen: readonly Seen[]): readonly Seen[] =>
  seen.filter(({ status }) => status !== 200);

/** The value of rank ⌈p·n⌉ of the latencies of those that were answered, ms. */
export function quantile(seen: readonly Seen[], p: number): number {
  const ms = seen
    .filter(({ status }) => status === 200)
    .map(({ sentAt, endAt }) => endAt - sentAt)
    .sort((a, b) => a - b);
  return ms[Math.max(0, Math.ceil(p * ms.length) - 1)] ?? NaN;
}
