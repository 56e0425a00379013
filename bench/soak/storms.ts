/**
 * Clients that mean harm, in a thread of their own: what they do must not slow down those whose
 * latency is measured. Each storm ends by itself and says how large it got.
 */
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is told to do. */
export interface Order {
  readonly storm: StormName;
  readonly port: number;
  readonly securePort: number;
  readonly count: number;
  /** How long what is open stays so, where the storm is not over by itself. */
  readonly holdMs: number;
}
/** What it says at the end: what it did, and what it saw, by kind. */
export type Report = Readonly<Record<string, number>>;

const HEAD = 'POST /invoke/work HTTP/1.1\r\nHost: soak\r\n';
/** Storms that open and close connections keep so many open at once. */
const AT_ONCE = 200;
const SESSIONS_AT_ONCE = 4;
/** Loopback has many addresses: one alone runs out of ports. */
let from = 0;

function dial(port: number): Socket {
  const localAddress = `127.0.0.${1 + (from++ % 200)}`;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

/** Does `one` so many times, so many at once. */
async function repeat(count: number, atOnce: number, one: () => Promise<void>): Promise<void> {
  let begun = 0;
  const go = async (): Promise<void> => {
    while (begun++ < count) await one();
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, go));
}

/** What the server says until it closes the connection: the status of each answer. */
async function answers(port: number, bytes: string): Promise<readonly string[]> {
  const socket = dial(port);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.write(bytes);
  await closed(socket);
  return said.match(/HTTP\/1\.1 \d+/g) ?? [];
}

const storms = {
  /** Says nothing, and waits to be let go. */
  async idle({ port, count }: Order): Promise<Report> {
    let open = 0;
    let most = 0;
    const gone: Promise<void>[] = [];
    await repeat(count, AT_ONCE, async () => {
      const socket = dial(port).resume();
      const end = closed(socket);
      await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), end]);
      if (socket.destroyed) return;
      most = Math.max(most, ++open);
      gone.push(end.finally(() => (open -= 1)));
    });
    await Promise.all(gone);
    return { 'open at once': most, 'let go': gone.length };
  },
  /** A body of a byte a second. */
  async 'slow bodies'({ port, count, holdMs }: Order): Promise<Report> {
    const until = performance.now() + holdMs;
    let bytes = 0;
    await repeat(count, count, async () => {
      const socket = dial(port).resume();
      socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
      while (performance.now() < until && !socket.destroyed) {
        await pause(1000);
        socket.write('x');
        bytes += 1;
      }
      socket.destroy();
    });
    return { bodies: count, bytes };
  },
  /** Asks for megabytes and does not read them. */
  async 'stalled readers'({ port, count, holdMs }: Order): Promise<Report> {
    await repeat(count, count, async () => {
      const socket = dial(port);
      socket.write('POST /invoke/big HTTP/1.1\r\nHost: soak\r\nContent-Length: 0\r\n\r\n');
      await pause(holdMs);
      socket.destroy();
    });
    return { readers: count };
  },
  /** A whole request, and the connection is gone. */
  async aborts({ port, count }: Order): Promise<Report> {
    let sent = 0;
    await repeat(count, AT_ONCE, async () => {
      const socket = dial(port);
      const end = closed(socket);
      socket.on('connect', () => {
        sent += 1;
        socket.write(`${HEAD}Content-Length: 4\r\n\r\nping`, () => {
          if (sent % 20 === 0) socket.destroy();
          else socket.resetAndDestroy();
        });
      });
      await end;
    });
    return { aborted: sent };
  },
  /** Streams of HTTP/2 that are reset as soon as they are opened. */
  async 'rapid reset'({ securePort, count, holdMs }: Order): Promise<Report> {
    const until = performance.now() + holdMs;
    let sessions = 0;
    let streams = 0;
    await repeat(count, SESSIONS_AT_ONCE, async () => {
      if (performance.now() > until) return;
      const session = connectHttp2(`https://127.0.0.1:${securePort}`, {
        rejectUnauthorized: false,
      });
      const end = new Promise((resolve) => session.once('close', resolve));
      session.on('error', () => undefined);
      session.on('connect', () => (sessions += 1));
      while (!session.destroyed && !session.closed && performance.now() < until) {
        for (let i = 0; i < 50 && !session.destroyed && !session.closed; i++, streams++) {
          const stream = session.request({ ':method': 'POST', ':path': '/invoke/work' });
          stream.on('error', () => undefined).close(constants.NGHTTP2_CANCEL);
        }
        // So that it sees that it is cut off, and comes again.
        await pause(5);
      }
      session.destroy();
      await end;
    });
    return { sessions, streams };
  },
  /** Headers of 64 KiB. */
  async 'large headers'({ port, count }: Order): Promise<Report> {
    const bytes = `${HEAD}X-A: ${'a'.repeat(65_536)}\r\nContent-Length: 0\r\n\r\n`;
    let refused = 0;
    await repeat(count, 50, async () => {
      const said = await answers(port, bytes);
      // Bytes that come behind the answer may cut it: no answer is one as well.
      if (said.every((status) => status === 'HTTP/1.1 431')) refused += 1;
    });
    return { requests: count, refused };
  },
  /** Two requests where a careless reader sees one. */
  async smuggling({ port, count }: Order): Promise<Report> {
    const inner = 'POST /invoke/work HTTP/1.1\r\nHost: soak\r\nContent-Length: 0\r\n\r\n';
    const tricks = [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      'Content-Length: 5\r\nContent-Length: 6\r\n',
      'X-A: b\r\n folded\r\nContent-Length: 0\r\n',
      'Transfer-Encoding: chunked, gzip\r\n',
      'Content-Length : 5\r\n',
    ];
    let next = 0;
    let refused = 0;
    await repeat(count, 50, async () => {
      const trick = tricks[next++ % tricks.length] ?? '';
      const said = await answers(port, `${HEAD}${trick}\r\n0\r\n\r\n${inner}`);
      if (said.length === 1 && said[0] === 'HTTP/1.1 400') refused += 1;
    });
    return { requests: count, refused };
  },
};

export type StormName = keyof typeof storms;

if (parentPort !== null) {
  const order = workerData as Order;
  parentPort.postMessage(await storms[order.storm](order));
}
