import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BINS_MAX, createGrid, FIRST_WIDTH_US } from './grid.js';

const instants = fc.array(fc.integer({ min: 0, max: 4_000_000_000 }), { minLength: 1 });
const total = (row: Float64Array): number => row.reduce((sum, n) => sum + n, 0);

describe('a grid', () => {
  it('conserves counts however often its bins merge, in any order of instants', () => {
    fc.assert(
      fc.property(instants, (ats) => {
        const grid = createGrid();
        const row = grid.row();
        for (const at of ats) row[grid.index(at)]!++;
        expect(total(row)).toBe(ats.length);
        expect(grid.used).toBeLessThanOrEqual(BINS_MAX);
        expect(total(row.subarray(0, grid.used))).toBe(ats.length);
        grid.coarsenFor(ats.length);
        expect(total(row.subarray(0, grid.used))).toBe(ats.length);
      }),
    );
  });

  it('puts each instant where the final width puts it', () => {
    fc.assert(
      fc.property(instants, (ats) => {
        const grid = createGrid();
        const row = grid.row();
        for (const at of [0, ...ats]) row[grid.index(at)]!++;
        const again = new Float64Array(BINS_MAX);
        for (const at of [0, ...ats]) again[Math.floor(at / grid.width)]!++;
        expect(row).toEqual(again);
      }),
    );
  });

  it('starts at the first instant, and takes earlier ones into bin 0', () => {
    const grid = createGrid();
    expect(grid.index(7_000_000)).toBe(0);
    expect(grid.index(7_000_000 + FIRST_WIDTH_US)).toBe(1);
    expect(grid.index(6_000_000)).toBe(0);
    expect([grid.origin, grid.duration, grid.used]).toEqual([7_000_000, FIRST_WIDTH_US, 2]);
  });

  it('refuses an instant that is no number instead of looping', () => {
    const grid = createGrid();
    grid.index(0);
    expect(() => grid.index(Infinity)).toThrow('instants are finite');
    expect(() => grid.index(NaN)).toThrow('instants are finite');
  });

  it('has no bins before the first instant', () => {
    expect(createGrid().used).toBe(0);
  });
});
