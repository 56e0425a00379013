/** A runner behind the simulated link: client half, wire through virtual time, server half. */
import { seededRng } from '../../core/rng.js';
import type { Executor } from '../../proto/executor.js';
import { createRunner, type RunnerOptions, type WireRunner } from '../../proto/runner.js';
import { serve } from '../../proto/session.js';
import { createLink, type Link, type LinkOptions } from '../../sim/link.js';
import { createVirtualClock, type VirtualClock } from './virtual.js';

export interface Linked {
  readonly clock: VirtualClock;
  readonly link: Link;
  readonly runner: WireRunner;
  /** Set to false for a runner whose process is gone. */
  alive: boolean;
}

export function linked(
  executor: Executor,
  given: Partial<LinkOptions> = {},
  own: Partial<RunnerOptions> = {},
): Linked {
  const clock = createVirtualClock();
  const options = { oneWayUs: 200, jitterUs: 0, reconnectUs: 1000, transcode: undefined, ...given };
  const state = { alive: true };
  const link = createLink(clock, seededRng(1), options, {
    get alive() {
      return state.alive;
    },
    awake: (work) => work(),
    accept: (wire) =>
      serve({ clock, executor, bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 }, wire),
    status: () => ({ active: 0, requestsReceived: 1, requestsHandled: 2 }),
  });
  return Object.assign(state, { clock, link, runner: createRunner(clock, 'a', link.channel, own) });
}
