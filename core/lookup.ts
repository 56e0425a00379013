/** Function name → what the LB must know of it, behind the DataAccess port and a time limit. */
import { of, take, throwError, type Observable } from 'rxjs';
import type { FunctionInfo } from './call.js';
import type { Clock } from './clock.js';
import { endBy } from './deadline.js';
import { CallError } from './errors.js';

/** PORT DataAccess: where functions are known. */
export interface DataAccess {
  /**
   * Emits, and only the first is read; or errors with a CallError `unknown_function` or
   * `lookup_failed`. Cold.
   */
  functionByName(name: string): Observable<FunctionInfo>;
}

/** Asks for a function, for no longer than `limitUs`. */
export function lookup(
  clock: Clock,
  data: DataAccess,
  name: string,
  limitUs: number,
): Observable<FunctionInfo> {
  const late = (): CallError =>
    new CallError('lookup_late', `no answer about function "${name}" within ${limitUs / 1000} ms`);
  // A source that goes on, to tell of changes, must not run into the limit behind its answer.
  return data.functionByName(name).pipe(take(1), endBy(clock, clock.now() + limitUs, late));
}

/** The parts of a function that have defaults. */
export type FunctionOptions = Partial<Omit<FunctionInfo, 'id' | 'name'>>;

/** The original's defaults for a function (30 s, 128 MB), and the group every runner is in. */
const FUNCTION_DEFAULTS: Omit<FunctionInfo, 'id' | 'name'> = Object.freeze({
  group: 'default',
  timeoutMs: 30_000,
  idempotent: false,
  memoryMb: 128,
  image: '',
  config: Object.freeze({}),
});

/** Functions known by a fixed table. */
export function staticFunctions(table: Readonly<Record<string, FunctionOptions>>): DataAccess {
  const known = new Map<string, FunctionInfo>();
  for (const [name, options] of Object.entries(table)) {
    known.set(name, Object.freeze({ ...FUNCTION_DEFAULTS, ...options, id: name, name }));
  }
  return {
    functionByName(name) {
      const info = known.get(name);
      if (info !== undefined) return of(info);
      return throwError(() => new CallError('unknown_function', `no function named "${name}"`));
    },
  };
}
