/**
 * A flight in virtual time, on one screen: clock, streams of chance, hosts behind links, the real
 * balancers in front of them, open-loop load, clients, faults. Nothing of the core is replaced.
 */
import { createBalancer, type Balancer } from '../core/balancer.js';
import { staticFunctions, type FunctionOptions } from '../core/data-access.js';
import type { BalancerOptions } from '../core/options.js';
import { placerByName, type MakePlacer } from '../core/placer.js';
import { staticPool } from '../core/pools.js';
import type { ProbeEvent } from '../core/probe.js';
import type { FlightEvent } from '../core/record.js';
import { seededRng } from '../core/rng.js';
import { createRunner, type WireRunner } from '../proto/runner.js';
import { createVirtualClock, type VirtualClock } from './clock.js';
import { createCountedClock } from './counted-clock.js';
import { createDigest } from './digest.js';
import { scheduleFaults, simulatedFaults } from './faults.js';
import { createHost, type Host } from './host.js';
import type { Link, Transcode } from './link.js';
import { startLoad } from './load.js';
import type { Plan, PlannedCall } from './plan.js';
import type { Scenario } from './scenario.js';
import { createTripwires } from './tripwires.js';

export interface WorldOptions {
  readonly seed: number;
  /** Told of everything that happens, in order. */
  readonly tell: (event: FlightEvent) => void;
  /** Default: the scenario's, by name. */
  readonly placer?: MakePlacer;
  /** Sends every message through the codec's bytes. Default: messages travel as objects. */
  readonly transcode?: Transcode;
  /** Calls one by one, instead of those that the seed draws. */
  readonly plan?: Plan;
  /** Whether the seed also draws the order of what happens in one instant. Default: as it came. */
  readonly explore?: boolean;
  /** Default true. Off only to show that the digest finds what they would. */
  readonly tripwires?: boolean;
}

export interface World {
  /** Flies up to `events` events. False when nothing is left to fly. */
  fly(events: number): boolean;
  readonly digest: string;
  /** Calls offered so far. */
  readonly offered: number;
  /** Instant of the flight's first event and of now, µs. */
  readonly startedAt: number;
  readonly now: number;
  /** Events of the clock that ran. */
  readonly events: number;
  /** What must be nothing at the end, one line for each thing that is still held. */
  held(): string[];
  /** What broke the flight itself: a tripwire, or a throw that nobody caught. */
  readonly broken: string | undefined;
}

/** After the last deadline, so long until what still moves counts as stuck, µs. */
const PATIENCE_US = 60_000_000;

/** The same while functions run on whose calls are gone: they have no deadline. A day. */
const IGNORING_US = 86_400_000_000;

/**
 * Events at one instant that no fleet has: something schedules itself with no delay for ever. Where
 * links have no length, a call may be offered to each runner in an instant, some events an offer.
 */
function standstillOf({ calls, clients, runners }: Scenario): number {
  const offers = calls * (1 + clients.retry.times) * runners.length;
  return Math.min(5_000_000, 100_000 + 20 * offers);
}

export function createWorld(scenario: Scenario, options: WorldOptions): World {
  const rng = seededRng(options.seed);
  const clock = createVirtualClock(options.explore === true ? rng.split('order') : undefined);
  const digest = createDigest();
  const { tell } = options;
  const { oneWay, jitter } = halves(scenario);
  const link = {
    oneWayUs: oneWay,
    jitterUs: jitter,
    reconnectUs: scenario.network.reconnectUs,
    transcode: options.transcode,
  };
  const lbs = scenario.lb.replicas;
  const hosts = scenario.runners.map((runner) =>
    createHost({ clock, rng, scenario, runner, link, lbs, log: tell }),
  );
  const data = staticFunctions(functionTable(scenario));
  const placer = options.placer ?? placerByName[scenario.placement.placer];
  // What a placer asks between the calls is its own affair.
  const asks = options.placer !== undefined || scenario.placement.placer === 'prequal';
  let leftOver: string | undefined;
  const runners: WireRunner[] = [];
  const balancers = Array.from({ length: lbs }, (_, lb) => {
    const own = hosts.map(({ id, links }) => createRunner(clock, id, (links[lb] as Link).channel));
    runners.push(...own);
    const counted = createCountedClock(clock);
    let calls = 0;
    const probe = (event: ProbeEvent): void => {
      digest.add(event);
      tell(event);
      if (event.kind === 'arrive') calls += 1;
      if (event.kind !== 'end') return;
      calls -= 1;
      if (calls > 0 || counted.pending === 0 || asks) return;
      leftOver ??= `still held without a call: lb${lb} has at ${event.at} µs ${counted.pending} timers`;
    };
    const streams = rng.split(`lb${lb}`);
    const parts = { clock: counted, rng: streams, pool: staticPool(own), data, placer, probe };
    return createBalancer(parts, balancerOptions(scenario, lb));
  });
  const balancerOf = ({ lb }: PlannedCall): Balancer => balancers[lb] as Balancer;
  const load = startLoad(clock, scenario, rng, balancerOf, tell, options.plan);
  const byId = new Map(hosts.map((host) => [host.id, host]));
  scheduleFaults(clock, scenario.faults, simulatedFaults(rng, byId), tell);

  const wires = options.tripwires === false ? undefined : createTripwires();
  const startedAt = clock.now();
  const standstill = standstillOf(scenario);
  let broken: string | undefined;
  let movedAt = clock.now();
  let still = 0;
  const slice = (events: number): boolean => {
    const ran = clock.run(events, () => wires?.tripped !== undefined);
    still = clock.now() === movedAt ? still + ran : 0;
    movedAt = clock.now();
    if (still > standstill) broken = `time stands still: ${still} events at ${movedAt} µs`;
    return ran === events;
  };

  const patience = (): number =>
    hosts.some((host) => host.executor.ignoring > 0) ? IGNORING_US : PATIENCE_US;

  return {
    fly(events) {
      if (broken !== undefined) return false;
      if (load.over !== undefined && clock.now() > load.over + patience()) return false;
      try {
        const more = wires === undefined ? slice(events) : wires.during(() => slice(events));
        broken ??= wires?.tripped;
        return more && broken === undefined;
      } catch (thrown) {
        broken =
          wires?.tripped ?? (thrown instanceof Error ? (thrown.stack ?? '') : String(thrown));
        return false;
      }
    },
    get digest() {
      return digest.text();
    },
    get offered() {
      return load.offered;
    },
    startedAt,
    get now() {
      return clock.now();
    },
    get events() {
      return clock.events;
    },
    held: () => [
      ...(leftOver === undefined ? [] : [leftOver]),
      ...held(clock, balancers, hosts, runners),
    ],
    get broken() {
      return broken;
    },
  };
}

/** One way of the round trip, and the jitter that either way may add. */
function halves(scenario: Scenario): { oneWay: number; jitter: number } {
  const { roundTripUs, jitterUs } = scenario.network;
  return { oneWay: Math.ceil(roundTripUs / 2), jitter: Math.floor(jitterUs / 2) };
}

/** A scenario's functions as the LB knows them. */
export function functionTable(scenario: Scenario): Record<string, FunctionOptions> {
  return Object.fromEntries(
    scenario.functions.map((fn) => [
      fn.name,
      { timeoutMs: fn.timeoutUs / 1000, idempotent: fn.idempotent, memoryMb: fn.memoryMb },
    ]),
  );
}

/** A scenario's limits and placement as the options of its `lb`th balancer. */
export function balancerOptions(scenario: Scenario, lb: number): Partial<BalancerOptions> {
  const { placement, limits } = scenario;
  return {
    idPrefix: `lb${lb}`,
    inFlightMax: limits.inFlight,
    bodyMaxBytes: limits.requestBodyBytes,
    bodiesMaxBytes: limits.bodyTotalBytes,
    responseMaxBytes: limits.responseBodyBytes,
    placementMs: placement.budgetUs / 1000,
    wait: placement.wait,
    roundPauseMs: placement.pauseUs / 1000,
    retry: placement.retry ? 'on' : 'off',
    hedge: placement.hedge ? 'on' : 'off',
  };
}

function held(
  clock: VirtualClock,
  balancers: readonly Balancer[],
  hosts: readonly Host[],
  runners: readonly { readonly id: string; readonly abandoned: number }[],
): string[] {
  const counts: [string, number][] = [
    ...balancers.flatMap(({ held }): [string, number][] => [
      ['calls in flight', held.calls],
      ['calls in waiting rooms', held.waiting],
      ['attempts in what placers are told', held.attempts],
      ['ends of calls', held.callEnds],
      ['bytes of request bodies', held.bodyBytes],
      ['bytes of responses', held.responseBytes],
    ]),
    ['timers', clock.pending],
    // A process that stays stopped cannot let go of anything.
    ...hosts
      .filter((host) => !host.stopped)
      .flatMap((host): [string, number][] => [
        [`slots of runner ${host.id}`, host.executor.active],
        ...host.links.map((link): [string, number] => [`streams of runner ${host.id}`, link.open]),
      ]),
    ...runners.map((runner): [string, number] => [`abandoned on ${runner.id}`, runner.abandoned]),
  ];
  return stillHeld(counts);
}

/** One line for each thing that is not nothing. */
export function stillHeld(counts: readonly (readonly [what: string, count: number])[]): string[] {
  return counts
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `still held at the end: ${count} ${what}`);
}
