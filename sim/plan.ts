/**
 * What a flight offers, call by call: when, which function, under which id. Drawn from the seed
 * alone, so that two policies, and the two worlds, are offered the same.
 */
import { seededRng, type Rng } from '../core/rng.js';
import type { Scenario, ScenarioFunction } from './scenario.js';

export interface PlannedCall {
  readonly id: string;
  /** The call whose body it carries: itself, or the one that is sent again. */
  readonly first: string;
  /** From the start of the flight, µs. Absolute: arrivals never drift. */
  readonly atUs: number;
  readonly fn: ScenarioFunction;
  /** Number of the load balancer that it is sent to, from 0. */
  readonly lb: number;
}

/** Yields the calls of a flight in the order of their arrival; undefined after the last. */
export function planCalls(scenario: Scenario, rng: Rng): () => PlannedCall | undefined {
  const arrivals = rng.split('arrivals');
  const choice = rng.split('functions');
  const lbs = rng.split('lbs');
  const { replicas, late, joinAfterUs } = scenario.lb;
  const pick = createPick(scenario.functions);
  const meanUs = 1_000_000 / scenario.arrivals.ratePerSec;
  let at = 0;
  let index = 0;
  return () => {
    if (index === scenario.calls) return undefined;
    // Fractions of a µs are kept in the sum and dropped in the instant, so the rate is exact.
    at += scenario.arrivals.kind === 'poisson' ? -meanUs * Math.log(1 - arrivals.float()) : meanUs;
    index += 1;
    const atUs = Math.round(at);
    const there = atUs < joinAfterUs ? replicas - late : replicas;
    const lb = there === 1 ? 0 : lbs.int(there);
    const id = `c${index}`;
    return { id, first: id, atUs, fn: pick(choice), lb };
  };
}

/** The calls of a flight one by one, as a capsule names them, in the order of their arrival. */
export type Plan = readonly {
  readonly id: string;
  readonly atUs: number;
  /** A function of the scenario, by name. */
  readonly fn: string;
  readonly lb: number;
}[];

/** What the scenario's seed would have drawn, so that calls can be left out of it. */
export function planOf(scenario: Scenario, seed: number): Plan {
  const next = planCalls(scenario, seededRng(seed));
  const plan: Plan[number][] = [];
  for (let call = next(); call !== undefined; call = next()) {
    const { id, atUs, fn, lb } = call;
    plan.push({ id, atUs, fn: fn.name, lb });
  }
  return plan;
}

/** Yields the calls of an explicit plan, like `planCalls`. Throws where it fits no scenario. */
export function plannedBy(plan: Plan, scenario: Scenario): () => PlannedCall | undefined {
  const byName = new Map(scenario.functions.map((fn) => [fn.name, fn]));
  const calls = plan.map((call): PlannedCall => {
    const fn = byName.get(call.fn);
    if (fn === undefined) throw new Error(`call ${call.id}: no function "${call.fn}"`);
    return { ...call, first: call.id, fn };
  });
  let index = 0;
  return () => calls[index++];
}

/** A function by its weight: with a thousand of them still ten steps a call. */
function createPick(functions: readonly ScenarioFunction[]): (rng: Rng) => ScenarioFunction {
  let total = 0;
  let last = 0;
  const upTo = functions.map(({ weight }, index) => {
    // Not the last of all: rounding could else pick one that is never called.
    if (weight > 0) last = index;
    return (total += weight);
  });
  const first = functions[0] as ScenarioFunction;
  if (functions.length === 1) return () => first;
  return (rng) => {
    const drawn = rng.float() * total;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (drawn < (upTo[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return functions[low] as ScenarioFunction;
  };
}
