/** One question to DataAccess: the first answer, within a limit that a call's questions share. */
import { take, type Observable } from 'rxjs';
import type { Clock } from './clock.js';
import { endBy } from './deadline.js';
import { CallError } from './errors.js';

/** Asks until the instant `until`; then errors with `lookup_late`. */
export function ask<T>(
  clock: Clock,
  source: Observable<T>,
  what: string,
  until: number,
): Observable<T> {
  const late = (): CallError => new CallError('lookup_late', `no answer in time about ${what}`);
  // A source that goes on, to tell of changes, must not run into the limit behind its answer.
  return source.pipe(take(1), endBy(clock, until, late));
}
