/**
 * A cache before a DataAccess: answers live for a while, concurrent questions share one run, and
 * what is handed out is frozen, so that no call can change it for another (the original's cached
 * route could be). Errors are not kept. It has no timers: entries are judged when they are asked.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Clock } from './clock.js';
import type { DataAccess } from './data-access.js';
import { LONGEST_MS } from './deadline.js';
import { deepFreeze } from './freeze.js';
import { checkLimits } from './limits.js';

export interface CachedDataOptions {
  /** How long an answer is good, ms. 5 s, the original's. */
  readonly ttlMs: number;
  /** Answers kept of each kind; the oldest goes first. 10 000: names come from clients. */
  readonly entriesMax: number;
}

export const cachedDataDefaults: CachedDataOptions = Object.freeze({
  ttlMs: 5_000,
  entriesMax: 10_000,
});

/** Throws a RangeError that names a limit that is none. */
export function cachedData(
  clock: Clock,
  data: DataAccess,
  given: Partial<CachedDataOptions> = {},
): DataAccess {
  const options = { ...cachedDataDefaults, ...given };
  checkLimits('cache of lookups', { ttlMs: options.ttlMs }, LONGEST_MS);
  checkLimits('cache of lookups', { entriesMax: options.entriesMax });
  const appsByName = createCache(clock, options, (name) => data.appByName(name));
  const appsById = createCache(clock, options, (id) => data.appById(id));
  const functions = createCache(clock, options, (id) => data.functionById(id));
  const routes = createCache(clock, options, (key) => {
    const cut = key.indexOf('\0');
    return data.functionByRoute(key.slice(0, cut), key.slice(cut + 1));
  });
  return {
    appByName: appsByName,
    appById: appsById,
    functionById: functions,
    functionByRoute: (appId, path) => routes(`${appId}\0${path}`),
  };
}

interface Entry<T> {
  answer: T | undefined;
  /** Instant the answer came; it is stale a ttl later. */
  at: number;
  /** Who waits for the run that is under way; empty when none is. */
  readonly waiting: Set<Subscriber<T>>;
  run: Subscription | undefined;
}

function createCache<T>(
  clock: Clock,
  options: CachedDataOptions,
  source: (key: string) => Observable<T>,
): (key: string) => Observable<T> {
  const entries = new Map<string, Entry<T>>();

  const start = (key: string, entry: Entry<T>): void => {
    const end = (tell: (out: Subscriber<T>) => void): void => {
      const told = [...entry.waiting];
      entry.waiting.clear();
      entry.run?.unsubscribe();
      entry.run = undefined;
      if (entry.answer === undefined) entries.delete(key);
      for (const out of told) tell(out);
    };
    const run = source(key).subscribe({
      next(answer) {
        if (entry.waiting.size === 0) return;
        const frozen = deepFreeze(answer);
        entry.answer = frozen;
        entry.at = clock.now();
        end((out) => {
          out.next(frozen);
          out.complete();
        });
      },
      error: (error: unknown) => end((out) => out.error(error)),
      complete: () => end((out) => out.complete()),
    });
    // It may have answered while it was subscribed to.
    if (entry.waiting.size === 0) run.unsubscribe();
    else entry.run = run;
  };

  const entryOf = (key: string): Entry<T> => {
    const known = entries.get(key);
    const fresh = known?.answer === undefined || clock.now() < known.at + options.ttlMs * 1000;
    if (known !== undefined && fresh) return known;
    const entry: Entry<T> = { answer: undefined, at: 0, waiting: new Set(), run: undefined };
    entries.delete(key);
    if (entries.size >= options.entriesMax) dropOldest(entries);
    entries.set(key, entry);
    return entry;
  };

  return (key) =>
    new Observable<T>((out) => {
      const entry = entryOf(key);
      if (entry.answer !== undefined) {
        out.next(entry.answer);
        return out.complete();
      }
      const first = entry.waiting.size === 0;
      entry.waiting.add(out);
      if (first) start(key, entry);
      return () => {
        entry.waiting.delete(out);
        if (entry.waiting.size > 0 || entry.run === undefined) return;
        // Nobody wants the answer any more.
        entry.run.unsubscribe();
        entry.run = undefined;
        if (entries.get(key) === entry) entries.delete(key);
      };
    });
}

/** An entry that somebody waits on goes on for those who do; only the map forgets it. */
function dropOldest(entries: Map<string, unknown>): void {
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}
