/** Once around the runners of a group from one of them on: what placers do that see no load. */
import type { Order } from '../placer.js';
import type { Standing } from '../standing.js';

/** `first` is an index of `runners`; of no runners the order is over at once. */
export function around<S extends Standing>(runners: readonly S[], first: number): Order<S> {
  let index = first;
  let left = runners.length;
  return {
    next() {
      if (left === 0) return undefined;
      left -= 1;
      const standing = runners[index];
      index = index + 1 === runners.length ? 0 : index + 1;
      return standing;
    },
  };
}
