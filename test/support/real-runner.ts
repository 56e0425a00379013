/** `windtunnel runner` as a process of its own, and a balancer in the test's process before it. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lastValueFrom } from 'rxjs';
import { afterAll, afterEach, expect } from 'vitest';
import type { LogLine } from '../../cli/runner/slots.js';
import {
  createBalancer,
  createSystemClock,
  nodeHandler,
  seededRng,
  staticFunctions,
  type BalancerOptions,
  type ProbeEvent,
} from '../../core/index.js';
import { grpcPool } from '../../proto/index.js';
import { processesLeft, start, type Ran, type Running } from './cli.js';
import { answerOf, type Answer, type Ask } from './edge.js';

export interface RealRunner extends Running {
  /** `host:port`. */
  readonly address: string;
  /** What it wrote to its log so far. */
  log(): LogLine[];
  /** SIGTERM, and how it ended. */
  stop(): Promise<Ran>;
}

/** Starts a runner on a free port and waits until it listens. Its log is `logFile`. */
async function startRunner(logFile: string, ...args: string[]): Promise<RealRunner> {
  const running = start(['runner', '--listen', '127.0.0.1:0', '--log', logFile, ...args]);
  let said = '';
  running.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await running.said('listening on');
  const [, address = ''] = /listening on (\S+),/.exec(said) ?? [];
  return {
    ...running,
    address,
    log() {
      if (!existsSync(logFile)) return [];
      const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as LogLine);
    },
    stop() {
      running.child.kill('SIGTERM');
      return running.done;
    },
  };
}

export interface Front {
  readonly probed: readonly ProbeEvent[];
  /** Begins a call of `/invoke/f`, which is still to be ended. */
  open(given?: Ask): ClientRequest;
  /** Sends one call and reads all of the answer. */
  ask(given?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** A balancer over these runners with the function `f`, once it is connected to all of them. */
async function createFront(
  addresses: readonly string[],
  options: Partial<BalancerOptions> = {},
): Promise<Front> {
  const clock = createSystemClock();
  const probed: ProbeEvent[] = [];
  const pool = grpcPool(clock, addresses);
  const data = staticFunctions({ f: { timeoutMs: 60_000, memoryMb: 128 } });
  const probe = (event: ProbeEvent): void => void probed.push(event);
  const balancer = createBalancer(
    { clock, rng: seededRng(1), pool, data, probe },
    { closeGraceMs: 1, ...options },
  );
  const server = createServer(nodeHandler(balancer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await until(() => pool.snapshot('default').every((runner) => runner.ready));
  const open = ({ method = 'POST', path = '/invoke/f', headers = {} }: Ask = {}): ClientRequest =>
    request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  return {
    probed,
    open,
    async ask(given = {}) {
      const asking = open(given);
      asking.on('error', () => undefined);
      asking.end(given.body);
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      return answerOf(response);
    },
    async close() {
      server.close();
      await lastValueFrom(balancer.close(), { defaultValue: undefined });
      server.closeAllConnections();
    },
  };
}

/** Looks until it is so, for at most 20 s: a busy machine may take its time. */
export async function until(condition: () => boolean): Promise<void> {
  for (const last = Date.now() + 20_000; !condition(); await pause(10)) {
    if (Date.now() > last) throw new Error(`never came true: ${condition.toString()}`);
  }
}

export interface Stage {
  /** A path for a file that is not there yet; written to at once if a text is given. */
  file(ending: string, text?: string): string;
  runner(...args: string[]): Promise<RealRunner>;
  front(runners: readonly RealRunner[], options?: Partial<BalancerOptions>): Promise<Front>;
  /** An HTTP server on a free port, or a socket; its URL as a runner takes it. */
  server(answer: RequestListener, socket?: string): Promise<string>;
}

/** What a test file needs; each test's runners drain and exit with 0, and nothing of them stays. */
export function createStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-runner-'));
  const closing: (() => unknown)[] = [];
  let files = 0;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    // What was killed with its group may take a moment to be gone.
    await until(() => processesLeft().length === 0);
  });
  const file = (ending: string, text?: string): string => {
    const path = join(folder, `${files++}${ending}`);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  };
  return {
    file,
    async runner(...args) {
      const started = await startRunner(file('.jsonl'), ...args);
      closing.push(async () => {
        if (started.child.exitCode === null) expect((await started.stop()).code).toBe(0);
      });
      return started;
    },
    async front(runners, options) {
      const made = await createFront(
        runners.map(({ address }) => address),
        options,
      );
      closing.push(() => made.close());
      return made;
    },
    async server(answer, socket) {
      const http = createServer(answer);
      http.listen(socket ?? { port: 0, host: '127.0.0.1' });
      await once(http, 'listening');
      closing.push(() => {
        http.closeAllConnections();
        http.close();
      });
      const at = http.address() as AddressInfo;
      return socket === undefined ? `http://127.0.0.1:${at.port}` : `unix:${socket}`;
    },
  };
}
