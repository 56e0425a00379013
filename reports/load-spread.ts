/**
 * How unevenly a fleet was busy: in each time bin, percentiles of the busy share over runners. Each
 * runner counts alike, however many slots it has; which runner it was, the load map shows.
 */
import type { LoadSpread } from './flight.js';
import type { Grid } from './grid.js';
import type { Load } from './load.js';
import { roundTo } from './result.js';

/** Runners of no known slots have no share; null where none has one. Nearest rank, exact. */
export function loadSpread(load: Load, grid: Grid): LoadSpread | null {
  const runners = load.runners.filter(({ slots }) => slots > 0);
  if (runners.length === 0) return null;
  const busy = runners.map((runner) => load.busy(runner));
  const bins = Array.from({ length: grid.used }, (_, bin) => {
    // The last bin is as long as the flight leaves it.
    const us = Math.min(grid.width, grid.duration - bin * grid.width);
    const shares = runners.map(({ slots }, i) => (us > 0 ? busy[i]![bin]! / (slots * us) : 0));
    return Float64Array.from(shares).sort();
  });
  const at = (quarters: number): readonly number[] => {
    const rank = Math.max(1, Math.ceil((quarters * runners.length) / 4));
    return bins.map((sorted) => roundTo(100 * sorted[rank - 1]!, 1));
  };
  return { n: runners.length, min: at(0), p25: at(1), p50: at(2), p75: at(3), max: at(4) };
}
