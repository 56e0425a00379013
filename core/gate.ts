/**
 * Admission: tickets, the cap on calls in flight, and close. It refuses before any work is done,
 * and it drains by counting tickets, since a stream shared by all calls costs O(in flight) a call.
 */
import { Observable } from 'rxjs';
import type { Clock } from './clock.js';
import { CallError } from './errors.js';
import { invariant } from './invariant.js';

/** The right to be in flight, and to have an end behind the response. */
export interface Ticket {
  /** The response is over: the slot is free, the call's end begins. Once. */
  responded(): void;
  /** All of the call is over; close need not wait for it. Once, after `responded`. */
  release(): void;
}

export interface GateLimits {
  readonly inFlightMax: number;
  /** Calls that are responded to and not over. */
  readonly callEndBacklogMax: number;
}

export interface Gate {
  /** Admitted, and not responded to. */
  readonly inFlight: number;
  /** Responded to, and not over. */
  readonly ending: number;
  readonly closed: boolean;
  /** A ticket, or why not. `force` ends the call when close runs out of patience. */
  admit(force: () => void): Ticket | CallError;
  /**
   * Admits nothing more, then completes when all tickets are back; what is still in flight after
   * `graceUs` is forced to end. Close begins at once, subscribed or not; closing again waits for
   * the same end. Never errors.
   */
  close(graceUs: number): Observable<never>;
}

interface HeldTicket extends Ticket {
  readonly force: () => void;
}

export function createGate(clock: Clock, limits: GateLimits): Gate {
  const { inFlightMax, callEndBacklogMax } = limits;
  const held = new Set<HeldTicket>();
  let ending = 0;
  const waiting = new Set<() => void>();
  let closed = false;

  const drained = (): void => {
    if (!closed || held.size > 0) return;
    for (const done of [...waiting]) done();
  };

  const forceAll = (): void => {
    for (const entry of [...held]) entry.force();
  };

  return {
    get inFlight() {
      return held.size - ending;
    },
    get ending() {
      return ending;
    },
    get closed() {
      return closed;
    },
    admit(force) {
      if (closed) return new CallError('closed', 'the balancer is closing');
      if (ending >= callEndBacklogMax) {
        return new CallError('full', `${ending} calls wait for their end`);
      }
      if (held.size - ending >= inFlightMax) {
        return new CallError('full', `${inFlightMax} calls are in flight already`);
      }
      let over = false;
      const ticket: HeldTicket = {
        force,
        responded() {
          invariant(!over, 'a call was responded to twice');
          over = true;
          ending += 1;
        },
        release() {
          invariant(over, 'a ticket was released before its response');
          ending -= 1;
          invariant(held.delete(ticket), 'a ticket was released twice');
          drained();
        },
      };
      held.add(ticket);
      return ticket;
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
