/** The groups of one LB, each made when the first call of it comes, kept in step with the pool. */
import type { Subscription } from 'rxjs';
import { beliefOf, type Belief } from './belief.js';
import { Group } from './group.js';
import { placerByName, type MakePlacer } from './placer.js';
import type { GroupParts } from './seeker.js';

/** At so many the longest unused that no call is in is forgotten, with all that it believed. */
const GROUPS_MAX = 1000;

export interface Groups {
  of(name: string): Group;
  /** Calls that wait, in all groups. */
  readonly waiting: number;
  /** Attempts that are open, by what is believed of the runners. */
  readonly attempts: number;
  /** Of each runner of each group that has had a call. */
  beliefs(): Belief[];
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
      if (known !== undefined) {
        // The longest unused is the first.
        groups.delete(name);
        groups.set(name, known);
        return known;
      }
      watching ??= parts.pool.changes().subscribe({
        next: (changed) => groups.get(changed)?.standings(),
        error: () => undefined,
      });
      if (groups.size >= GROUPS_MAX) {
        for (const [other, group] of groups) {
          if (group.calls > 0) continue;
          group.dispose();
          groups.delete(other);
          break;
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
    get attempts() {
      let attempts = 0;
      for (const group of groups.values()) {
        for (const { inFlight } of group.standings()) attempts += inFlight;
      }
      return attempts;
    },
    beliefs() {
      const now = parts.clock.now();
      return [...groups].flatMap(([name, group]) =>
        group.standings().map((standing) => beliefOf(name, standing, now)),
      );
    },
    dispose() {
      watching?.unsubscribe();
      for (const group of groups.values()) group.dispose();
      groups.clear();
    },
  };
}
