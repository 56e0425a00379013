import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExecEnded, ExecStarted } from '../core/record.js';
import { createGrid } from './grid.js';
import { createLoad } from './load.js';

const FLEET = [{ id: 'r1', slots: 2 }];

function started(call: string, attempt: number, at: number): ExecStarted {
  const rest = { active: 1, slots: 2, cold: false, remainingUs: -1 };
  return { kind: 'exec-start', at, runner: 'r1', call, attempt, ...rest };
}

function ended(call: string, attempt: number, at: number): ExecEnded {
  const rest = { outcome: 'ok', bytes: 0, hash: 0, marks: 0 } as const;
  return { kind: 'exec-end', at, runner: 'r1', call, attempt, ...rest };
}

/** Loads of one runner after the given executions, on a grid that began at 0. */
function fly(steps: (load: ReturnType<typeof createLoad>) => void, endsAt: number) {
  const grid = createGrid();
  grid.index(0);
  const load = createLoad(grid, FLEET);
  steps(load);
  grid.index(endsAt);
  load.land();
  const runner = load.runners[0]!;
  const busy = load.busy(runner);
  return { grid, runner, busy, total: busy.reduce((sum, us) => sum + us, 0) };
}

describe('the load of a runner', () => {
  it('is the sum of its executions, bin by bin, however the bins merge and in any order', () => {
    const execution = fc.record({
      from: fc.integer({ min: 0, max: 90_000_000 }),
      lasted: fc.integer({ min: 0, max: 30_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(execution, { maxLength: 40 }), (executions) => {
        const { grid, busy } = fly((load) => {
          executions.forEach(({ from, lasted }, i) => {
            load.started(started(`c${i}`, 1, from));
            load.ended(ended(`c${i}`, 1, from + lasted));
          });
        }, 120_000_000);
        busy.forEach((us, bin) => {
          const [start, end] = [bin * grid.width, (bin + 1) * grid.width];
          const overlaps = executions.map(({ from, lasted }) =>
            Math.max(0, Math.min(end, from + lasted) - Math.max(start, from)),
          );
          expect(us).toBeCloseTo(
            overlaps.reduce((sum, each) => sum + each, 0),
            3,
          );
        });
      }),
    );
  });

  it('ends with the crash that follows, even when the crash was told first', () => {
    const { total } = fly((load) => {
      load.crashed('r1', 500_000);
      load.crashed('r1', 3_000_000);
      load.started(started('c1', 1, 1_000_000));
    }, 10_000_000);
    expect(total).toBe(2_000_000);
  });

  it('lasts to the end of the flight when nothing ends it', () => {
    const { total } = fly((load) => load.started(started('c1', 1, 1_000_000)), 10_000_000);
    expect(total).toBe(9_000_000);
  });

  it('is not freed by an end without a start, nor twice', () => {
    const { total, runner } = fly((load) => {
      load.ended(ended('c9', 1, 5_000));
      load.started(started('c1', 1, 0));
      load.ended(ended('c1', 1, 40_000));
      load.ended(ended('c1', 1, 50_000));
    }, 100_000);
    expect([total, runner.executions]).toEqual([40_000, 1]);
  });

  it('tells a late twin of a call from its later attempt', () => {
    const { total } = fly((load) => {
      load.started(started('c1', 1, 0));
      load.started(started('c1', 2, 10_000));
      load.ended(ended('c1', 1, 20_000));
      load.ended(ended('c1', 2, 40_000));
    }, 100_000);
    expect(total).toBe(50_000);
  });
});
