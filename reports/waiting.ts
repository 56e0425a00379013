/**
 * The waiting rooms of a flight over time: how many calls waited for a runner, all LBs and groups
 * together. It is told who enters and who leaves; why, it does not know.
 */
import type { WaitingBins } from './flight.js';
import { BINS_MAX, type Grid } from './grid.js';
import { createLevel } from './level.js';
import { roundTo } from './result.js';

export interface WaitingRoom {
  entered(at: number): void;
  left(at: number): void;
  /** Closes at the end of the flight what still waits then; call it once, no change may follow. */
  land(): void;
  /** After `land`. */
  bins(): WaitingBins;
}

export function createWaitingRoom(grid: Grid): WaitingRoom {
  const level = createLevel(grid);
  /** The deepest after somebody entered in a bin. */
  const peaks = new Float64Array(BINS_MAX);
  let depth = 0;
  let entries = 0;
  grid.onMerge(() => {
    for (let i = 0; i < BINS_MAX / 2; i++) peaks[i] = Math.max(peaks[2 * i]!, peaks[2 * i + 1]!);
    peaks.fill(0, BINS_MAX / 2);
  });
  return {
    entered(at) {
      entries++;
      depth++;
      level.change(at, 1);
      const bin = grid.index(at);
      peaks[bin] = Math.max(peaks[bin]!, depth);
    },
    left(at) {
      depth--;
      level.change(at, -1);
    },
    land() {
      while (depth > 0) this.left(grid.origin + grid.duration);
    },
    bins() {
      const starts = level.starts();
      return {
        entries,
        max: starts.map((start, bin) => Math.max(start, peaks[bin]!)),
        mean: level.sums().map((sum, bin) => {
          // The last bin is as long as the flight leaves it.
          const us = Math.min(grid.width, grid.duration - bin * grid.width);
          return us > 0 ? roundTo(sum / us, 3) : 0;
        }),
      };
    },
  };
}
