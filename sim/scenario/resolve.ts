/** From what a person wrote to what flies. Valid scenarios only; `together.ts` sees to that. */
import { deepFreeze } from '../../core/freeze.js';
import { readDuration, readPercent, readRate, type Reading } from '../units.js';
import { capacityPerSec, type Fleet } from './capacity.js';
import { show } from './fields.js';
import type { ReadFault, ReadSlo } from './format-faults.js';
import type { ReadFunction, ReadLaw } from './format-functions.js';
import type { ReadFleet, ReadScenario } from './format.js';
import type {
  Scenario,
  ScenarioFault,
  ScenarioFunction,
  ScenarioRunner,
  ScenarioSlo,
  ServiceLaw,
} from './resolved.js';

/** The scenario with every default, id, instant and rate worked out, frozen. */
export function resolve(file: ReadScenario): Scenario {
  const { placement, lb, limits, arrivals, clients } = file;
  const flown = fleetOf(file);
  const ids = flown.runners.map(({ id }) => id);
  const ratePerSec = rateOf(arrivals, flown);
  return deepFreeze({
    version: file.version,
    name: file.name,
    about: file.about.trim(),
    seed: file.seed,
    calls: file.calls,
    arrivals: { kind: arrivals.kind, ratePerSec },
    clients: { retry: { times: clients.retry.times, afterUs: clients.retry.after } },
    ...flown,
    placement: {
      placer: placement.placer,
      retry: placement.retry === 'on',
      budgetUs: placement.budget,
      pauseUs: placement.pause,
      wait: placement.wait,
      hedge: placement.hedge === 'on',
    },
    lb: { replicas: lb.replicas, late: lb.late, joinAfterUs: lb.joinAfter },
    limits: {
      inFlight: limits.inFlight,
      requestBodyBytes: limits.requestBody,
      responseBodyBytes: limits.responseBody,
      bodyTotalBytes: limits.bodyTotal,
    },
    faults: file.faults.map((fault) => resolveFault(fault, ids)),
    slo: file.slo.map(resolveSlo),
  });
}

/** What capacity is reckoned from. */
export function fleetOf(file: Pick<ReadScenario, 'functions' | 'fleet' | 'network'>): Fleet {
  const functions = Object.entries(file.functions).flatMap(resolveFunction);
  const { roundTrip, jitter, reconnect } = file.network;
  const network = { roundTripUs: roundTrip, jitterUs: jitter, reconnectUs: reconnect };
  return { functions, runners: file.fleet.flatMap(resolveFleet), network };
}

/** One function, or as many as its count, the first of them with its weight. */
function resolveFunction([name, fn]: readonly [string, ReadFunction]): ScenarioFunction[] {
  return numbered(name, fn.count).map((each, index) => ({
    name: each,
    // Not a power, whose last bits differ between engines.
    weight: fn.weight * Math.exp(-fn.zipf * Math.log(index + 1)),
    service: resolveLaw(fn.service),
    coldStartUs: fn.coldStart,
    timeoutUs: fn.timeout,
    requestBytes: fn.request,
    responseBytes: fn.response,
    idempotent: fn.idempotent,
    head: fn.head,
    memoryMb: fn.memory,
  }));
}

/** Arrivals per second: as given, or as a share of what the fleet can carry. */
export function rateOf({ rate, load }: ReadScenario['arrivals'], fleet: Fleet): number {
  return rate ?? (load ?? 1) * capacityPerSec(fleet);
}

/** `r` × 3 → r1, r2, r3; one alone keeps its name. */
export function numbered(name: string, count: number): readonly string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}${index + 1}`);
}

export const runnerIds = ({ name, count }: ReadFleet): readonly string[] => numbered(name, count);

/** An objective's bound as a number in its metric's unit, which the metric's name tells. */
export function sloBound(metric: string, bound: number | string): Reading {
  if (typeof bound === 'number') {
    return Number.isFinite(bound) ? { ok: true, value: bound } : { ok: false, why: 'not finite' };
  }
  if (metric.startsWith('latencyMs.')) {
    const reading = readDuration(bound);
    return reading.ok ? { ok: true, value: reading.value / 1000 } : got(reading.why, bound);
  }
  const read = metric.endsWith('Ratio') ? readPercent : readRate;
  if (!metric.endsWith('Ratio') && !metric.endsWith('PerSec')) {
    return got(`expected a plain number, for ${metric} has no unit`, bound);
  }
  const reading = read(bound);
  return reading.ok ? reading : got(reading.why, bound);
}

function got(why: string, bound: string): Reading {
  return { ok: false, why: `${why}, got ${show(bound)}` };
}

function resolveLaw(law: ReadLaw): ServiceLaw {
  if (typeof law === 'number') return { kind: 'constant', valueUs: law };
  switch (law.kind) {
    case 'constant':
      return { kind: 'constant', valueUs: law.value };
    case 'uniform':
      return { kind: 'uniform', minUs: law.min, maxUs: law.max };
    case 'exponential':
      return { kind: 'exponential', meanUs: law.mean };
    case 'lognormal':
      return { kind: 'lognormal', medianUs: law.median, sigma: law.sigma };
    default:
      return law satisfies never;
  }
}

function resolveFleet(group: ReadFleet): readonly ScenarioRunner[] {
  const { slots, queue, speed, cores = null, memory = null, warm, cancel } = group;
  const antagonist = resolveAntagonist(group.antagonist);
  return runnerIds(group).map((id) => ({
    id,
    slots,
    queue,
    speed,
    cores,
    antagonist,
    memoryMb: memory,
    warm,
    cancel,
  }));
}

function resolveAntagonist(other: ReadFleet['antagonist']): ScenarioRunner['antagonist'] {
  if (other === undefined) return null;
  return { share: other.share, busyUs: other.busy, quietUs: other.quiet };
}

function resolveFault(fault: ReadFault, ids: readonly string[]): ScenarioFault {
  const { runner, at: atUs } = fault;
  const runners = runner === '*' ? ids : typeof runner === 'string' ? [runner] : runner;
  if (fault.kind === 'stream-reset') return { kind: fault.kind, atUs, untilUs: atUs, runners };
  const spell = { atUs, untilUs: fault.for === undefined ? null : atUs + fault.for, runners };
  switch (fault.kind) {
    case 'drain':
      return { kind: fault.kind, ...spell, rollingUs: fault.rolling };
    case 'slow':
      return { kind: fault.kind, ...spell, factor: fault.factor, addUs: fault.add };
    case 'nack-storm':
    case 'response-lost':
      return { kind: fault.kind, ...spell, probability: fault.probability };
    default:
      return { kind: fault.kind, ...spell };
  }
}

function resolveSlo({ metric, min, max }: ReadSlo): ScenarioSlo {
  const value = (bound: number | string): number => {
    const reading = sloBound(metric, bound);
    if (!reading.ok) throw new Error(`slo ${metric} was not judged: ${reading.why}`);
    return reading.value;
  };
  return min === undefined ? { metric, max: value(max ?? 0) } : { metric, min: value(min) };
}
