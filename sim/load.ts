/** The open-loop load of a simulated flight: every call at its planned instant, to its balancer. */
import type { Balancer } from '../core/balancer.js';
import type { FlightEvent } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import { createClient, createWitness, requestFor } from './client.js';
import type { VirtualClock } from './clock.js';
import { planCalls, type PlannedCall } from './plan.js';
import type { Scenario } from './scenario.js';

export interface Load {
  /** Calls sent so far. */
  readonly offered: number;
  /** Once all are sent: the instant by which the last of them is over, µs. */
  readonly over: number | undefined;
}

/** Sends the planned calls at their instants, whatever became of the earlier ones (open loop). */
export function startLoad(
  clock: VirtualClock,
  scenario: Scenario,
  rng: Rng,
  balancerOf: (planned: PlannedCall) => Balancer,
  tell: (event: FlightEvent) => void,
): Load {
  const next = planCalls(scenario, rng);
  const startedAt = clock.now();
  const load = { offered: 0, over: undefined as number | undefined };
  const fail = (error: unknown): never => {
    throw error;
  };

  const send = (planned: PlannedCall): void => {
    const request = requestFor(planned);
    const client = createClient(createWitness(clock, planned, request, clock.now(), tell));
    load.offered += 1;
    balancerOf(planned).handle(request, client).subscribe({ error: fail });
    schedule();
  };

  const schedule = (): void => {
    const planned = next();
    if (planned === undefined) {
      const longest = Math.max(...scenario.functions.map((fn) => fn.timeoutUs));
      load.over = clock.now() + longest;
      return;
    }
    clock.after(startedAt + planned.atUs - clock.now(), () => send(planned));
  };
  schedule();
  return load;
}
