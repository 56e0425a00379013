/** What a scenario promises of its flights, for laws that are exact in virtual time. */
import { HEADROOM_US } from '../proto/session.js';
import type { Scenario } from './scenario.js';

export interface Promised {
  /** Calls in flight that an LB may have. */
  readonly inFlightMax: number;
  /** How long a runner is looked for, µs. */
  readonly placementUs: number;
  /** Whether a call that was NACKed, or broke, may be offered again. */
  readonly retry: boolean;
  /** One way to a runner, at most, µs. */
  readonly oneWayUs: number;
  /** So long before the deadline a function ends. */
  readonly headroomUs: number;
  /** What a function takes of a runner, MB, by name. */
  readonly memoryMb: ReadonlyMap<string, number>;
  /** Runners whose functions take no notice of a cancel. */
  readonly ignoring: ReadonlySet<string>;
}

export function promisedBy(scenario: Scenario): Promised {
  const { network, limits, placement, runners, functions } = scenario;
  return {
    inFlightMax: limits.inFlight,
    placementUs: placement.budgetUs,
    retry: placement.retry,
    oneWayUs: Math.ceil(network.roundTripUs / 2) + Math.floor(network.jitterUs / 2),
    headroomUs: HEADROOM_US,
    memoryMb: new Map(functions.map((fn) => [fn.name, fn.memoryMb])),
    ignoring: new Set(runners.filter(({ cancel }) => cancel === 'ignore').map(({ id }) => id)),
  };
}
