/** A real HTTP server on the loopback in front of scripted runners, and a raw client for it. */
import { once } from 'node:events';
import {
  createServer,
  request,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBalancer, type Balancer } from '../../core/balancer.js';
import { createSystemClock } from '../../core/clock.js';
import { nodeHandler, type EdgeOptions } from '../../core/http.js';
import { staticFunctions, type DataAccess } from '../../core/data-access.js';
import type { BalancerOptions } from '../../core/options.js';
import { staticPool } from '../../core/pools.js';
import type { ProbeEvent } from '../../core/probe.js';
import { seededRng } from '../../core/rng.js';
import { scriptedRunner, type Script, type ScriptedRunner } from './scripted-runner.js';

export interface Edge {
  readonly port: number;
  readonly runner: ScriptedRunner;
  readonly balancer: Balancer;
  readonly probed: ProbeEvent[];
  /** The first event of that kind, when it is told; those of the past count. */
  told<K extends ProbeEvent['kind']>(kind: K): Promise<Extract<ProbeEvent, { kind: K }>>;
  open(given?: Ask): ClientRequest;
  /** Sends one call and reads all of the answer. */
  ask(given?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly raw: readonly string[];
  readonly body: string;
  /** Length of the body, which as text may be another one. */
  readonly bytes: number;
  /** The client could see that the body was cut. */
  readonly aborted: boolean;
  /** Local port of the connection it came over. */
  readonly over: number | undefined;
}

export async function createEdge(
  scripts: readonly Script[],
  options: Partial<BalancerOptions> = {},
  edge: EdgeOptions = {},
  data: DataAccess = staticFunctions({ hello: { timeoutMs: 10_000 }, 'a b': {} }),
): Promise<Edge> {
  const clock = createSystemClock();
  const runner = scriptedRunner(clock, 'a', scripts);
  const probed: ProbeEvent[] = [];
  let listeners: ((event: ProbeEvent) => void)[] = [];
  const balancer = createBalancer(
    {
      clock,
      rng: seededRng(1),
      pool: staticPool([runner]),
      data,
      probe(event) {
        probed.push(event);
        for (const listener of listeners) listener(event);
      },
    },
    // A busy machine must not change how a short answer is framed.
    { headHoldMs: 2_000, ...options },
  );
  const server = createServer(nodeHandler(balancer, edge)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const open = (given: Ask = {}): ClientRequest => {
    const { method = 'POST', path = '/invoke/hello', headers = {}, agent } = given;
    return request({ host: '127.0.0.1', port, method, path, headers, ...(agent ? { agent } : {}) });
  };
  return {
    port,
    runner,
    balancer,
    probed,
    told<K extends ProbeEvent['kind']>(kind: K) {
      type Told = Extract<ProbeEvent, { kind: K }>;
      const past = probed.find((event): event is Told => event.kind === kind);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise<Told>((resolve) => {
        listeners.push(function listener(event) {
          if (event.kind !== kind) return;
          listeners = listeners.filter((each) => each !== listener);
          resolve(event as Told);
        });
      });
    },
    open,
    async ask(given = {}) {
      const asking = open(given);
      // A refused upload may break under the client's hands; what counts is the answer.
      asking.on('error', () => undefined);
      asking.end(given.body);
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      return answerOf(response);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads a response to its end, clean or not. */
export async function answerOf(response: IncomingMessage): Promise<Answer> {
  const over = response.socket.localPort;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    raw: response.rawHeaders,
    body: body.toString(),
    bytes: body.length,
    aborted: !response.complete,
    over,
  };
}
