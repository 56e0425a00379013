/** A runner of which an LB believes what a test says: idle, willing and of unknown speed. */
import type { Runner } from '../../core/runner.js';
import type { Standing } from '../../core/standing.js';

export interface Belief {
  readonly inFlight: number;
  readonly acceptance: number;
  readonly latencyUs: number;
  readonly weight: number;
  readonly usable: boolean;
}

export function standingOf(runner: Runner, belief: Partial<Belief> = {}): Standing {
  const { inFlight = 0, acceptance = 1, latencyUs = 0, weight = 1, usable = true } = belief;
  return {
    runner,
    inFlight,
    acceptance: () => acceptance,
    latencyUs: () => latencyUs,
    weight: () => weight,
    usable: () => usable,
  };
}
