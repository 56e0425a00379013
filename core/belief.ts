/** What an LB believes of a runner, and why, for people who ask: `Balancer.beliefs()`. */
import type { HeldStanding } from './standing.js';

export interface Belief {
  readonly group: string;
  /** Id of the runner. */
  readonly runner: string;
  /**
   * Whether it gets calls, or the first thing that speaks against it: `unready` (not connected, or
   * no stream is left), `ejected` (its attempts failed), `pushed back` (it asked for quiet), `busy`
   * (it refused, and nothing is known to have come free there since). A group of which no call has
   * come yet believes nothing.
   */
  readonly state: 'open' | 'unready' | 'ejected' | 'pushed back' | 'busy';
  /** How much longer that holds by itself, ms; 0: until something happens. */
  readonly forMs: number;
  /** Attempts of this LB that are open there. */
  readonly inFlight: number;
  /** Share of the recent offers that it took, up to 1. */
  readonly acceptance: number;
  /** Peak EWMA of its executions, ms; 0 for none yet. */
  readonly latencyMs: number;
  /** Its share relative to others; less than its own while it starts slowly. */
  readonly weight: number;
  /** Attempts that failed in a row, and ejections in a row. */
  readonly failures: number;
  readonly ejections: number;
  /** The smallest call that was too large for what it has left, MB; undefined for none. */
  readonly tooLargeMb: number | undefined;
}

export function beliefOf(group: string, standing: HeldStanding, now: number): Belief {
  const { runner, inFlight, failures, ejections, tooLargeMb } = standing;
  const [state, until] = stateOf(standing, now);
  return {
    group,
    runner: runner.id,
    state,
    forMs: Math.max(0, Math.ceil((until - now) / 1000)),
    inFlight,
    acceptance: standing.acceptance(now),
    latencyMs: standing.latencyUs(now) / 1000,
    weight: standing.weight(now),
    failures,
    ejections,
    tooLargeMb: tooLargeMb === Infinity ? undefined : tooLargeMb,
  };
}

function stateOf(standing: HeldStanding, now: number): [Belief['state'], number] {
  const { runner, ejectedUntil, pushedBackUntil, busy, busyUntil } = standing;
  if (!runner.ready) return ['unready', now];
  if (now < ejectedUntil) return ['ejected', ejectedUntil];
  if (now < pushedBackUntil) return ['pushed back', pushedBackUntil];
  if (busy) return ['busy', busyUntil];
  return ['open', now];
}
