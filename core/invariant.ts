/**
 * Invariants are for our bugs, CallErrors for the world. They stay on in production: the call fails
 * with 500 and the process lives; in a flight the checkers see the code `internal` and say so.
 */
export class InvariantError extends Error {
  override name = 'InvariantError';
}

/** Throws when what must always hold does not. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/**
 * Runs a handler and hands what it throws to `fail`. RxJS would report a throw of an observer by a
 * real timer, after a simulation has printed "ok"; a gRPC callback would end the process. So every
 * handler that can hit an invariant goes through here.
 */
export function guarded(work: () => void, fail: (thrown: unknown) => void): void {
  try {
    work();
  } catch (thrown) {
    fail(thrown);
  }
}
