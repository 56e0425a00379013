/** The runners of a configuration: one pool that follows its lists and files, through reloads. */
import { Observable, Subject, combineLatest, map, of, switchAll } from 'rxjs';
import {
  createPool,
  followTargets,
  type Clock,
  type DynamicPool,
  type Target,
} from '../../core/index.js';
import {
  fileTargets,
  grpcRunner,
  watchCertificates,
  type Certificates,
} from '../../proto/index.js';
import type { ServeConfig } from './config.js';
import { isLoopback } from './together.js';

type Group = ServeConfig['groups'][string];
type Tls = Exclude<Group['tls'], 'off' | undefined>;

export interface Fleet {
  readonly pool: DynamicPool;
  /** From now on these are the runners. Throws, and changes nothing, for bad certificates. */
  follow(config: ServeConfig): void;
  /** Follows no more; the pool is whoever's balancers are on it. */
  close(): void;
}

/** What the certificates of a group say, as the part of a target that makes it another. */
const viaOf = ({ tls }: Group): string => (typeof tls === 'object' ? JSON.stringify(tls) : '');

export function createFleet(clock: Clock, problem: (text: string) => void): Fleet {
  const pool = createPool();
  let certificates = new Map<string, Certificates>();
  const make = ({ id, name = '', via = '' }: Target) => {
    const known = certificates.get(via);
    if (known === undefined) return grpcRunner(clock, id);
    return grpcRunner(clock, id, { credentials: known.channelCredentials(), tlsName: name });
  };

  const lists = new Subject<Observable<readonly Target[]>>();
  const following = followTargets(pool, lists.pipe(switchAll()), { make, problem });

  /** Those of the configuration; what is watched already is not watched anew. */
  const watchAll = (groups: readonly Group[]): Map<string, Certificates> => {
    const next = new Map<string, Certificates>();
    try {
      for (const group of groups) {
        const via = viaOf(group);
        if (via === '' || next.has(via)) continue;
        const { ca, cert, key } = group.tls as Tls;
        const known = certificates.get(via);
        next.set(via, known ?? watchCertificates({ ca, cert, key }, { problem }));
      }
      return next;
    } catch (error) {
      for (const [via, one] of next) if (!certificates.has(via)) one.close();
      throw error;
    }
  };

  /** By group the runners that were named last. */
  const named = new Map<string, readonly Target[]>();
  /** A file that cannot be read yet holds no other group back: its own stays as it is. */
  const orAsBefore = (
    name: string,
    source: Observable<readonly Target[]>,
  ): Observable<readonly Target[]> =>
    new Observable((out) => {
      let told = false;
      const reading = source.subscribe({
        next(list) {
          told = true;
          named.set(name, list);
          out.next(list);
        },
        error: (error: unknown) => out.error(error),
      });
      if (!told) out.next(named.get(name) ?? []);
      return reading;
    });

  const sourceOf = (name: string, group: Group): Observable<readonly Target[]> => {
    const { tls, runners = [], file } = group;
    const pinned = typeof tls === 'object' && tls.name !== undefined ? { name: tls.name } : {};
    const via = viaOf(group);
    const source =
      file === undefined
        ? of(runners.map((id) => ({ id, group: name })))
        : fileTargets(file, { group: name, problem });
    const allowed = ({ id }: Target): boolean => {
      if (tls !== undefined || isLoopback(id)) return true;
      problem(`${file ?? name}: ${id} is beyond loopback and needs tls, or tls: off to go without`);
      return false;
    };
    return orAsBefore(name, source).pipe(
      map((list) => list.filter(allowed).map((target) => ({ ...pinned, ...target, via }))),
    );
  };

  return {
    pool,
    follow(config) {
      const groups = Object.entries(config.groups);
      const next = watchAll(groups.map(([, group]) => group));
      const before = certificates;
      certificates = next;
      for (const name of named.keys()) if (!Object.hasOwn(config.groups, name)) named.delete(name);
      const sources = groups.map(([name, group]) => sourceOf(name, group));
      lists.next(combineLatest(sources).pipe(map((parts) => parts.flat())));
      for (const [via, one] of before) if (!next.has(via)) one.close();
    },
    close() {
      following.unsubscribe();
      for (const one of certificates.values()) one.close();
    },
  };
}
