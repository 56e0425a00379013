/**
 * What the runners of a flight carried: executions, NACKs, and busy slot-time bin by bin. Lines of
 * one runner may come late and out of order with those of others; nothing here places calls.
 */
import type { ExecEnded, ExecStarted } from '../core/record.js';
import type { Grid } from './grid.js';
import { createLevel, type Level } from './level.js';

export interface RunnerLoad {
  readonly id: string;
  readonly slots: number;
  readonly executions: number;
  /** Commits the LB saw: stands in for `executions` where no executor tells. */
  readonly commits: number;
  readonly nacks: number;
}

export interface Load {
  started(line: ExecStarted): void;
  ended(line: ExecEnded): void;
  nacked(runner: string): void;
  committed(runner: string): void;
  /** The runner is gone from here on: what it was executing frees its slots. */
  crashed(runner: string, at: number): void;
  /** Closes what never ended, at its runner's next crash or at the end of the flight. */
  land(): void;
  readonly runners: readonly RunnerLoad[];
  /** Busy slot-µs of a runner, one number for each bin in use; after `land`. */
  busy(runner: RunnerLoad): readonly number[];
}

interface Entry {
  readonly id: string;
  slots: number;
  executions: number;
  commits: number;
  nacks: number;
  /** Executions without an end yet, and when they started. */
  readonly open: Map<string, number>;
  readonly crashes: number[];
  /** Slots taken. */
  readonly taken: Level;
}

/** A call is on a runner once at a time, save a late twin: later attempts get their own key. */
function keyOf(call: string, attempt: number): string {
  return attempt === 1 ? call : `${call}\u0000${attempt}`;
}

export function createLoad(
  grid: Grid,
  fleet: readonly { readonly id: string; readonly slots: number }[],
): Load {
  const entries = new Map<string, Entry>();
  const entryOf = (id: string): Entry => {
    let entry = entries.get(id);
    if (entry === undefined) {
      entry = createEntry(grid, id);
      entries.set(id, entry);
    }
    return entry;
  };
  for (const { id, slots } of fleet) entryOf(id).slots = slots;

  return {
    started({ runner, call, attempt, at, slots }) {
      const entry = entryOf(runner);
      if (entry.slots === 0) entry.slots = slots;
      entry.executions++;
      entry.open.set(keyOf(call, attempt), at);
      entry.taken.change(at, 1);
    },
    ended({ runner, call, attempt, at }) {
      const entry = entryOf(runner);
      if (entry.open.delete(keyOf(call, attempt))) entry.taken.change(at, -1);
    },
    nacked(runner) {
      entryOf(runner).nacks++;
    },
    committed(runner) {
      entryOf(runner).commits++;
    },
    crashed(runner, at) {
      entryOf(runner).crashes.push(at);
    },
    land() {
      for (const entry of entries.values()) {
        for (const startedAt of entry.open.values()) {
          const later = entry.crashes.filter((at) => at >= startedAt);
          entry.taken.change(Math.min(grid.origin + grid.duration, ...later), -1);
        }
        entry.open.clear();
      }
    },
    get runners() {
      return [...entries.values()];
    },
    busy: (runner) => entryOf(runner.id).taken.sums(),
  };
}

function createEntry(grid: Grid, id: string): Entry {
  const counts = { slots: 0, executions: 0, commits: 0, nacks: 0 };
  return { id, ...counts, open: new Map(), crashes: [], taken: createLevel(grid) };
}
