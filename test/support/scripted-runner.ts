/**
 * A runner whose answer to each attempt is written down beforehand, played in virtual time. It
 * never emits during subscribe (but see `rude`), hands its body over at once, and remembers what it
 * saw.
 */
import { EMPTY, NEVER, Observable, Subject, of, type Subscriber } from 'rxjs';
import type { Call } from '../../core/call.js';
import type { Clock, Timer } from '../../core/clock.js';
import { CallError } from '../../core/errors.js';
import type { Finished, NackReason, Runner, RunnerEvent } from '../../core/runner.js';
import { joined, utf8 } from './calls.js';

/** One thing said, `afterUs` after the thing before it. */
export interface Line {
  readonly afterUs: number;
  readonly says: RunnerEvent | CallError | 'complete';
}
/** The answer to one attempt; it stays open where the script ends without an end. */
export type Script = readonly Line[];

/** What the runner saw of one attempt. */
export interface Engaged {
  readonly call: string;
  /** The call as it was offered. */
  readonly offered: Call;
  readonly attempt: number;
  readonly at: number;
  readonly body: Uint8Array;
  /** Unsubscribed before the script was over. */
  canceledAt: number | undefined;
  open: boolean;
}

export interface ScriptedRunner extends Runner {
  ready: boolean;
  closed: boolean;
  /** What `close` ends with, if not well. */
  closeError: Error | undefined;
  readonly engaged: Engaged[];
  /** Engagements open now. */
  readonly open: number;
}

/** Plays `scripts` attempt by attempt, the last one for ever. */
export function scriptedRunner(
  clock: Clock,
  id: string,
  scripts: readonly Script[],
): ScriptedRunner {
  const engaged: Engaged[] = [];
  const holding = new Map<Subscriber<RunnerEvent>, Engaged>();
  const ended = new Subject<never>();
  const changed = new Subject<boolean>();
  let ready = true;
  const settle = (): void => {
    if (!runner.closed || holding.size > 0) return;
    if (runner.closeError === undefined) ended.complete();
    else ended.error(runner.closeError);
  };
  const runner: ScriptedRunner = {
    id,
    get ready() {
      return ready;
    },
    set ready(now) {
      ready = now;
      changed.next(now);
    },
    readiness: () => changed.asObservable(),
    closed: false,
    closeError: undefined,
    engaged,
    get open() {
      return engaged.filter((engagement) => engagement.open).length;
    },
    engage: (call, attempt) =>
      new Observable((out) => {
        if (runner.closed) {
          const turn = clock.after(0, () => {
            out.next({ kind: 'nack', reason: 'closed' });
            out.complete();
          });
          return () => turn.cancel();
        }
        const at = clock.now();
        const body = joined([...call.body.chunks]);
        const seen: Engaged = {
          call: call.id,
          offered: call,
          attempt,
          at,
          body,
          canceledAt: undefined,
          open: true,
        };
        const script = scripts[Math.min(engaged.length, scripts.length - 1)] ?? [];
        engaged.push(seen);
        holding.set(out, seen);
        call.body.sent();
        let timer: Timer | undefined;
        const play = (index: number): void => {
          const line = script[index];
          if (line === undefined) return;
          timer = clock.after(line.afterUs, () => {
            const { says } = line;
            if (says === 'complete' || says instanceof CallError) seen.open = false;
            if (says === 'complete') return out.complete();
            if (says instanceof CallError) return out.error(says);
            out.next(says);
            if (!out.closed) play(index + 1);
          });
        };
        play(0);
        return () => {
          timer?.cancel();
          if (seen.open) seen.canceledAt = clock.now();
          seen.open = false;
          holding.delete(out);
          settle();
        };
      }),
    status: () => of({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
    close() {
      runner.closed = true;
      runner.ready = false;
      settle();
      return ended.asObservable();
    },
    cut() {
      runner.closed = true;
      runner.ready = false;
      for (const [out, seen] of [...holding]) {
        seen.open = false;
        out.error(new CallError('broken', `${id} was cut`));
      }
      settle();
    },
  };
  return runner;
}

/** A runner that breaks the rule: it says all it has to say during subscribe. */
export function rudeRunner(id: string, says: readonly RunnerEvent[]): Runner {
  return {
    id,
    ready: true,
    readiness: () => NEVER,
    engage: () => of(...says),
    status: () => of({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
    close: () => EMPTY,
    cut: () => undefined,
  };
}

export const START: RunnerEvent = {
  kind: 'start',
  status: 200,
  headers: [['Content-Type', 'text/plain']],
};
export const data = (content: string | Uint8Array): RunnerEvent => ({
  kind: 'data',
  bytes: typeof content === 'string' ? utf8(content) : content,
});
export const DONE: Finished = {
  kind: 'finished',
  success: true,
  code: 0,
  message: '',
  userError: false,
};
export const failure = (code: number, message = 'why'): Finished => ({
  kind: 'finished',
  success: false,
  code,
  message,
  userError: false,
});

/** Events with a millisecond before each, then completion. */
export function says(...events: readonly RunnerEvent[]): Script {
  return [
    ...events.map((event) => ({ afterUs: 1000, says: event })),
    { afterUs: 0, says: 'complete' },
  ];
}
export const ok = (content = 'pong'): Script => says(START, data(content), DONE);
export const nacks = (reason: NackReason = 'busy', retryAfterUs?: number): Script =>
  says({ kind: 'nack', reason, ...(retryAfterUs === undefined ? {} : { retryAfterUs }) });
/** The attempt breaks after `events`. */
export function breaks(...events: readonly RunnerEvent[]): Script {
  const error = new CallError('broken', 'stream reset');
  return [...says(...events).slice(0, -1), { afterUs: 1000, says: error }];
}
/** Says `events` and then nothing, for ever. */
export const hangs = (...events: readonly RunnerEvent[]): Script => says(...events).slice(0, -1);
