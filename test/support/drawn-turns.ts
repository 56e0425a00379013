/**
 * Real peers whose turns fast-check draws: each has its steps in order, and whose step is next is
 * the scheduler's to say. Between two steps the event loop turns, so that what was done gets a part
 * of its way, or all of it.
 */
import type { Scheduler } from 'fast-check';
import type { Clock } from '../../core/clock.js';

export interface Turns {
  /** Adds a peer that takes these steps, and nothing more once `gone` says so. */
  peer(name: string, steps: readonly (() => void)[], gone?: () => boolean): void;
  /** A clock on which all that is set is due, in whatever order is drawn. */
  readonly clock: Clock;
  /** Plays until all peers are through and it holds; throws what a step threw. */
  until(holds: () => boolean): Promise<void>;
}

/** Longer than anything takes that comes at all. */
const PATIENCE_MS = 10_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `loops`: turns of the event loop after each step. */
export function drawnTurns(scheduler: Scheduler, loops: number): Turns {
  let left = 0;
  const thrown: unknown[] = [];
  const add = (label: string, steps: readonly (() => void)[]): void => {
    left += 1;
    const builders = steps.map((step) => ({
      label,
      // The scheduler would keep an error to itself.
      builder: async () => {
        try {
          step();
        } catch (error) {
          thrown.push(error);
        }
        for (let i = 0; i < loops; i++) await turn();
      },
    }));
    void scheduler.scheduleSequence(builders).task.then(() => (left -= 1));
  };
  return {
    peer(name, steps, gone = () => false) {
      add(
        name,
        steps.map((step) => () => (gone() ? undefined : step())),
      );
    },
    clock: {
      now: () => 0,
      wall: () => 0,
      after(_us, work) {
        let live = true;
        add('runner', [() => (live ? work() : undefined)]);
        return { cancel: () => void (live = false) };
      },
    },
    async until(holds) {
      const started = Date.now();
      const over = async (): Promise<void> => {
        while (thrown.length === 0 && (left > 0 || !holds())) {
          if (Date.now() - started > PATIENCE_MS) throw new Error(`never: ${String(holds)}`);
          await turn();
        }
      };
      await scheduler.waitFor(over());
      if (thrown.length > 0) throw thrown[0];
    },
  };
}
