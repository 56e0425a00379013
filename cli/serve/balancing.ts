/**
 * The balancer behind the listeners, one a configuration: a reload makes another one on the same
 * pool, which takes all calls from then on, while the one before ends those that it has.
 */
import { context, propagation } from '@opentelemetry/api';
import { EMPTY } from 'rxjs';
import {
  createBalancer,
  nodeHandler,
  placerByName,
  type Balancer,
  type CallError,
  type Clock,
  type Pool,
  type Probe,
  type Rng,
  type TraceOf,
} from '../../core/index.js';
import type { ServeConfig } from './config.js';
import { dataOf, routerOf } from './functions.js';
import { limitsOf } from './limits.js';
import type { Handler } from './listeners.js';

export interface BalancingParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly pool: Pool;
  readonly probe: readonly Probe[];
  readonly trace: TraceOf;
  /** Told of requests that never were a call. */
  readonly refused: (error: CallError) => void;
}

export interface Balancing {
  readonly handler: Handler;
  readonly current: Balancer;
  /** Those of earlier configurations that still have calls, and the current one. */
  readonly all: readonly Balancer[];
  /**
   * Makes the balancer of a configuration. Throws, and changes nothing, where none can be made.
   * Told to begin it takes all calls that come from then on; one that never begins holds nothing.
   */
  prepare(config: ServeConfig): { readonly begin: () => void };
  /** Ends all calls, after their grace by force, and then the pool; resolves when it is done. */
  close(): Promise<void>;
}

/** How often a balancer that takes no calls any more is asked whether it has some. */
const LOOK_MS = 1000;

/** Runners are the pool's: a balancer that ends does not close them. */
const borrowed = (pool: Pool): Pool => ({
  snapshot: (group) => pool.snapshot(group),
  changes: () => pool.changes(),
  close: () => EMPTY,
  cut: () => undefined,
});

export function createBalancing(parts: BalancingParts, first: ServeConfig): Balancing {
  const all = new Set<Balancer>();
  // An id that comes from the file is the same after a restart, and its calls must not be.
  const startedAt = Date.now().toString(36);
  let made = 0;
  let current!: Balancer;
  let handler!: Handler;

  const prepare = (config: ServeConfig): { readonly begin: () => void } => {
    made += 1;
    const placers = Object.fromEntries(
      Object.entries(config.groups).map(([name, { policy }]) => [name, placerByName[policy]]),
    );
    const pool = borrowed(parts.pool);
    // No two of them make up the same id of a call.
    const idPrefix = `${config.id}.${startedAt}.${made}`;
    const options = { ...limitsOf(config.limits), idPrefix, closeGraceMs: config.drain.grace };
    const rng = parts.rng.split(`balancer/${made}`);
    const next = createBalancer({ ...parts, rng, pool, data: dataOf(config), placers }, options);
    const { callIdHeader, requestIdHeader, linger: lingerMs } = config.edge;
    const route = routerOf(config);
    const handles = nodeHandler(next, {
      lingerMs,
      route,
      refused: parts.refused,
      ...(callIdHeader === undefined ? {} : { callIdHeader }),
      ...(requestIdHeader === undefined ? {} : { requestIdHeader }),
    });
    const begin = (): void => {
      const before = all.size === 0 ? undefined : current;
      current = next;
      handler = handles;
      all.add(next);
      if (before !== undefined) retire(before);
    };
    return { begin };
  };
  /** Its calls end by their own deadlines, however late these are: only a drain is in a hurry. */
  const retire = (before: Balancer): void => {
    const looking = setInterval(() => {
      const { calls, callEnds } = before.held;
      if (calls + callEnds > 0) return;
      clearInterval(looking);
      all.delete(before);
      void ended(before);
    }, LOOK_MS).unref();
  };
  prepare(first).begin();

  return {
    handler(request, response) {
      // A span of ours is one of the client's trace (W3C Trace Context), where traces are kept.
      const traced = propagation.extract(context.active(), request.headers);
      context.with(traced, () => handler(request, response));
    },
    get current() {
      return current;
    },
    get all() {
      return [...all];
    },
    prepare,
    async close() {
      await Promise.all([...all].map(ended));
      await new Promise<void>((resolve) => {
        parts.pool.close().subscribe({ complete: resolve, error: () => resolve() });
      });
    },
  };
}

const ended = (balancer: Balancer): Promise<void> =>
  new Promise((resolve) => {
    balancer.close().subscribe({ complete: resolve, error: () => resolve() });
  });
