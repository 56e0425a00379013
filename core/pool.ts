/** PORT Pool: the current set of runners, as an immutable snapshot a group. */
import type { Runner } from './runner.js';

export interface Pool {
  /** The runners of a group in a stable order. Never mutated: a change is a new array. */
  snapshot(group: string): readonly Runner[];
  /** Lets go of all runners. */
  close(): void;
}

/** A fixed list of runners that serves every group. Ids must differ. */
export function staticPool(runners: readonly Runner[]): Pool {
  const ids = new Set(runners.map((runner) => runner.id));
  if (ids.size !== runners.length) throw new Error('two runners of a pool have the same id');
  let current: readonly Runner[] = Object.freeze([...runners]);
  return {
    snapshot: () => current,
    close() {
      const closing = current;
      current = [];
      for (const runner of closing) runner.close();
    },
  };
}
