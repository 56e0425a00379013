/**
 * A level that rises and falls, e.g. busy slots or waiting calls: what it sums up to, bin by bin,
 * in O(1) a change however many bins it lasts. Changes may come in any order; it keeps no samples.
 */
import { BINS_MAX, type Grid, type Row } from './grid.js';

export interface Level {
  change(at: number, delta: 1 | -1): void;
  /** Level × µs within each bin in use. The last bin counts whole: close the level at the end. */
  sums(): readonly number[];
  /** The level at the start of each bin in use. */
  starts(): readonly number[];
}

export function createLevel(grid: Grid): Level {
  /** Level × µs that rises in a bin add to it, less what falls take off it. */
  const partial: Row = new Float64Array(BINS_MAX);
  /** Rises less falls in a bin; all later bins start from the sum. */
  const step: Row = new Float64Array(BINS_MAX);
  grid.onMerge((width) => {
    for (let i = 0; i < BINS_MAX / 2; i++) {
      const [first, second] = [2 * i, 2 * i + 1];
      partial[i] = partial[first]! + partial[second]! + step[first]! * width;
      step[i] = step[first]! + step[second]!;
    }
    partial.fill(0, BINS_MAX / 2);
    step.fill(0, BINS_MAX / 2);
  });
  const starts = (): number[] => {
    let level = 0;
    return Array.from({ length: grid.used }, (_, bin) => {
      const start = level;
      level += step[bin]!;
      return start;
    });
  };
  return {
    change(at, delta) {
      const bin = grid.index(at);
      const offset = Math.max(0, at - grid.origin - bin * grid.width);
      partial[bin]! += delta * (grid.width - offset);
      step[bin]! += delta;
    },
    sums: () => starts().map((level, bin) => partial[bin]! + level * grid.width),
    starts,
  };
}
