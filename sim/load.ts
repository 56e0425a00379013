/** The open-loop load of a simulated flight: every call at its planned instant, to its balancer. */
import type { Balancer } from '../core/balancer.js';
import type { FlightEvent } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import { createClient, createWitness, requestFor } from './client.js';
import type { VirtualClock } from './clock.js';
import { planCalls, plannedBy, type Plan, type PlannedCall } from './plan.js';
import { createClients, type Send } from './patience.js';
import type { Scenario } from './scenario.js';

export interface Load {
  /** Calls sent so far, those that were sent again included. */
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
  plan?: Plan,
): Load {
  const next = plan === undefined ? planCalls(scenario, rng) : plannedBy(plan, scenario);
  const startedAt = clock.now();
  const load = { offered: 0, over: undefined as number | undefined };
  const fail = (error: unknown): never => {
    throw error;
  };

  const send: Send = (planned, sentAt, told) => {
    const request = requestFor(planned);
    const witness = createWitness(clock, planned, request, sentAt, (line) => {
      tell(line);
      told(line);
    });
    load.offered += 1;
    const answering = balancerOf(planned)
      .handle(request, createClient(witness))
      .subscribe({ error: fail });
    return () => {
      answering.unsubscribe();
      witness.over('left');
    };
  };
  const { retry } = scenario.clients;
  const clients = createClients(clock, retry, send);

  const schedule = (): void => {
    const planned = next();
    if (planned === undefined) {
      const longest = Math.max(...scenario.functions.map((fn) => fn.timeoutUs));
      load.over = clock.now() + retry.times * retry.afterUs + longest;
      return;
    }
    clock.after(startedAt + planned.atUs - clock.now(), () => {
      clients.send(planned, clock.now());
      schedule();
    });
  };
  schedule();
  return load;
}
