/**
 * What a conformance suite is made of: named laws, each run against a rig made for it alone. A
 * suite knows no test runner, no sockets and no kind of time: whoever runs it brings those.
 */
import { strict as assert } from 'node:assert';

/** One law of a port. `run` rejects when the implementation breaks it. */
export interface Law<Make> {
  readonly name: string;
  run(make: Make): Promise<void>;
}

/** How a law waits for what it tests, in whatever time that lives. */
export interface Patience {
  /** Lets time pass until the condition holds; rejects when it never will. */
  until(condition: () => boolean): Promise<void>;
  /** Lets arrive what is under way: what has not been told by then never will be. */
  settle(): Promise<void>;
}

/** An implementation under test, and what a law needs around it. */
export interface Rig extends Patience {
  /** Lets go of everything. */
  close(): void | Promise<void>;
}

export type Make<R> = () => R | Promise<R>;

/** A law that has a rig of its own, and closes it however it ends. */
export function law<R extends Rig>(
  name: string,
  holds: (rig: R) => void | Promise<void>,
): Law<Make<R>> {
  return {
    name,
    async run(make) {
      const rig = await make();
      try {
        await holds(rig);
      } finally {
        await rig.close();
      }
    },
  };
}

/** A law about something that needs nothing around it. */
export function plainLaw<Make>(name: string, holds: (make: Make) => void): Law<Make> {
  return {
    name,
    run: (make) => new Promise((resolve) => resolve(holds(make))),
  };
}

/** Events run at most for one wait: more means that something never ends. */
const EVENTS_MAX = 1_000_000;
const SECOND_US = 1_000_000;

/** The part of a virtual clock that waiting needs. */
export interface Runnable {
  after(us: number, work: () => void): unknown;
  run(limit: number, stop?: () => boolean): number;
}

/** Waiting in virtual time: runs the clock. To settle takes one virtual second. */
export function virtualPatience(clock: Runnable): Patience {
  return {
    until(condition) {
      if (!condition()) clock.run(EVENTS_MAX, condition);
      if (condition()) return Promise.resolve();
      return Promise.reject(new assert.AssertionError({ message: `never: ${String(condition)}` }));
    },
    settle() {
      let settled = false;
      clock.after(SECOND_US, () => (settled = true));
      clock.run(EVENTS_MAX, () => settled);
      return Promise.resolve();
    },
  };
}

/** How long a law waits in real time before it says that the condition never holds. */
const LONGEST_WAIT_MS = 10_000;

/** Waiting in real time: looks once a turn. `settle` depends on what is tested: it is given. */
export function realPatience(settle: () => Promise<void>): Patience {
  return {
    async until(condition) {
      const giveUpAt = Date.now() + LONGEST_WAIT_MS;
      while (!condition()) {
        assert.ok(Date.now() < giveUpAt, `not within ${LONGEST_WAIT_MS} ms: ${String(condition)}`);
        await turn();
      }
    },
    settle,
  };
}

/** One turn of the event loop: what was ready has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
