/** Who looks for a runner, as a group sees it, and what a group is made of. */
import type { Clock } from './clock.js';
import type { BalancerOptions } from './options.js';
import type { Pool } from './pool.js';
import type { Probe } from './probe.js';
import type { Rng } from './rng.js';
import type { Waiter } from './room.js';
import type { HeldStanding } from './standing.js';

/** A call that looks for a runner. */
export interface Seeker extends Waiter {
  readonly callId: string;
  /** It is called up for this runner and is in the room no more. False: it is of no use to it. */
  take(standing: HeldStanding): boolean;
}

export interface GroupParts {
  readonly clock: Clock;
  readonly probe: Probe | undefined;
  readonly pool: Pool;
  readonly options: BalancerOptions;
  readonly rng: Rng;
}
