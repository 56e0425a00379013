/** Call listeners: told before a call is placed, when they can refuse it, and after its end. */
import {
  EMPTY,
  catchError,
  concat,
  concatMap,
  defer,
  from,
  ignoreElements,
  throwError,
  type Observable,
} from 'rxjs';
import type { Call } from './call.js';
import { CallError } from './errors.js';
import type { Verdict } from './response.js';

/** What either hook returns is waited for; what it emits is ignored. */
export interface CallListener {
  /** Errors refuse the call: a CallError, or an error with a `status`, keeps its own status. */
  beforeCall?(call: Call): Observable<unknown>;
  /** Behind the response. An error ends the calling of later listeners, and changes nothing. */
  afterCall?(call: Call, verdict: Verdict): Observable<unknown>;
}

/** Calls every `beforeCall` in order of registration; the first error stops and is the call's. */
export function before(listeners: readonly CallListener[], call: Call): Observable<never> {
  return from(listeners).pipe(
    concatMap((listener) => defer(() => listener.beforeCall?.(call) ?? EMPTY)),
    ignoreElements(),
    catchError((error: unknown) => throwError(() => refusal(error))),
  );
}

/** Calls every `afterCall` in order; the first error stops. */
export function after(
  listeners: readonly CallListener[],
  call: Call,
  verdict: Verdict,
): Observable<never> {
  const hooks = listeners.map((listener) =>
    defer(() => listener.afterCall?.(call, verdict) ?? EMPTY).pipe(ignoreElements()),
  );
  return concat(...hooks);
}

/** A listener's error with the status it has, 500 if it has none. */
function refusal(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  const { status, message } = (thrown ?? {}) as { status?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : String(thrown);
  const options = { cause: thrown, text };
  const known = typeof status === 'number' && status >= 400 && status <= 599;
  return new CallError('rejected', text, known ? { ...options, status } : { cause: thrown });
}
