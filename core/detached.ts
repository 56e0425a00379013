/**
 * A detached call: its client is answered 202 as soon as a runner has accepted, and the run goes on
 * without it. The run belongs to the gate: a client that leaves does not cancel it.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { CallError, failure } from './errors.js';
import { guarded } from './invariant.js';
import type { Verdict } from './response.js';
import type { Finished, RunnerEvent, Start } from './runner.js';

/** A run and its client's view of it. */
export interface DetachedRun {
  /** What the client is answered: 202 and nothing, or the error from before. Subscribe once. */
  readonly answer: Observable<RunnerEvent>;
  /** Ends the run from outside. */
  force(error: CallError): void;
}

const ACCEPTED = 202;
const START: Start = { kind: 'start', status: ACCEPTED, headers: [['Content-Length', '0']] };
const DONE: Finished = {
  kind: 'finished',
  success: true,
  code: 0,
  message: '',
  userError: false,
};

/** Begins when the answer is subscribed to; `over` is told once, when nothing runs any more. */
export function runDetached(
  events: Observable<RunnerEvent>,
  over: (verdict: Verdict) => void,
): DetachedRun {
  let run: Subscription | undefined;
  let client: Subscriber<RunnerEvent> | undefined;
  let ended = false;

  const end = (verdict: Verdict): void => {
    if (ended) return;
    ended = true;
    run?.unsubscribe();
    over(verdict);
  };

  const accept = (): void => {
    const waiting = client;
    client = undefined;
    waiting?.next(START);
    waiting?.next(DONE);
    waiting?.complete();
  };

  const fail = (error: CallError): void => {
    const waiting = client;
    client = undefined;
    const { code, outcome, status } = error;
    // The client's answer comes first: nothing is told of a call after its end.
    waiting?.error(error);
    end({ outcome, code, status: waiting === undefined ? ACCEPTED : status, bytesOut: 0 });
  };

  const onEvent = (event: RunnerEvent): void => {
    if (event.kind === 'start') accept();
    if (event.kind !== 'finished') return;
    if (!event.success) return fail(failure(event));
    // A runner may end well without a start of its own.
    accept();
    end({ outcome: 'ok', code: '', status: ACCEPTED, bytesOut: 0 });
  };

  return {
    answer: new Observable((out) => {
      client = out;
      const caught = (thrown: unknown): void => fail(CallError.from(thrown));
      const running = events.subscribe({
        next: (event) => guarded(() => onEvent(event), caught),
        error: caught,
        complete: () => fail(new CallError('internal', 'a run without a verdict')),
      });
      if (ended) running.unsubscribe();
      else run = running;
      return () => {
        client = undefined;
      };
    }),
    force: (error) => fail(error),
  };
}
