/**
 * A real runner process of a gRPC flight: the simulated executor on the system's clock behind a
 * real gRPC server. Started by `fleet.ts`, told what to be over its IPC channel, and gone with it.
 */
import { openSync, writeFileSync } from 'node:fs';
import { createSystemClock, seededRng } from '../core/index.js';
import { createGrpcServer, defaultGrpcServerLimits, serve, type Dialect } from '../proto/index.js';
import { createStatus } from '../proto/status.js';
import { createSimExecutor, type Bend, type Scenario } from '../sim/index.js';
import { EXIT, reason } from './exit.js';

/** What a runner process is told first. */
export interface RunnerConfig {
  readonly runner: Scenario['runners'][number];
  readonly functions: Scenario['functions'];
  readonly bodyMaxBytes: number;
  readonly responseMaxBytes: number;
  readonly seed: number;
  /** Origin of the flight's clock on the machine's monotonic one. */
  readonly originUs: number;
  readonly dialect: Dialect;
  /** 0 takes a free port; a restarted runner takes its old one. */
  readonly port: number;
  readonly logFile: string;
  /** What faults make of it; a restarted runner is as its fault has it. */
  readonly bend: Bend;
}

/** What it is told later: faults. */
export type RunnerOrder =
  | { readonly kind: 'start'; readonly config: RunnerConfig }
  /** How the runner is bent from now on: absolute, so that a lost order spoils no later one. */
  | { readonly kind: 'bend'; readonly bend: Bend }
  | { readonly kind: 'reset' };

/** What it says, once. */
export type RunnerReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly why: string };

function start(config: RunnerConfig): (order: RunnerOrder) => void {
  const { runner, functions, seed, bodyMaxBytes, responseMaxBytes } = config;
  const clock = createSystemClock(config.originUs);
  const rng = seededRng(seed);
  const own = rng.split(`runner/${runner.id}`);
  const log = openSync(config.logFile, 'a');
  const executor = createSimExecutor({
    clock,
    service: rng.split('service'),
    chance: own.split('nack'),
    antagonist: own.split('antagonist'),
    runner,
    functions,
    // Synchronously, before the function starts: a kill after this line loses nothing of it.
    log: (line) => writeLog(runner.id, log, `${JSON.stringify(line)}\n`),
  });
  const status = createStatus(clock);
  const parts = { clock, executor, bodyMaxBytes, responseMaxBytes, counter: status };
  Object.assign(executor.bend, config.bend);
  const server = createGrpcServer({
    onEngage: (wire) => serve(parts, wire),
    status: () => status.read(),
    dialect: config.dialect,
    limits: defaultGrpcServerLimits,
  });
  server.listen(`127.0.0.1:${config.port}`, (result) =>
    report(
      typeof result === 'number'
        ? { kind: 'listening', port: result }
        : { kind: 'failed', why: result.message },
    ),
  );
  return (order) => {
    if (order.kind === 'bend') Object.assign(executor.bend, order.bend);
    if (order.kind === 'reset') server.resetStreams();
  };
}

/** All of the line, or the end: a runner whose starts are not on record proves nothing. */
function writeLog(id: string, log: number, line: string): void {
  try {
    writeFileSync(log, Buffer.from(line));
  } catch (error) {
    process.stderr.write(`runner ${id}: cannot write its log, ${reason(error)}\n`);
    process.exit(EXIT.usage);
  }
}

const report = (message: RunnerReport): void => void process.send?.(message);

let obey: ((order: RunnerOrder) => void) | undefined;
process.on('message', (order: RunnerOrder) => {
  if (order.kind === 'start') obey = start(order.config);
  else obey?.(order);
});
// Whoever started us is gone, however it went: no runner outlives its flight.
process.on('disconnect', () => process.exit(0));
// Ctrl-C and a closed terminal reach the whole group; ending is the parent's order to give.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
