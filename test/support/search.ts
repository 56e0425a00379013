/**
 * One search for a runner as a test drives it: naive order from the first runner, probe in words.
 */
import { EMPTY, NEVER, type Subscription } from 'rxjs';
import { createGroups } from '../../core/groups.js';
import { createHedgeDelays } from '../../core/hedge-delay.js';
import { createLag, type Lag } from '../../core/lag.js';
import { createRetryBudget } from '../../core/retry-budget.js';
import { seededRng } from '../../core/rng.js';
import type { Call } from '../../core/call.js';
import { CallError } from '../../core/errors.js';
import { balancerDefaults, resolveOptions, type BalancerOptions } from '../../core/options.js';
import { place } from '../../core/placement.js';
import type { MakePlacer } from '../../core/placer.js';
import type { ProbeEvent } from '../../core/probe.js';
import type { Runner, RunnerEvent } from '../../core/runner.js';
import { testCall } from './calls.js';
import type { VirtualClock } from './virtual.js';

/** Runners in the order they are given, every round. */
export const inOrder: MakePlacer = () => ({
  order(_call, runners) {
    let index = 0;
    return { next: () => runners[index++] };
  },
});

export interface Search {
  readonly call: Call;
  readonly events: RunnerEvent[];
  readonly probed: ProbeEvent[];
  error: CallError | undefined;
  completed: boolean;
  start(): void;
  stop(): void;
  /** The probe's events, a line each. */
  words(): string[];
}

export function createSearch(
  clock: VirtualClock,
  runners: readonly Runner[] | (() => readonly Runner[]),
  given: { call?: Call; options?: Partial<BalancerOptions>; lag?: Lag } = {},
): Search {
  const probed: ProbeEvent[] = [];
  const pool = {
    changes: () => NEVER,
    snapshot: () => (typeof runners === 'function' ? runners() : runners),
    close: () => EMPTY,
    cut: () => undefined,
  };
  const options = resolveOptions({ ...balancerDefaults, ...given.options });
  const call = given.call ?? testCall(clock);
  const probe = (event: ProbeEvent): void => void probed.push(event);
  const rng = seededRng(1);
  const groups = createGroups({
    ...{ clock, pool, options, probe, rng },
    placer: inOrder,
    placers: undefined,
  });
  const budget = createRetryBudget(clock, options);
  const watched = { lag: given.lag ?? createLag(clock), hedges: createHedgeDelays() };
  const parts = { clock, options, probe, groups, budget, ...watched };
  let subscription: Subscription | undefined;
  return {
    call,
    events: [],
    probed,
    error: undefined,
    completed: false,
    start() {
      subscription = place(parts, call).subscribe({
        next: (event) => this.events.push(event),
        error: (error: unknown) => {
          if (this.error !== undefined || this.completed) throw new Error('ended twice');
          this.error = CallError.from(error);
        },
        complete: () => (this.completed = true),
      });
    },
    stop: () => subscription?.unsubscribe(),
    words: () => probed.map(wordsOf),
  };
}

function wordsOf(event: ProbeEvent): string {
  switch (event.kind) {
    case 'attempt':
    case 'commit':
      return `${event.kind} ${event.attempt} ${event.runner}`;
    case 'nack':
      return `nack ${event.attempt} ${event.runner} ${event.reason}`;
    case 'attempt-end':
      return `attempt-end ${event.attempt} ${event.runner} ${event.outcome}`;
    case 'skip':
      return `skip ${event.runner}`;
    case 'round':
      return `round ${event.round}`;
    case 'wait':
      return `wait ${event.waiting}`;
    case 'runner':
      return `runner ${event.runner} ${event.change}`;
    default:
      return event.kind;
  }
}
