import { describe, expect, it } from 'vitest';
import { createGrid } from './grid.js';
import { createLoad } from './load.js';
import { loadSpread } from './load-spread.js';

/** Runners with 2 slots, the i-th busy with one call for `busyUs[i]` of 8 bins' time. */
function fly(busyUs: readonly number[], slots = 2) {
  const grid = createGrid();
  grid.index(0);
  const fleet = busyUs.map((_, i) => ({ id: `r${i}`, slots }));
  const load = createLoad(grid, fleet);
  busyUs.forEach((us, i) => {
    const of = { runner: `r${i}`, call: `c${i}`, attempt: 1 };
    const started = { active: 1, slots, cold: false, remainingUs: -1 };
    load.started({ kind: 'exec-start', at: 0, ...of, ...started });
    const ended = { outcome: 'ok', bytes: 0, hash: 0, marks: 0 } as const;
    load.ended({ kind: 'exec-end', at: us, ...of, ...ended });
  });
  grid.index(grid.width - 1);
  load.land();
  return loadSpread(load, grid);
}

const WHOLE = 15_624;

describe('the spread of the load', () => {
  it('is by nearest rank over runners, in percent of their slots', () => {
    const spread = fly([0, WHOLE / 4, WHOLE / 2, (3 * WHOLE) / 4, WHOLE]);
    expect(spread).toEqual({ n: 5, min: [0], p25: [12.5], p50: [25], p75: [37.5], max: [50] });
  });

  it('is one line where all runners are busy alike', () => {
    const { n, ...series } = fly([WHOLE, WHOLE, WHOLE], 1)!;
    expect(n).toBe(3);
    expect(Object.values(series)).toEqual(Array(5).fill([100]));
  });

  it('is unknown where no runner has known slots, or there is none', () => {
    expect(fly([])).toBeNull();
    const grid = createGrid();
    const load = createLoad(grid, []);
    load.nacked('r1');
    expect(loadSpread(load, grid)).toBeNull();
  });
});
