/**
 * The runners of one group, as the pool names them, with what is believed of each: who stays keeps
 * their beliefs, and of who comes, goes, or loses a connection the group is told.
 */
import type { Subscription } from 'rxjs';
import type { Clock } from './clock.js';
import type { Pool } from './pool.js';
import type { Runner } from './runner.js';
import { HeldStanding, type Memory } from './standing.js';

/** Told of changes, never of who was there before anybody looked for a runner. */
export interface MemberNews {
  joined(standing: HeldStanding): void;
  left(standing: HeldStanding): void;
  /** Its connection came up. */
  connected(standing: HeldStanding): void;
  lost(standing: HeldStanding): void;
}

/** A runner, and how its connection is watched. */
interface Member {
  readonly standing: HeldStanding;
  readonly watching: Subscription;
}

export class Members {
  private readonly known = new Map<Runner, Member>();
  private snapshot: readonly Runner[] | undefined;
  private list: readonly HeldStanding[] = [];

  constructor(
    private readonly group: string,
    private readonly pool: Pool,
    private readonly clock: Clock,
    private readonly memory: Memory,
    private readonly news: MemberNews,
  ) {}

  get size(): number {
    return this.known.size;
  }

  /** What is believed of the runners of the pool's snapshot, in its order. */
  all(): readonly HeldStanding[] {
    const snapshot = this.pool.snapshot(this.group);
    if (snapshot !== this.snapshot) this.follow(snapshot);
    return this.list;
  }

  dispose(): void {
    for (const { watching } of this.known.values()) watching.unsubscribe();
    this.known.clear();
  }

  private follow(snapshot: readonly Runner[]): void {
    const first = this.snapshot === undefined;
    this.snapshot = snapshot;
    const stay = new Set(snapshot);
    const gone: HeldStanding[] = [];
    for (const [runner, { standing, watching }] of this.known) {
      if (stay.has(runner)) continue;
      watching.unsubscribe();
      this.known.delete(runner);
      gone.push(standing);
    }
    const joined: HeldStanding[] = [];
    this.list = snapshot.map((runner) => {
      const known = this.known.get(runner);
      if (known !== undefined) return known.standing;
      const startedAt = first ? Number.NaN : this.clock.now();
      const standing = new HeldStanding(runner, this.memory, startedAt);
      this.known.set(runner, { standing, watching: this.watch(standing) });
      joined.push(standing);
      return standing;
    });
    if (first) return;
    // Told when the list is the new one: what follows from it looks at who is left.
    for (const standing of gone) this.news.left(standing);
    for (const standing of joined) this.news.joined(standing);
  }

  private watch(standing: HeldStanding): Subscription {
    return standing.runner.readiness().subscribe({
      next: (ready) => {
        if (ready) this.news.connected(standing);
        else this.news.lost(standing);
      },
      error: () => undefined,
    });
  }
}
