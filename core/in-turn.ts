/** Work that is asked for while it is being done is the next turn of it, not a turn within it. */

/** @returns what asks for a turn: it is done at once, or when those before it are. */
export function inTurn<T>(work: (item: T) => void): (item: T) => void {
  const due: T[] = [];
  return (item) => {
    due.push(item);
    if (due.length > 1) return;
    try {
      for (let at = 0; at < due.length; at++) work(due[at] as T);
    } finally {
      due.length = 0;
    }
  };
}
