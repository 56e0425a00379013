/**
 * Clients that lose patience: so long after it sent a call, one without a good answer hangs up if
 * it still waits, and sends the same again as a call of its own. The same lines in either world.
 */
import type { Clock, Timer } from '../core/clock.js';
import type { ClientLine } from '../core/record.js';
import { Roster, type Listed } from '../core/roster.js';
import type { PlannedCall } from './plan.js';

export interface Patience {
  /** How often a call is sent again at most. */
  readonly times: number;
  /** From sending to sending again, µs. */
  readonly afterUs: number;
}

/**
 * Sends a call, meant to be sent at `sentAt`, and tells what its client saw, once. Returns the
 * hang-up, for before that: then it saw that it `left`.
 */
export type Send = (
  planned: PlannedCall,
  sentAt: number,
  told: (line: ClientLine) => void,
) => () => void;

export interface Clients {
  send(planned: PlannedCall, sentAt: number): void;
  /** Calls that will be sent again unless a good answer comes. */
  readonly pending: number;
  /** Nothing is sent again any more. */
  stop(): void;
}

/** One that may send its call again. */
class Waiting implements Listed<Waiting> {
  earlier: Waiting | undefined;
  later: Waiting | undefined;
  timer: Timer | undefined;
  answered = false;
  content = false;
}

export function createClients(clock: Clock, patience: Patience, send: Send): Clients {
  const { times, afterUs } = patience;
  const pending = new Roster<Waiting>();

  const attempt = (first: PlannedCall, sentAt: number, number: number): void => {
    const planned = number === 0 ? first : sentAgain(first, number, afterUs);
    const client = new Waiting();
    const hangUp = send(planned, sentAt, (line) => {
      client.answered = true;
      client.content = isGood(line);
      if (client.content && pending.leave(client)) client.timer?.cancel();
    });
    if (number === times || client.content) return;
    client.timer = clock.after(Math.max(0, sentAt + afterUs - clock.now()), () => {
      pending.leave(client);
      if (!client.answered) hangUp();
      attempt(first, sentAt + afterUs, number + 1);
    });
    pending.join(client);
  };

  return {
    send: (planned, sentAt) => attempt(planned, sentAt, 0),
    get pending() {
      return pending.size;
    },
    stop() {
      for (const client of pending.all()) {
        pending.leave(client);
        client.timer?.cancel();
      }
    },
  };
}

/** All of a success: nobody asks twice. */
const isGood = ({ how, status }: ClientLine): boolean =>
  how === 'ended' && status >= 200 && status < 300;

/** The same function and body under an id of its own, so that its service time is drawn anew. */
function sentAgain(first: PlannedCall, number: number, afterUs: number): PlannedCall {
  return { ...first, id: `${first.id}.r${number}`, atUs: first.atUs + number * afterUs };
}
