/**
 * Admission: tickets, the cap on calls in flight, and close. It refuses before any work is done,
 * and it drains by counting tickets, since a stream shared by all calls costs O(in flight) a call.
 */
import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import type { Clock } from './clock.js';
import { CallError } from './errors.js';
import { invariant } from './invariant.js';

/** The right to be in flight. Released exactly once. */
export interface Ticket {
  release(): void;
}

export interface Gate {
  readonly inFlight: number;
  readonly closed: boolean;
  /** A ticket, or why not. `force` ends the call when close runs out of patience. */
  admit(force: (error: CallError) => void): Ticket | CallError;
  /**
   * Admits nothing more, then completes when all tickets are back; what is still in flight after
   * `graceUs` is forced to end. Close begins at once, subscribed or not; closing again waits for
   * the same end. Never errors.
   */
  close(graceUs: number): Observable<never>;
}

export function createGate(clock: Clock, maxInFlight: number): Gate {
  const held = new Set<{ force: (error: CallError) => void }>();
  const waiting = new Set<() => void>();
  let closed = false;

  const drained = (): void => {
    if (!closed || held.size > 0) return;
    for (const done of [...waiting]) done();
  };

  const forceAll = (): void => {
    for (const entry of [...held]) entry.force(new CallError('closed', 'the balancer was closed'));
  };

  return {
    get inFlight() {
      return held.size;
    },
    get closed() {
      return closed;
    },
    admit(force) {
      if (closed) return new CallError('closed', 'the balancer is closing');
      if (held.size >= maxInFlight) {
        return new CallError('full', `${maxInFlight} calls are in flight already`);
      }
      const entry = { force };
      held.add(entry);
      return {
        release() {
          invariant(held.delete(entry), 'a ticket was released twice');
          drained();
        },
      };
    },
    close(graceUs) {
      closed = true;
      const grace = held.size > 0 ? clock.after(graceUs, forceAll) : undefined;
      if (grace !== undefined) waiting.add(() => grace.cancel());
      return new Observable<never>((out) => {
        if (held.size === 0) return out.complete();
        const done = (): void => {
          waiting.delete(done);
          out.complete();
        };
        waiting.add(done);
        return () => waiting.delete(done);
      });
    },
  };
}

/** Lets the holder of `force` end the source with an error. One call each: nothing is shared. */
export function forcible<T>(
  register: (force: (error: CallError) => void) => void,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((out) => {
      const inner = source.subscribe({
        next: (value) => out.next(value),
        error: (error: unknown) => out.error(error),
        complete: () => out.complete(),
      });
      register((error) => {
        inner.unsubscribe();
        out.error(error);
      });
      return inner;
    });
}
