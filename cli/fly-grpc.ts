/**
 * A flight over real gRPC: real runner processes, real sockets, the HTTP edge and the real core,
 * the same arrivals and the same service times as in the simulator.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createBalancer,
  createSystemClock,
  nodeHandler,
  placerByName,
  seededRng,
  staticFunctions,
  staticPool,
  type Balancer,
  type Clock,
  type FlightEvent,
  type FlightHeader,
} from '../core/index.js';
import { grpcRunner, createGrpcChannel, createRunner, type WireRunner } from '../proto/index.js';
import type { Flight } from '../reports/index.js';
import {
  balancerOptions,
  functionTable,
  scheduleFaults,
  stillHeld,
  type Scenario,
} from '../sim/index.js';
import { CliError, EXIT } from './exit.js';
import { startFleet, type Fleet } from './fleet.js';
import { createRecorder, type Listeners, type Recorder } from './flight.js';
import { CALL_ID_HEADER, createHttpClient, type HttpClient } from './http-client.js';
import { idleFunction, isIdle, measureIdle } from './idle.js';
import type { Interrupt } from './interrupt.js';
import { watchMachine } from './machine.js';
import { createProgress } from './progress.js';
import { startLoad } from './open-loop.js';
import { isReal, realFaults } from './real-faults.js';

export interface GrpcOptions {
  /** `host:port` of runners that somebody else runs; none starts processes of our own. */
  readonly runners: readonly string[];
  readonly dialect: 's' | 'head';
}

/** How long the connections may take to be up. */
const READY_MS = 5_000;
/** Connections that may wait to be accepted while this process is busy; Linux takes no more. */
const BACKLOG = 4096;

export async function flyGrpc(
  scenario: Scenario,
  header: FlightHeader,
  listeners: Listeners,
  interrupt: Interrupt,
  options: GrpcOptions,
  say: (text: string) => void,
): Promise<Flight> {
  const originUs = createSystemClock().now();
  const clock = createSystemClock(originUs);
  const own = options.runners.length === 0;
  sayLimits(scenario, own, say);
  const fleet = own
    ? await startOwn(scenario, header.seed, originUs, options, interrupt)
    : undefined;
  const told = interrupt.on(() => void fleet?.stop());
  try {
    interrupt.check();
    const recorder = createRecorder(header, listeners, { executorsLog: own });
    const flying = createFlying(scenario, header.seed, clock, fleet, options);
    try {
      await untilReady(flying.runners, own ? 'runner' : '--runners', interrupt);
      const ports = await Promise.all(flying.servers.map(listen));
      const client = createHttpClient(clock, ports);
      // Calls that wait for runners that are no more end with their connections.
      const left = interrupt.on(() => client.close());
      try {
        if (own) say(await measureIdle(clock, client, interrupt));
        const busy = watchMachine();
        const flight = await fly(
          scenario,
          header,
          clock,
          flying,
          client,
          fleet,
          recorder,
          interrupt,
        );
        say(busy());
        return flight;
      } finally {
        left();
        client.close();
      }
    } finally {
      await flying.close();
    }
  } finally {
    told();
    await fleet?.dispose();
  }
}

/** What will not happen as the file says, before anything flies. */
function sayLimits(scenario: Scenario, own: boolean, say: (text: string) => void): void {
  const cannot = scenario.faults.filter((fault) => !own || !isReal(fault));
  const kinds = [...new Set(cannot.map((fault) => fault.kind))];
  const why = own ? 'only simulated runners and links have them' : 'the fleet is not ours';
  if (kinds.length > 0) say(`on grpc without the faults ${kinds.join(', ')}: ${why}\n`);
  if (!own) say("on grpc without an executors' log: the laws that need it are not checked\n");
  const { roundTripUs, jitterUs } = scenario.network;
  if (roundTripUs + jitterUs > 0) say("on grpc with the latency of loopback, not the network's\n");
}

function startOwn(
  scenario: Scenario,
  seed: number,
  originUs: number,
  options: GrpcOptions,
  interrupt: Interrupt,
): Promise<Fleet> {
  const common = {
    functions: [...scenario.functions, idleFunction],
    bodyMaxBytes: scenario.limits.requestBodyBytes,
    responseMaxBytes: scenario.limits.responseBodyBytes,
    seed,
    originUs,
    dialect: options.dialect,
  };
  return startFleet(scenario.runners, common, interrupt);
}

/** The balancers under test and their edges, one each; all in this process. */
interface Flying {
  readonly balancers: readonly Balancer[];
  readonly servers: readonly Server[];
  readonly runners: readonly WireRunner[];
  tell: (event: FlightEvent) => void;
  close(): Promise<void>;
}

function createFlying(
  scenario: Scenario,
  seed: number,
  clock: Clock,
  fleet: Fleet | undefined,
  options: GrpcOptions,
): Flying {
  const connect = (): WireRunner[] =>
    fleet === undefined
      ? options.runners.map((address) => grpcRunner(clock, address))
      : scenario.runners.map(({ id }) =>
          createRunner(clock, id, createGrpcChannel(fleet.address(id))),
        );
  const table = { ...functionTable(scenario), [idleFunction.name]: {} };
  const runners: WireRunner[] = [];
  const balancers = Array.from({ length: scenario.lb.replicas }, (_, lb) => {
    const own = connect();
    runners.push(...own);
    return createBalancer(
      {
        clock,
        rng: seededRng(seed).split(`lb${lb}`),
        pool: staticPool(own),
        data: staticFunctions(table),
        placer: placerByName[scenario.placement.placer],
        probe: (event) => flying.tell(event),
      },
      balancerOptions(scenario, lb),
    );
  });
  const servers = balancers.map((balancer) => {
    const server = createServer(nodeHandler(balancer, { callIdHeader: CALL_ID_HEADER }));
    // An idle connection that closes as a client takes it up would look like a call that got lost.
    server.keepAliveTimeout = 0;
    return server;
  });
  const flying: Flying = {
    balancers,
    servers,
    runners,
    tell: () => undefined,
    async close() {
      await Promise.all(servers.map(closeServer));
      await Promise.all(balancers.map(closeBalancer));
    },
  };
  return flying;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function closeBalancer(balancer: Balancer): Promise<void> {
  return new Promise((resolve, reject) => {
    balancer.close().subscribe({ complete: resolve, error: reject });
  });
}

async function untilReady(
  runners: readonly WireRunner[],
  what: string,
  interrupt: Interrupt,
): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const missing = runners.filter((runner) => !runner.ready);
    if (missing.length === 0) return;
    interrupt.check();
    if (Date.now() > until) {
      throw new CliError(
        missing.map(({ id }) => `${what} ${id}: not reachable within ${READY_MS / 1000} s`),
      );
    }
    await sleep(10);
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

async function fly(
  scenario: Scenario,
  header: FlightHeader,
  clock: Clock,
  flying: Flying,
  client: HttpClient,
  fleet: Fleet | undefined,
  recorder: Recorder,
  interrupt: Interrupt,
): Promise<Flight> {
  const startedAt = clock.now();
  let trouble: string | undefined;
  let landing = false;
  const failed = (error: unknown): void => {
    // A runner that is on its way back when the flight is over is stopped with the rest.
    if (landing) return;
    trouble ??= `a fault could not be applied: ${String(error)}`;
  };
  const callOff =
    fleet === undefined
      ? (): void => undefined
      : scheduleFaults(
          clock,
          scenario.faults.filter(isReal),
          realFaults(fleet, failed),
          recorder.tell,
        );
  const arrived = new Set<string>();
  flying.tell = (event) => {
    if (event.kind === 'arrive') arrived.add(event.call);
    recorder.tell(event);
  };
  const load = startLoad(scenario, header.seed, clock, client, recorder.tell, {
    has: (call) => arrived.has(call),
    idle: () => flying.balancers.every(({ held }) => held.calls === 0),
  });
  const progress = createProgress(scenario.name);
  const troubles = (): string[] => [
    ...(trouble === undefined ? [] : [trouble]),
    ...(fleet?.trouble() ?? []),
    ...load.lost(),
  ];
  try {
    while (!load.over() && troubles().length === 0) {
      interrupt.check();
      const flown = `${((clock.now() - startedAt) / 1e6).toFixed(1)} s flown`;
      progress.update(load.sent(), scenario.calls, flown);
      await sleep(20);
    }
  } finally {
    progress.end();
    load.stop();
    callOff();
  }
  const endedAt = clock.now();
  landing = true;
  // The log is whole only when nobody can write to it any more.
  await fleet?.stop();
  for (const line of fleet?.log() ?? []) if (!isIdle(line.call)) recorder.tell(line);
  // What a signal broke is the signal's.
  interrupt.check();
  const extra = stillHeld(flying.balancers.flatMap(({ held }) => Object.entries(held)));
  // The flight was not the one that was asked for: neither good nor bad news of the balancer.
  if (troubles().length > 0) throw new CliError(troubles(), EXIT.inconclusive);
  const tookMs = (endedAt - startedAt) / 1000;
  const end = { digest: null, wallMs: Math.round(tookMs), virtualMs: tookMs };
  return recorder.land(end, extra);
}
