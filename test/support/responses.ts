/**
 * One response as a test drives it: events are said one by one, in virtual time, to a scripted
 * sink.
 */
import { Observable, type Subscriber } from 'rxjs';
import { createBudget, type Budget } from '../../core/budget.js';
import type { CallError } from '../../core/errors.js';
import { resolveOptions, type BalancerOptions } from '../../core/options.js';
import { respond, type Verdict } from '../../core/response.js';
import type { RunnerEvent } from '../../core/runner.js';
import { createValve, type Valve } from '../../core/valve.js';
import { scriptedSink, type ScriptedSink, type SinkScript } from './scripted-sink.js';
import { createVirtualClock, type VirtualClock } from './virtual.js';

export interface Responding {
  readonly clock: VirtualClock;
  readonly sink: ScriptedSink;
  readonly valve: Valve;
  readonly absorbed: Budget;
  /** Whether the events are still subscribed. */
  readonly listening: boolean;
  readonly verdicts: Verdict[];
  /** Statuses that the probe would be told. */
  readonly heads: number[];
  say(...events: readonly RunnerEvent[]): void;
  complete(): void;
  error(error: Error): void;
  leave(): void;
  force: ((error: CallError) => void) | undefined;
}

export function responding(
  given: {
    readonly method?: string;
    readonly sink?: SinkScript;
    readonly options?: Partial<BalancerOptions>;
    readonly absorbed?: Budget;
  } = {},
): Responding {
  const clock = createVirtualClock();
  const sink = scriptedSink(given.sink);
  const valve = createValve();
  const options = resolveOptions(given.options ?? {});
  const absorbed = given.absorbed ?? createBudget(options.absorbTotalBytes);
  let events: Subscriber<RunnerEvent> | undefined;
  const source = new Observable<RunnerEvent>((out) => {
    if (events !== undefined) throw new Error('subscribed twice');
    events = out;
  });
  const verdicts: Verdict[] = [];
  const heads: number[] = [];
  const say = (work: (out: Subscriber<RunnerEvent>) => void): void => {
    if (events === undefined) throw new Error('nobody listens');
    work(events);
  };
  const result: Responding = {
    clock,
    sink,
    valve,
    absorbed,
    verdicts,
    heads,
    force: undefined,
    get listening() {
      return events?.closed === false;
    },
    say: (...said) => say((out) => said.forEach((event) => out.next(event))),
    complete: () => say((out) => out.complete()),
    error: (error) => say((out) => out.error(error)),
    leave: () => subscription.unsubscribe(),
  };
  const response = {
    errorShape: 'v2' as const,
    callId: 'call-1',
    method: given.method ?? 'POST',
    valve,
    sink,
    onHead: (status: number) => void heads.push(status),
    forcible: (force: NonNullable<Responding['force']>) => (result.force = force),
  };
  const subscription = respond({ clock, options, absorbed }, response, source).subscribe({
    next: (verdict) => verdicts.push(verdict),
    error: (error: unknown) => {
      throw error;
    },
  });
  return result;
}
