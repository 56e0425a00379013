/** What a fleet can carry on average: arithmetic on means, not a simulation. */
import type { Scenario, ScenarioRunner, ServiceLaw } from './resolved.js';

/** What capacity depends on, so that it can be known before the arrival rate is. */
export type Fleet = Pick<Scenario, 'runners' | 'functions' | 'network'>;

/**
 * Calls per second when every slot is always busy: Σ slots·speed / (E[S] + round trip). The round
 * trip counts because a slot freed here is filled by a call that still has to travel. A runner
 * whose slots share cores carries no more than these do: cores·speed / E[S], less what others take.
 */
export function capacityPerSec(fleet: Fleet): number {
  const meanUs = meanServiceUs(fleet.functions);
  // A free function over a free network would carry everything: say the most that µs can tell.
  const workUs = Math.max(meanUs, 1);
  const heldUs = Math.max(meanUs + fleet.network.roundTripUs, 1);
  let slots = 0;
  let shared = 0;
  for (const runner of fleet.runners) {
    const { speed } = runner;
    if (runner.cores === null) slots += runner.slots * speed;
    else shared += Math.min((runner.slots * speed) / heldUs, (leftOf(runner) * speed) / workUs);
  }
  return (slots * 1_000_000) / heldUs + shared * 1_000_000;
}

/** Cores that a runner has to itself on average. */
function leftOf({ cores, antagonist }: ScenarioRunner): number {
  if (cores === null) return 0;
  if (antagonist === null) return cores;
  const { share, busyUs, quietUs } = antagonist;
  return cores * (1 - (share * busyUs) / (busyUs + quietUs));
}

/** Mean service time in µs at speed 1, over all functions by weight. */
export function meanServiceUs(functions: Scenario['functions']): number {
  let total = 0;
  let weights = 0;
  for (const { weight, service } of functions) {
    total += weight * lawMeanUs(service);
    weights += weight;
  }
  return total / weights;
}

/** Mean of one law, µs. */
export function lawMeanUs(law: ServiceLaw): number {
  switch (law.kind) {
    case 'constant':
      return law.valueUs;
    case 'uniform':
      return (law.minUs + law.maxUs) / 2;
    case 'exponential':
      return law.meanUs;
    case 'lognormal':
      return law.medianUs * Math.exp((law.sigma * law.sigma) / 2);
    default:
      return law satisfies never;
  }
}
