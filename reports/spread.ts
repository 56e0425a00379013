/**
 * How many calls had 0, 1, 2 … of something. Exact up to 16, in doubling ranges above, so a fleet
 * that NACKs one call 500 times takes no more room than one that never does.
 */

/** Calls that had `from` to `to` of it, both included. */
export interface SpreadBar {
  readonly from: number;
  readonly to: number;
  readonly calls: number;
}

export interface Spread {
  add(n: number): void;
  readonly bars: readonly SpreadBar[];
}

const EXACT_MAX = 16;

export function createSpread(): Spread {
  const counts: number[] = [];
  return {
    add(n) {
      const index = n <= EXACT_MAX ? n : EXACT_MAX + rangeOf(n);
      while (counts.length <= index) counts.push(0);
      counts[index]!++;
    },
    get bars() {
      return counts.map((calls, index) => ({ ...boundsOf(index), calls }));
    },
  };
}

/** 1 for 17…32, 2 for 33…64, and so on. */
function rangeOf(n: number): number {
  return 32 - Math.clz32((n - 1) >> 4);
}

function boundsOf(index: number): { from: number; to: number } {
  if (index <= EXACT_MAX) return { from: index, to: index };
  const to = EXACT_MAX * 2 ** (index - EXACT_MAX);
  return { from: to / 2 + 1, to };
}
