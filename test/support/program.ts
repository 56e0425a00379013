/** A program that embeds the balancer, as a process of its own, and a gRPC runner behind it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createSystemClock } from '../../core/clock.js';
import type { Executor } from '../../proto/executor.js';
import { createGrpcServer, defaultGrpcServerLimits } from '../../proto/grpc/server.js';
import { serve } from '../../proto/session.js';

const BODY_MAX_BYTES = 1024 * 1024;

export interface ServedExecutor {
  /** `host:port`. */
  readonly address: string;
  /** Breaks what runs. */
  kill(): void;
}

/** A runner for `executor`, on a port of its own. */
export async function serveExecutor(executor: Executor): Promise<ServedExecutor> {
  const clock = createSystemClock();
  const limits = { bodyMaxBytes: BODY_MAX_BYTES, responseMaxBytes: BODY_MAX_BYTES };
  const server = createGrpcServer({
    onEngage: (wire) => serve({ clock, executor, ...limits }, wire),
    status: () => ({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (told) => (told instanceof Error ? reject(told) : resolve(told)));
  });
  return { address: `127.0.0.1:${port}`, kill: () => server.forceClose() };
}

export interface Program {
  readonly port: number;
  /** The first that it printed: it serves by then. */
  readonly said: string;
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<unknown[]>;
  signal(name: NodeJS.Signals): void;
}

/** Starts the module at `path` as `RUNNERS=… PORT=… node …`, and waits for its first words. */
export async function startProgram(path: string, runners: string): Promise<Program> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), RUNNERS: runners };
  const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [said] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => ['it ended: `npm run build` first']),
  ])) as [Buffer | string];
  return { port, said: String(said), ended, signal: (name) => void child.kill(name) };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
