/** One engagement over a scripted wire, as a test drives it. */
import type { Subscription } from 'rxjs';
import type { Call } from '../../core/call.js';
import { CallError } from '../../core/errors.js';
import type { RunnerEvent } from '../../core/runner.js';
import { engage } from '../../proto/engagement.js';
import type { FinishedMessage } from '../../proto/wire.js';
import { testCall } from './calls.js';
import { scriptedClientWire, type ScriptedClientWire } from './scripted-wire.js';
import { createVirtualClock, type VirtualClock } from './virtual.js';

export interface Engaging {
  readonly clock: VirtualClock;
  readonly wire: ScriptedClientWire;
  readonly call: Call;
  readonly events: RunnerEvent[];
  error: CallError | undefined;
  completed: boolean;
  /** Attempts abandoned and not over yet. */
  abandoned: number;
  leave(): void;
}

export function engaging(
  given: {
    readonly window?: number;
    readonly mayCancel?: () => boolean;
    readonly body?: readonly Uint8Array[];
    readonly timeoutMs?: number;
    readonly trace?: Call['trace'];
  } = {},
): Engaging {
  const clock = createVirtualClock();
  const wire = scriptedClientWire(given.window);
  const { timeoutMs = 10_000, mayCancel = () => true } = given;
  const plain = testCall(clock, {
    fn: { timeoutMs },
    ...(given.body === undefined ? {} : { body: given.body }),
  });
  const call = given.trace === undefined ? plain : { ...plain, trace: given.trace };
  let subscription: Subscription | undefined = undefined;
  const state: Engaging = {
    clock,
    wire,
    call,
    events: [],
    error: undefined,
    completed: false,
    abandoned: 0,
    leave: () => subscription?.unsubscribe(),
  };
  const onAbandoned = (change: 1 | -1): void => void (state.abandoned += change);
  subscription = engage({ clock, wire: () => wire, mayCancel, onAbandoned }, call, 3).subscribe({
    next: (event) => state.events.push(event),
    error: (error: unknown) => (state.error = CallError.from(error)),
    complete: () => (state.completed = true),
  });
  return state;
}

/** A verdict as it travels: a success, or a failure with that code. */
export const finished = (errorCode = 0, errorStr = ''): FinishedMessage => ({
  kind: 'finished',
  success: errorCode === 0,
  details: 'call-1',
  errorCode,
  errorStr,
  errorUser: false,
  schedulerDuration: 1_500,
  executionDuration: 2_999_999,
});
export const failed = (errorCode: number, errorStr = 'why'): FinishedMessage => ({
  ...finished(errorCode, errorStr),
  success: false,
});
