/** Sinks with a client behind them: those of both doors, and the simulator's. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NEVER } from 'rxjs';
import type { Balancer } from '../../core/balancer.js';
import { call } from '../../core/call-promise.js';
import { nodeHandler } from '../../core/http.js';
import type { ClientLine } from '../../core/record.js';
import type { Header } from '../../core/runner.js';
import type { Sink } from '../../core/sink.js';
import { createClient, createWitness, requestFor } from '../../sim/client.js';
import { EMPTY_HASH, hashBytes } from '../../sim/content.js';
import { realPatience, turn, virtualPatience } from '../conformance/law.js';
import type { SinkRig } from '../conformance/sink.js';
import { scenarioOf } from './fly.js';
import { createVirtualClock } from './virtual.js';

/** Turns of the loop after which what was on its way over the loopback has come. */
const TURNS = 50;

/** The sink that the HTTP edge makes for a request, and the client that sent it. */
export async function httpSink(): Promise<SinkRig> {
  let sink: Sink | undefined;
  const taking: Pick<Balancer, 'handle'> = {
    handle(_request, made) {
      sink = made;
      return NEVER;
    },
  };
  const server = createServer(nodeHandler(taking as Balancer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = request({ host: '127.0.0.1', port, method: 'POST', path: '/invoke/hello' });
  const chunks: Buffer[] = [];
  let response: IncomingMessage | undefined;
  let how: 'open' | 'ended' | 'cut' = 'open';
  let reading = true;
  const over = (): void => {
    if (how === 'open') how = response?.complete === true ? 'ended' : 'cut';
  };
  client.on('error', over);
  client.on('response', (came) => {
    response = came;
    came.on('data', (chunk: Buffer) => chunks.push(chunk));
    came.on('error', () => undefined).on('close', over);
    if (!reading) came.pause();
  });
  client.end();
  const patience = realPatience(async () => {
    for (let i = 0; i < TURNS; i++) await turn();
  });
  await patience.until(() => sink !== undefined);
  if (sink === undefined) throw new Error('the edge made no sink');
  return {
    ...patience,
    sink,
    got: () => ({
      status: response?.statusCode ?? 0,
      headers: pairs(response?.rawHeaders ?? []),
      bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      how,
      same: (body) => Buffer.concat(chunks).equals(body),
    }),
    reads(next) {
      reading = next;
      if (next) response?.resume();
      else response?.pause();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The sink that the promise door makes for a call, and a reader of the answer. */
export function promisedSink(): SinkRig {
  let sink: Sink | undefined;
  const taking: Pick<Balancer, 'handle'> = {
    handle(_request, made) {
      sink = made;
      return NEVER;
    },
  };
  const chunks: Uint8Array[] = [];
  const head: { status: number; headers?: readonly Header[] } = { status: 0 };
  let how: 'open' | 'ended' | 'cut' = 'open';
  let reading = true;
  const patience = realPatience(turn);
  const read = async (): Promise<void> => {
    const answer = await call(taking, { fn: 'hello' });
    head.status = answer.status;
    head.headers = answer.headers;
    const body = answer.body[Symbol.asyncIterator]();
    for (;;) {
      while (!reading) await turn();
      const next = await body.next();
      if (next.done === true) return;
      chunks.push(next.value);
    }
  };
  read().then(
    () => (how = 'ended'),
    () => (how = 'cut'),
  );
  if (sink === undefined) throw new Error('the door made no sink');
  return {
    ...patience,
    sink,
    got: () => ({
      status: head.status,
      headers: head.headers,
      bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      how,
      same: (body) => Buffer.concat(chunks).equals(body),
    }),
    reads: (next) => (reading = next),
    close: () => undefined,
  };
}

function pairs(raw: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return headers;
}

/** A client of the simulator. It has no headers to show, and always takes everything. */
export function simulatedSink(): SinkRig {
  const clock = createVirtualClock();
  const { functions } = scenarioOf(`
version: 1
name: one
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { a: { service: 5ms } }
fleet: [{ name: r, count: 1, slots: 1 }]`);
  const [fn] = functions;
  if (fn === undefined) throw new Error('no function');
  const planned = { id: 'c1', first: 'c1', atUs: 0, fn, lb: 0 };
  const lines: ClientLine[] = [];
  const tell = (line: ClientLine): void => void lines.push(line);
  const witness = createWitness(clock, planned, requestFor(planned), clock.now(), tell);
  const sink = createClient(witness);
  return {
    ...virtualPatience(clock),
    sink,
    got() {
      const [line] = lines;
      if (lines.length > 1) throw new Error('a client told twice how it ended');
      if (line === undefined || line.how === 'left') return OPEN;
      const { status, bytes, hash, how } = line;
      const same = (body: Uint8Array): boolean => hashBytes(EMPTY_HASH, body) === hash;
      return { status, bytes, how, same, headers: undefined };
    },
    close: () => undefined,
  };
}

const OPEN = { status: 0, headers: undefined, bytes: 0, how: 'open', same: () => false } as const;
