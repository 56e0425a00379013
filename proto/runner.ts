/** A Runner over a Channel: the same one whether the channel is an HTTP/2 connection or a link. */
import { Observable } from 'rxjs';
import type { Clock } from '../core/clock.js';
import { CallError } from '../core/errors.js';
import type { Nack, Runner, RunnerStatus } from '../core/runner.js';
import { engage } from './engagement.js';
import { createPace } from './pace.js';
import type { Channel } from './wire.js';

/** How long the Status RPC may take: it does no work, so it is one round trip. */
const STATUS_US = 5_000_000;

/** A runner seen through a channel, with a count of the attempts that were abandoned on it. */
export interface WireRunner extends Runner {
  /** Attempts that nobody waits for, still open since a reset would be above the pace. */
  readonly abandoned: number;
}

export function createRunner(clock: Clock, id: string, channel: Channel): WireRunner {
  const pace = createPace(clock);
  let closed = false;
  let abandoned = 0;
  const parts = {
    clock,
    wire: () => channel.wire(),
    mayCancel: () => pace.take(),
    onAbandoned: (change: 1 | -1) => {
      abandoned += change;
    },
  };
  return {
    id,
    get ready() {
      return !closed && channel.ready;
    },
    get abandoned() {
      return abandoned;
    },
    engage: (call, attempt) => (closed ? nackClosed(clock) : engage(parts, call, attempt)),
    status: () =>
      new Observable<RunnerStatus>((out) =>
        channel.status(STATUS_US, (answer) => {
          if (typeof answer === 'string') return out.error(new CallError('broken', answer));
          out.next(answer);
          out.complete();
        }),
      ),
    close() {
      closed = true;
      channel.close();
    },
  };
}

/** In the next turn, since a runner never emits during subscribe. */
function nackClosed(clock: Clock): Observable<Nack> {
  return new Observable((out) => {
    const timer = clock.after(0, () => {
      out.next({ kind: 'nack', reason: 'closed' });
      out.complete();
    });
    return () => timer.cancel();
  });
}
