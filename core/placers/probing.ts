/**
 * The pool of Prequal's probes: what runners said of themselves on request, for as long as that may
 * be believed. It asks and remembers; who is chosen is the placer's (`prequal.ts`).
 */
import type { Clock, Timer } from '../clock.js';
import type { RunnerStatus } from '../runner.js';
import type { Standing } from '../standing.js';

/** Results that are kept at once. */
const POOL_MAX = 16;
/** A result is forgotten after so long: the paper's 1 s. */
const AGE_US = 1_000_000;
/** Probes under way at once; above that none is sent. */
const ASKED_MAX = 16;
/** An answer that takes longer says little of now, and its runner is slow anyway. */
const ANSWER_US = 250_000;
/** What a runner said, corrected for what this LB did since. */
export class Probed {
  private readonly own: number;

  constructor(
    readonly standing: Standing,
    readonly at: number,
    private readonly said: number,
    /** Median of its recent executions at about the load of now, as in the paper; 0 of none. */
    readonly latencyUs: number,
  ) {
    this.own = standing.inFlight;
  }

  /** How much slower it is for what this LB sent it since, where calls share its cores. */
  get growth(): number {
    return (this.rif + 1) / (this.said + 1);
  }

  /** Requests in flight there with one more, for its weight: what makes it hot. */
  heat(now: number): number {
    return (this.rif + 1) / this.standing.weight(now);
  }

  /** Requests in flight there. */
  get rif(): number {
    return Math.max(0, this.said + this.standing.inFlight - this.own);
  }
}

export interface Probing {
  /** Asks a runner, unless too many probes are under way: false then. */
  ask(standing: Standing): boolean;
  /** What may still be believed, one result a runner, the oldest first. */
  fresh(now: number): readonly Probed[];
  /**
   * A result was chosen by a call. It is used once, for three come for each call (the paper reuses
   * where fewer do); of many runners another one leaves the pool with it, the oldest or the worst.
   */
  used(probed: Probed | undefined, runners: number): void;
  /** Lets go of all probes under way, and sends none any more. */
  close(): void;
}

export function createProbing(clock: Clock): Probing {
  let pool: Probed[] = [];
  const asking = new Map<Standing, { readonly stop: () => void }>();
  let turn = false;
  let closed = false;

  const keep = (standing: Standing, status: RunnerStatus): void => {
    const latency = Number(status.customStatus?.['latency_at_load_us'] ?? 0);
    const probed = new Probed(standing, clock.now(), status.active, latency);
    pool = pool.filter((one) => one.standing !== standing);
    pool.push(probed);
    if (pool.length > POOL_MAX) pool.shift();
  };

  /** The worst and the oldest by turns, so that neither a bad nor an old pool is left. */
  const removeOne = (now: number): void => {
    turn = !turn;
    if (pool.length === 0) return;
    if (turn) {
      pool.shift();
      return;
    }
    let worst = 0;
    for (let i = 1; i < pool.length; i++) {
      if ((pool[i] as Probed).heat(now) > (pool[worst] as Probed).heat(now)) worst = i;
    }
    pool.splice(worst, 1);
  };

  return {
    ask(standing) {
      if (asking.has(standing)) return true;
      if (closed || asking.size >= ASKED_MAX) return false;
      let over = false;
      let late: Timer | undefined = undefined;
      const done = (): void => {
        over = true;
        late?.cancel();
        asking.delete(standing);
      };
      const subscription = standing.runner.status().subscribe({
        next: (status) => {
          if (!over) keep(standing, status);
        },
        error: done,
        complete: done,
      });
      const stop = (): void => {
        subscription.unsubscribe();
        done();
      };
      // A runner that answers at once has done so by now.
      if (over as boolean) return true;
      late = clock.after(ANSWER_US, stop);
      asking.set(standing, { stop });
      return true;
    },
    fresh(now) {
      while (pool.length > 0 && now - (pool[0] as Probed).at > AGE_US) pool.shift();
      return pool;
    },
    used(probed, runners) {
      if (probed === undefined) return;
      pool = pool.filter((one) => one !== probed);
      // Where the pool can hold all runners, a renewed result takes the place of the old one.
      if (runners > POOL_MAX) removeOne(clock.now());
    },
    close() {
      closed = true;
      for (const { stop } of [...asking.values()]) stop();
      pool = [];
    },
  };
}
