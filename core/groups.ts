/** The groups of one LB, each made when the first call of it comes, kept in step with the pool. */
import type { Subscription } from 'rxjs';
import { Group } from './group.js';
import { placerByName, type MakePlacer } from './placer.js';
import type { GroupParts } from './seeker.js';

/** More groups than this, and those without runners and waiters are forgotten. */
const GROUPS_MAX = 1000;

export interface Groups {
  of(name: string): Group;
  /** Calls that wait, in all groups. */
  readonly waiting: number;
  /** Lets go of everything; no call looks for a runner any more. */
  dispose(): void;
}

export interface GroupsParts extends GroupParts {
  /** The policy of every group that has none of its own. Default naive. */
  readonly placer: MakePlacer | undefined;
  /** Policies by group. */
  readonly placers: Readonly<Record<string, MakePlacer>> | undefined;
}

export function createGroups(parts: GroupsParts): Groups {
  const groups = new Map<string, Group>();
  let watching: Subscription | undefined;

  const make = (name: string): Group => {
    const own = parts.placers !== undefined && Object.hasOwn(parts.placers, name);
    const makePlacer = (own ? parts.placers?.[name] : parts.placer) ?? placerByName.naive;
    const rng = parts.rng.split(`placer/${name}`);
    return new Group(name, makePlacer({ rng, clock: parts.clock }), parts);
  };

  return {
    of(name) {
      const known = groups.get(name);
      if (known !== undefined) return known;
      watching ??= parts.pool.changes().subscribe({
        next: (changed) => groups.get(changed)?.standings(),
        error: () => undefined,
      });
      if (groups.size >= GROUPS_MAX) {
        for (const [other, group] of groups) {
          if (!group.idle) continue;
          group.dispose();
          groups.delete(other);
        }
      }
      const group = make(name);
      groups.set(name, group);
      return group;
    },
    get waiting() {
      let waiting = 0;
      for (const group of groups.values()) waiting += group.waiting;
      return waiting;
    },
    dispose() {
      watching?.unsubscribe();
      for (const group of groups.values()) group.dispose();
      groups.clear();
    },
  };
}
