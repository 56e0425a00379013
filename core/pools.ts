/**
 * Pools of runners: a fixed one for every group, and one whose runners come and go by group. They
 * know who is in, and let go of who leaves; they neither find runners nor look after their health.
 */
import { EMPTY, NEVER, Observable, Subject, catchError, concat, defer, merge } from 'rxjs';
import { guarded } from './invariant.js';
import type { DynamicPool, Pool } from './pool.js';
import type { Runner } from './runner.js';

/** Why a runner may not join. The texts are the original's where it has one. */
const TEXTS = {
  /** A runner of that id is in the pool, in this group or another. */
  exists: 'Runner already exists',
  /** The pool was closed before. */
  closed: 'Runner pool closed',
  /** `runnersMax` runners are connected, those that leave among them. */
  full: 'Runner pool full',
} as const;

/** A runner that may not join; it has been closed. */
export class PoolError extends Error {
  override name = 'PoolError';

  constructor(
    readonly code: keyof typeof TEXTS,
    /** Id of the runner. */
    readonly runner: string,
  ) {
    super(TEXTS[code]);
  }
}

/** The group of functions and runners that say no other. */
const DEFAULT_GROUP = 'default';

export interface PoolOptions {
  /** Runners connected at once. Default 10 000, as each holds a socket: a list that runs wild. */
  readonly runnersMax: number;
}

/** A fixed list of runners that serves every group. It is theirs from now on: bad ids close all. */
export function staticPool(runners: readonly Runner[]): Pool {
  const leaving = createExit();
  const ids = new Set<string>();
  for (const { id } of runners) {
    if (ids.has(id)) {
      for (const runner of new Set(runners)) void leaving.leave(runner);
      throw new PoolError('exists', id);
    }
    ids.add(id);
  }
  let current: readonly Runner[] = Object.freeze([...runners]);
  const emptied = (): readonly Runner[] => {
    const all = current;
    current = NOBODY;
    return all;
  };
  return {
    snapshot: () => current,
    // It changes once, when it closes, and then nobody looks for a runner any more.
    changes: () => NEVER,
    close: () => leaving.closeAll(emptied),
    cut: () => leaving.cutAll(emptied),
  };
}

/**
 * An empty pool whose runners come and go while calls are placed on it.
 * @example
 * const pool = createPool();
 * pool.add(grpcRunner(clock, '10.0.0.1:9190'));
 * pool.remove('10.0.0.1:9190').subscribe({ complete: () => log('drained') });
 */
export function createPool(options: Partial<PoolOptions> = {}): DynamicPool {
  const { runnersMax = 10_000 } = options;
  if (!(runnersMax >= 1)) throw new RangeError(`runnersMax is ${runnersMax}, at least 1 is legal`);
  const leaving = createExit();
  const members = new Map<string, Member>();
  const groups = new Map<string, readonly Runner[]>();
  const changed = new Subject<string>();

  const regroup = (group: string, runners: readonly Runner[]): void => {
    if (runners.length === 0) groups.delete(group);
    else groups.set(group, Object.freeze(runners));
    changed.next(group);
  };
  const emptied = (): readonly Runner[] => {
    const all = [...members.values()].map(({ runner }) => runner);
    members.clear();
    groups.clear();
    return all;
  };
  const refusal = (id: string): PoolError | undefined => {
    if (leaving.closed) return new PoolError('closed', id);
    if (members.has(id)) return new PoolError('exists', id);
    return members.size + leaving.count >= runnersMax ? new PoolError('full', id) : undefined;
  };

  return {
    snapshot: (group) => groups.get(group) ?? NOBODY,
    changes: () => changed.asObservable(),
    add(runner, group = DEFAULT_GROUP) {
      const refused = refusal(runner.id);
      if (refused !== undefined) {
        // One that is in already was given twice, and stays.
        if (members.get(runner.id)?.runner !== runner) void leaving.leave(runner);
        throw refused;
      }
      members.set(runner.id, { runner, group });
      regroup(group, [...(groups.get(group) ?? NOBODY), runner]);
    },
    remove(id) {
      const member = members.get(id);
      if (member === undefined) return EMPTY;
      const { runner, group } = member;
      members.delete(id);
      regroup(
        group,
        (groups.get(group) ?? NOBODY).filter((one) => one !== runner),
      );
      return leaving.leave(runner);
    },
    close: () => leaving.closeAll(emptied),
    cut: () => leaving.cutAll(emptied),
  };
}

const NOBODY: readonly Runner[] = Object.freeze([]);

interface Member {
  readonly runner: Runner;
  readonly group: string;
}

/** The way out of a pool: runners on their way, and then the pool itself. */
interface Exit {
  readonly closed: boolean;
  /** Runners that are not let go of yet. */
  readonly count: number;
  /** Closes one runner, at once. */
  leave(runner: Runner): Observable<never>;
  /** Closes those that are left in the pool too. */
  closeAll(rest: () => readonly Runner[]): Observable<never>;
  cutAll(rest: () => readonly Runner[]): void;
}

function createExit(): Exit {
  const under = new Map<Runner, Observable<never>>();
  const ended = new Subject<never>();
  let closed = false;

  function leave(runner: Runner): Observable<never> {
    const end = new Subject<never>();
    under.set(runner, end);
    const gone = (): void => void under.delete(runner);
    end.subscribe({ complete: gone, error: gone });
    defer(() => runner.close()).subscribe(end);
    return end.asObservable();
  }

  return {
    get closed() {
      return closed;
    },
    get count() {
      return under.size;
    },
    leave,
    closeAll(rest) {
      if (closed) return ended.pipe(catchError(() => EMPTY));
      closed = true;
      const before = [...under.values()];
      settled([...before, ...rest().map(leave)]).subscribe(ended);
      return ended.asObservable();
    },
    cutAll(rest) {
      closed = true;
      for (const runner of [...under.keys(), ...rest()]) {
        guarded(
          () => runner.cut(),
          () => undefined,
        );
      }
      // Whatever a runner made of it: who cuts waits for nobody.
      ended.complete();
    },
  };
}

/** Waits for all ends, then errors with the error of the first in the list that had one. */
function settled(ends: readonly Observable<never>[]): Observable<never> {
  const failed: number[] = [];
  const quiet = ends.map((end, index) =>
    end.pipe(
      catchError(() => {
        failed.push(index);
        return EMPTY;
      }),
    ),
  );
  // An end that is over says so to whoever asks again.
  return concat(
    merge(...quiet),
    defer(() => ends[Math.min(...failed)] ?? EMPTY),
  );
}
