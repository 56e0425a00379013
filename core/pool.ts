/** PORT Pool: the current set of runners, as an immutable snapshot a group. */
import type { Observable } from 'rxjs';
import type { Runner } from './runner.js';

export interface Pool {
  /**
   * The runners of a group in a stable order; none when nobody is in it, or the pool is closed.
   * Never mutated: a change is a new array, in which those who stay keep identity and order.
   */
  snapshot(group: string): readonly Runner[];
  /**
   * Names a group each time that its snapshot has changed. Hot: says nothing of before, nor of the
   * end, when all leave at once.
   */
  changes(): Observable<string>;
  /**
   * Closes all runners, and completes when all are let go of. Begins at once, subscribed or not.
   * Once all have ended it errors with the error of the first runner that had one; that is told
   * once: closing again waits for the same end and completes.
   */
  close(): Observable<never>;
  /** Closes without patience: open engagements break, and `close` has its end by then. */
  cut(): void;
}

/** A pool whose runners come and go. */
export interface DynamicPool extends Pool {
  /**
   * Takes a runner over into a group, by default "default", behind those that are in it. Throws a
   * PoolError, and closes the runner, when its id is in the pool already, whatever the group
   * ("Runner already exists"), the pool is closed ("Runner pool closed") or full.
   */
  add(runner: Runner, group?: string): void;
  /**
   * The runner of that id is in no snapshot from now on; completes when the calls that it has have
   * ended and it is let go of, or errors with its reason. Begins at once, subscribed or not. Its id
   * is free at once, for another runner: a closed one does not come back. An id that is not in the
   * pool completes at once.
   */
  remove(id: string): Observable<never>;
}
