/**
 * Time as a port. All of core, proto's pure files and sim read time here and nowhere else, so that
 * the same code runs on a monotonic system clock and in virtual time.
 */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';

/** A scheduled piece of work that has not run yet. */
export interface Timer {
  /** O(1). The work never runs afterwards; cancelling twice, or after it ran, does nothing. */
  cancel(): void;
}

/** A source of monotonic time. Instants and durations are integer microseconds. */
export interface Clock {
  /** Monotonic instant in µs since an arbitrary origin; never goes back. */
  now(): number;
  /** Runs `work` once, `us` µs from now (never during this call, not even for 0). */
  after(us: number, work: () => void): Timer;
  /** Wall-clock milliseconds since 1970. For dates on the wire only, never for arithmetic. */
  wall(): number;
}

/** setTimeout fires at once above 2^31-1 ms (24.9 days): longer waits are made in parts. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * The system's monotonic clock, whose origin all processes of one machine share, minus `originUs`.
 * setTimeout has millisecond grain; work may run late, and never runs early.
 */
export function createSystemClock(originUs = 0): Clock {
  const now = (): number => {
    const [seconds, nanos] = process.hrtime();
    return seconds * 1_000_000 + Math.floor(nanos / 1000) - originUs;
  };
  return {
    now,
    after(us, work) {
      const dueAt = now() + us;
      let handle: NodeJS.Timeout;
      const wait = (): void => {
        const ms = Math.min(Math.ceil((dueAt - now()) / 1000), LONGEST_WAIT_MS);
        handle = setTimeout(fire, Math.max(0, ms));
      };
      // A timer's own clock has whole milliseconds: it may fire one before this one says so.
      const fire = (): void => {
        if (now() < dueAt) wait();
        else work();
      };
      wait();
      return { cancel: () => clearTimeout(handle) };
    },
    wall: () => Date.now(),
  };
}

/**
 * Taken once: formatting a given instant reads no clock, so it is legal where `Date` is trapped.
 */
const SystemDate = Date;

/** A date as it travels: RFC 3339 with milliseconds, from wall-clock ms. */
export function isoDate(wallMs: number): string {
  return new SystemDate(wallMs).toISOString();
}

/**
 * The clock as an RxJS scheduler, in the scheduler's unit of milliseconds, for the few operators
 * that are worth it. Times below a millisecond survive: delays may be fractional.
 */
export function asScheduler(clock: Clock): SchedulerLike {
  class ClockAction<T> extends Subscription {
    private timer: Timer | undefined;
    constructor(private readonly work: (this: SchedulerAction<T>, state?: T) => void) {
      super(() => this.timer?.cancel());
    }
    schedule(state?: T, delay = 0): Subscription {
      if (this.closed) return this;
      this.timer?.cancel();
      this.timer = clock.after(Math.round(delay * 1000), () => {
        this.timer = undefined;
        this.work.call(this, state);
        if (this.timer === undefined) this.unsubscribe();
      });
      return this;
    }
  }
  return {
    now: () => clock.now() / 1000,
    schedule: <T>(
      work: (this: SchedulerAction<T>, state?: T) => void,
      delay = 0,
      state?: T,
    ): Subscription => new ClockAction<T>(work).schedule(state, delay),
  };
}
