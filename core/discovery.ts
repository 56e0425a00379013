/**
 * A pool kept to what somebody says of a fleet, again and again: who is new joins, who is no more
 * named leaves and finishes its calls, who is named as before stays, with all that is believed of
 * it. Where the word comes from (a list, a file, a registry) is the source's affair.
 */
import type { Observable, Subscription } from 'rxjs';
import type { DynamicPool } from './pool.js';
import type { Runner } from './runner.js';

/** A runner that should be in the pool. */
export interface Target {
  /** Unique in the pool; `host:port` of a runner over gRPC. */
  readonly id: string;
  readonly group: string;
  /** Its share relative to the others of its group. Default 1. */
  readonly weight?: number;
  /** The name that its certificate must have. Default: the host of its address. */
  readonly name?: string;
  /** How it is reached, in words of the caller's: another way makes another runner of it. */
  readonly via?: string;
}

/** What is done about targets. */
export interface Follower {
  /** Makes the runner of a target; its id must be the target's. */
  readonly make: (target: Target) => Runner;
  /** Told, in words, which target could not be taken up, and why. */
  readonly problem: (text: string) => void;
}

/**
 * Keeps the pool to the latest list of targets. Who is named twice counts once, as the first says;
 * whoever has changed in anything leaves and joins anew. An error of `targets` is a problem, and
 * the pool stays as it is; so it does when unsubscribed.
 */
export function followTargets(
  pool: DynamicPool,
  targets: Observable<readonly Target[]>,
  { make, problem }: Follower,
): Subscription {
  const members = new Map<string, string>();

  const leave = (id: string): void => {
    members.delete(id);
    pool
      .remove(id)
      .subscribe({ error: (error: unknown) => problem(`runner ${id}: ${said(error)}`) });
  };
  const join = (target: Target, as: string): void => {
    try {
      pool.add(make(target), target.group);
      members.set(target.id, as);
    } catch (error) {
      problem(`runner ${target.id}: ${said(error)}`);
    }
  };

  return targets.subscribe({
    next(list) {
      const wanted = new Map<string, Target>();
      for (const target of list) {
        if (wanted.has(target.id)) problem(`runner ${target.id} is named twice`);
        else wanted.set(target.id, target);
      }
      for (const [id, as] of members) {
        const target = wanted.get(id);
        if (target === undefined || keyOf(target) !== as) leave(id);
      }
      for (const target of wanted.values()) {
        if (!members.has(target.id)) join(target, keyOf(target));
      }
    },
    error: (error: unknown) => problem(said(error)),
  });
}

/** All that a change of makes another runner of it. */
const keyOf = ({ group, weight = 1, name = '', via = '' }: Target): string =>
  JSON.stringify([group, weight, name, via]);

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
