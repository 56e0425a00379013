/**
 * Admission: tickets, the cap on calls in flight, and close. It refuses before any work is done,
 * and it drains by counting tickets, since a stream shared by all calls costs O(in flight) a call.
 */
import { Observable } from 'rxjs';
import type { Clock } from './clock.js';
import { CallError } from './errors.js';
import { invariant } from './invariant.js';
import { Roster, type Listed } from './roster.js';

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
  /** Close has run out of patience: what begins to end now is forced to, too. */
  readonly impatient: boolean;
  /** A ticket, or why not. `force` ends the call when close runs out of patience. */
  admit(force: () => void): Ticket | CallError;
  /**
   * Admits nothing more, then completes when all tickets are back; what is still in flight after
   * `graceUs` is forced to end. Close begins at once, subscribed or not; closing again waits for
   * the same end. Never errors.
   */
  close(graceUs: number): Observable<never>;
}

/** What tickets change of their gate. */
interface Desk {
  onResponded(): void;
  onReleased(ticket: HeldTicket): void;
}

/** A class, since there is one a call. */
class HeldTicket implements Ticket, Listed<HeldTicket> {
  earlier: HeldTicket | undefined;
  later: HeldTicket | undefined;
  private over = false;

  constructor(
    readonly force: () => void,
    private readonly desk: Desk,
  ) {}

  responded(): void {
    invariant(!this.over, 'a call was responded to twice');
    this.over = true;
    this.desk.onResponded();
  }

  release(): void {
    invariant(this.over, 'a ticket was released before its response');
    this.desk.onReleased(this);
  }
}

export function createGate(clock: Clock, limits: GateLimits): Gate {
  const { inFlightMax, callEndBacklogMax } = limits;
  const held = new Roster<HeldTicket>();
  let ending = 0;
  const waiting = new Set<() => void>();
  let closed = false;
  let impatient = false;

  const drained = (): void => {
    if (!closed || held.size > 0) return;
    for (const done of [...waiting]) done();
  };

  const desk: Desk = {
    onResponded() {
      ending += 1;
    },
    onReleased(ticket) {
      ending -= 1;
      invariant(held.leave(ticket), 'a ticket was released twice');
      drained();
    },
  };

  const forceAll = (): void => {
    impatient = true;
    for (const ticket of held.all()) ticket.force();
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
    get impatient() {
      return impatient;
    },
    admit(force) {
      if (closed) return new CallError('closed', 'the balancer is closing');
      if (ending >= callEndBacklogMax) {
        return new CallError('full', `${ending} calls wait for their end`);
      }
      if (held.size - ending >= inFlightMax) {
        return new CallError('full', `${inFlightMax} calls are in flight already`);
      }
      const ticket = new HeldTicket(force, desk);
      held.join(ticket);
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
