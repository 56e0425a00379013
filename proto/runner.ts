/** A Runner over a Channel: the same one whether the channel is an HTTP/2 connection or a link. */
import { filter, merge, Observable, Subject } from 'rxjs';
import type { Clock, Timer } from '../core/clock.js';
import { CallError } from '../core/errors.js';
import { guarded } from '../core/invariant.js';
import type { Nack, Runner, RunnerEvent, RunnerStatus } from '../core/runner.js';
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

export interface RunnerOptions {
  /** Its share of the calls relative to other runners. 1; above 0. */
  readonly weight: number;
  /**
   * Streams at once on its connection, abandoned ones too: it is not ready when all are taken,
   * while a stream above what its peer allows would wait where nobody sees it (grpc-js tells
   * nobody the peer's limit: set it to that). 10 000, more than a runner has slots.
   */
  readonly streamsMax: number;
}

/** Throws a RangeError where an option is out of its range. */
export function createRunner(
  clock: Clock,
  id: string,
  channel: Channel,
  options: Partial<RunnerOptions> = {},
): WireRunner {
  const { weight = 1, streamsMax = 10_000 } = options;
  if (!(weight > 0 && Number.isFinite(weight))) {
    throw new RangeError(`weight of ${id} is ${weight}, not a number above 0`);
  }
  if (!(streamsMax >= 1)) throw new RangeError(`streamsMax of ${id} is ${streamsMax}, below 1`);
  const pace = createPace(clock);
  const room = new Subject<true>();
  const freed = (): void => {
    // At its limit it was not ready, and no connection tells that it is again.
    if (exit.open + abandoned === streamsMax - 1) room.next(true);
  };
  const exit = createExit(clock, channel, freed);
  let abandoned = 0;
  const parts = {
    clock,
    wire: () => channel.wire(),
    mayCancel: () => pace.take(),
    onAbandoned: (change: 1 | -1) => {
      abandoned += change;
      if (change === -1) freed();
    },
  };
  return {
    id,
    get ready() {
      return !exit.closing && channel.ready && exit.open + abandoned < streamsMax;
    },
    weight,
    readiness: () =>
      merge(
        new Observable<boolean>((out) =>
          channel.watch((ready) => out.next(ready && !exit.closing)),
        ),
        room.pipe(filter(() => channel.ready && !exit.closing)),
      ),
    get abandoned() {
      return abandoned;
    },
    engage: (call, attempt) => exit.counted(engage(parts, call, attempt)),
    status: () =>
      new Observable<RunnerStatus>((out) =>
        channel.status(STATUS_US, (answer) => {
          if (typeof answer === 'string') return out.error(new CallError('broken', answer));
          out.next(answer);
          out.complete();
        }),
      ),
    close: () => exit.close(),
    cut: () => exit.cut(),
  };
}

/** How a connection is let go of: by whom it is held up, and what is told of its end. */
interface Exit extends Pick<Runner, 'close' | 'cut'> {
  readonly closing: boolean;
  /** Engagements that somebody waits for. */
  readonly open: number;
  /** Holds the connection while it is subscribed to; a NACK from the close on. */
  counted(engagement: Observable<RunnerEvent>): Observable<RunnerEvent>;
}

/**
 * Only engagements that somebody waits for hold it up. What was abandoned above the pace of cancels
 * does not: closing the connection cancels it for nothing, with no other call on it to suffer.
 */
function createExit(clock: Clock, channel: Channel, freed: () => void): Exit {
  const ended = new Subject<never>();
  let open = 0;
  let closing = false;
  let gone = false;
  let turn: Timer | undefined;

  function letGo(): void {
    if (gone) return;
    gone = true;
    turn?.cancel();
    guarded(
      () => {
        channel.close();
        ended.complete();
      },
      (thrown) => ended.error(CallError.from(thrown)),
    );
  }

  /** One turn later: the status of the last stream is mostly right behind its verdict. */
  function settle(): void {
    if (closing && open === 0 && !gone) turn ??= clock.after(0, letGo);
  }

  return {
    get closing() {
      return closing;
    },
    get open() {
      return open;
    },
    counted: (engagement) =>
      new Observable((out) => {
        if (closing) return nackClosed(clock).subscribe(out);
        open += 1;
        out.add(() => {
          open -= 1;
          settle();
          freed();
        });
        return engagement.subscribe(out);
      }),
    close() {
      closing = true;
      settle();
      return ended.asObservable();
    },
    cut() {
      closing = true;
      letGo();
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
