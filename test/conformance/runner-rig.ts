/** What the laws of a runner share: the rig they need, engagements, and functions behind it. */
import { strict as assert } from 'node:assert';
import { Observable, concat, ignoreElements, of, tap, type Subscription } from 'rxjs';
import type { Call } from '../../core/call.js';
import type { Clock } from '../../core/clock.js';
import { CallError } from '../../core/errors.js';
import type { Finished, Runner, RunnerEvent } from '../../core/runner.js';
import type { Executor, Offer } from '../../proto/executor.js';
import { joined } from './bytes.js';
import { callOf, type CallGiven } from './call.js';
import type { Rig } from './law.js';

/** A runner of the implementation under test, with functions behind it that the law chooses. */
export interface RunnerRig extends Rig {
  readonly clock: Clock;
  /** READY when the law begins. */
  readonly runner: Runner;
  /** Says what runs behind it; set before a call is offered. */
  runs(executor: Executor): void;
  /** The runner's process dies with all its connections; where the implementation can. */
  crash?(): void;
}

/** One engagement and all that it said. */
export interface Engagement {
  readonly call: Call;
  readonly events: RunnerEvent[];
  error: unknown;
  completed: boolean;
  /** How many times it has ended. */
  ends: number;
  leave(): void;
}

export function engaged(rig: RunnerRig, given: CallGiven = {}, attempt = 1): Engagement {
  const call = callOf(rig.clock, given);
  let subscription: Subscription | undefined = undefined;
  const self: Engagement = {
    call,
    events: [],
    error: undefined,
    completed: false,
    ends: 0,
    leave: () => subscription?.unsubscribe(),
  };
  subscription = rig.runner.engage(call, attempt).subscribe({
    next: (event) => self.events.push(event),
    error(error: unknown) {
      self.ends += 1;
      self.error = error;
    },
    complete() {
      self.ends += 1;
      self.completed = true;
    },
  });
  assert.equal(self.events.length + self.ends, 0, 'it emitted during subscribe');
  return self;
}

/** The code of the CallError it ended with. */
export function codeOf({ error }: Engagement): string {
  assert.ok(error instanceof CallError, `${String(error)} is no CallError`);
  return error.code;
}

export const kinds = ({ events }: Engagement): string => events.map(({ kind }) => kind).join(' ');

/** All data of an engagement, however it was cut. */
export function output({ events }: Engagement): Uint8Array {
  return joined(events.flatMap((event) => (event.kind === 'data' ? [event.bytes] : [])));
}

export const START: RunnerEvent = {
  kind: 'start',
  status: 201,
  headers: [
    ['X-A', '1'],
    ['X-A', '2'],
  ],
};
export const data = (bytes: Uint8Array): RunnerEvent => ({ kind: 'data', bytes });
export const DONE: Finished = {
  kind: 'finished',
  success: true,
  code: 0,
  message: '',
  userError: false,
};
export const failure = (code: number, message: string): Finished => ({
  ...DONE,
  success: false,
  code,
  message,
});

/** What a function behind the runner saw of one offer. */
export interface Seen {
  readonly offer: Offer;
  readonly body: Uint8Array[];
  read: boolean;
  stopped: boolean;
}

/** Reads each request to its end and then says what `answer` gives; remembers what it saw. */
export function answering(
  seen: Seen[],
  answer: (offer: Offer, body: Uint8Array) => Observable<RunnerEvent>,
): Executor {
  return {
    execute: (offer) =>
      new Observable((out) => {
        const one: Seen = { offer, body: [], read: false, stopped: false };
        seen.push(one);
        const reading = offer.body.pipe(
          tap({ next: (bytes) => one.body.push(bytes), complete: () => (one.read = true) }),
          ignoreElements(),
        );
        const answered = new Observable<RunnerEvent>((inner) =>
          answer(offer, joined(one.body)).subscribe(inner),
        );
        const running = concat(reading, answered).subscribe(out);
        return () => {
          one.stopped = true;
          running.unsubscribe();
        };
      }),
  };
}

/** Says `events` at once, whatever it is asked, and never reads. */
export function saying(...events: readonly RunnerEvent[]): Executor {
  return { execute: () => of(...events) };
}
