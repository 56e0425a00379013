/**
 * A real runner, put together: one kind of function behind its slots, a gRPC server in front of
 * them, and the drain. It serves until a signal comes.
 */
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { createSystemClock } from '../../core/index.js';
import {
  createGrpcServer,
  createStatus,
  defaultGrpcServerLimits,
  serve,
  type Certificates,
  type GrpcServer,
} from '../../proto/index.js';
import { CliError, EXIT, type ExitCode } from '../exit.js';
import { createInterrupt, type Interrupt } from '../interrupt.js';
import { noLog, openExecLog, type ExecLog } from './exec-log.js';
import type { FunctionKind } from './function-kind.js';
import { createSlots, type Slots } from './slots.js';

export interface RunnerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly slots: number;
  /** MB that the calls at hand may ask for in sum; undefined for no limit. */
  readonly memoryMb: number | undefined;
  /** Seconds that a call may hold its slot. */
  readonly timeoutS: number;
  readonly bodyMaxBytes: number;
  readonly responseMaxBytes: number;
  /** Seconds from the first signal until what still runs is cut. */
  readonly graceS: number;
  /** Where starts and ends are written; undefined for nowhere. */
  readonly logFile: string | undefined;
  /** TLS; plaintext when left out. */
  readonly certificates?: Certificates;
}

/** After the grace limit, for what was killed to be gone. */
const GONE_MS = 2000;
/** For the last verdicts to reach their LBs, whatever is left of the grace. */
const LAST_WORDS_MS = 100;

/** To stderr, for whoever keeps the runner alive. */
export const say = (text: string): void => void process.stderr.write(`runner: ${text}\n`);
const tell = (text: string): void => void process.stdout.write(`runner: ${text}\n`);

/**
 * Resolves when the runner has drained. Rejects with a CliError if it cannot listen or write its
 * log. A second signal ends the process, and the functions with it.
 */
export async function runRunner(options: RunnerOptions, kind: FunctionKind): Promise<ExitCode> {
  const interrupt = createInterrupt();
  // Whatever ends the process: no command outlives it.
  const closeKind = (): void => kind.close();
  process.once('exit', closeKind);
  let log: ExecLog | undefined;
  try {
    log = options.logFile === undefined ? noLog : openExecLog(options.logFile, say);
    await serveUntilSignal(options, kind, log, interrupt);
  } finally {
    process.off('exit', closeKind);
    kind.close();
    log?.close();
    options.certificates?.close();
  }
  return EXIT.fine;
}

async function serveUntilSignal(
  options: RunnerOptions,
  kind: FunctionKind,
  log: ExecLog,
  interrupt: Interrupt,
): Promise<void> {
  // What the library has to say is in the errors that it hands over.
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  const clock = createSystemClock();
  let address = options.listen;
  const slots = createSlots({
    clock,
    kind,
    slots: options.slots,
    memoryMb: options.memoryMb,
    timeoutUs: options.timeoutS * 1_000_000,
    log: (line) => log.write({ runner: address, ...line }),
  });
  const { bodyMaxBytes, responseMaxBytes, certificates } = options;
  const status = createStatus(clock);
  const session = { clock, executor: slots, bodyMaxBytes, responseMaxBytes, counter: status };
  const server = createGrpcServer({
    onEngage: (wire) => serve(session, wire),
    status: () => status.read(),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
    ...(certificates === undefined ? {} : { credentials: certificates.serverCredentials() }),
  });
  address = await listen(server, options.listen);
  const signal = new Promise<void>((resolve) => interrupt.on(resolve));
  interrupt.check();
  tell(`listening on ${address}, ${counted(options.slots, 'slot')}, ${kind.words}`);
  await signal;
  await drain(server, slots, options.graceS * 1000);
}

/** Accepts nothing, lets what runs end, says goodbye; cuts what the grace was too short for. */
async function drain(server: GrpcServer, slots: Slots, graceMs: number): Promise<void> {
  tell(`draining, ${counted(slots.active, 'call')} in flight`);
  const idle = new Promise<'idle'>((resolve) => slots.drain(() => resolve('idle')));
  const forceAt = performance.now() + graceMs;
  if ((await within(graceMs, idle)) !== 'idle') {
    tell(`${counted(slots.active, 'call')} cut after the grace of ${graceMs / 1000} s`);
    server.forceClose();
    if ((await within(GONE_MS, idle)) !== 'idle') process.exit(EXIT.fine);
  }
  const left = Math.max(LAST_WORDS_MS, forceAt - performance.now());
  await new Promise<void>((resolve) => server.close(left, resolve));
  tell('drained');
}

function within<T>(ms: number, settling: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([settling, late]).finally(() => clearTimeout(timer));
}

/** `host:port` with the port it got. */
function listen(server: GrpcServer, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.listen(address, (result) => {
      if (typeof result === 'number') resolve(address.replace(/\d+$/, String(result)));
      else reject(new CliError([`cannot listen on ${address}: ${result.message}`]));
    });
  });
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;
