/** A real gRPC runner in the test's own process: the simulated executor behind a real server. */
import type { ServerCredentials } from '@grpc/grpc-js';
import { createSystemClock, type Clock } from '../../core/clock.js';
import type { ExecutorLine } from '../../core/record.js';
import { seededRng } from '../../core/rng.js';
import type { Dialect } from '../../proto/codec.js';
import { createGrpcServer, defaultGrpcServerLimits } from '../../proto/grpc/server.js';
import { serve } from '../../proto/session.js';
import { createSimExecutor, type SimExecutor, type SimExecutorParts } from '../../sim/executor.js';
import { scenarioOf } from './fly.js';

export interface ServedRunner {
  /** `host:port`. */
  readonly address: string;
  readonly executor: SimExecutor;
  /** Lets what runs end, within a second. */
  close(): Promise<void>;
  /** Breaks what runs. */
  kill(): void;
}

/** What is given; the defaults are those of `serveRunner`. */
export interface Serving {
  readonly clock: Clock;
  readonly runner: SimExecutorParts['runner'];
  readonly functions: SimExecutorParts['functions'];
  readonly machine: NonNullable<SimExecutorParts['machine']>;
  readonly log: (line: ExecutorLine) => void;
  readonly dialect: Dialect;
  readonly bodyMaxBytes: number;
  readonly responseMaxBytes: number;
  /** TLS; plaintext when left out. */
  readonly credentials?: ServerCredentials;
}

/** By default a runner of 64 slots with one function `a` of 5 ms, its bodies 20 KiB. */
export async function serveRunner(given: Partial<Serving> = {}): Promise<ServedRunner> {
  const { clock, runner, dialect, bodyMaxBytes, responseMaxBytes, credentials, ...executing } = {
    ...defaults(),
    ...given,
  };
  const rng = seededRng(1);
  const executor = createSimExecutor({
    ...executing,
    clock,
    runner,
    service: rng,
    chance: rng,
    antagonist: rng,
  });
  const limits = { bodyMaxBytes, responseMaxBytes };
  const server = createGrpcServer({
    onEngage: (wire) => serve({ clock, executor, ...limits }, wire),
    status: () => ({ active: executor.active, requestsReceived: 0, requestsHandled: 0 }),
    dialect,
    limits: defaultGrpcServerLimits,
    ...(credentials === undefined ? {} : { credentials }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (told) => (told instanceof Error ? reject(told) : resolve(told)));
  });
  return {
    address: `127.0.0.1:${port}`,
    executor,
    close: () => new Promise((resolve) => server.close(1_000, () => resolve())),
    kill: () => server.forceClose(),
  };
}

function defaults(): Serving {
  const a = '{ service: 5ms, request: 20KiB, response: 20KiB }';
  const clock = createSystemClock();
  const log = (): void => undefined;
  const limits = { bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 };
  return { ...oneRunner(a, 64), clock, machine: {}, log, dialect: 'head', ...limits };
}

/** One runner of so many slots, and the one function `a`, given as a scenario has it. */
export function oneRunner(a: string, slots: number): Pick<Serving, 'runner' | 'functions'> {
  const { runners, functions } = scenarioOf(`
version: 1
name: one
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { a: ${a} }
fleet: [{ name: r, count: 1, slots: ${slots} }]`);
  const [runner] = runners;
  if (runner === undefined) throw new Error('no runner');
  return { runner, functions };
}
