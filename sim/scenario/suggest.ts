/**
 * "Did you mean": the nearest of the words that are legal at a place. It only guesses; whoever asks
 * decides what is an error.
 */

/** The nearest candidate, or nothing when none is near enough to be worth a line. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestScore = Infinity;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // Among equals: the same length, then the longest common beginning. r51 → r50, not r5 or r11.
    const sameLength = candidate.length === word.length ? 0.5 : 0;
    const score = distance - sameLength - sharedStart(word, candidate) / 1000;
    if (distance > limit || score >= bestScore) continue;
    best = candidate;
    bestScore = score;
  }
  return best;
}

/** `, did you mean "x"?`, or the legal words when none is near, or nothing when there are none. */
export function hint(word: string, candidates: readonly string[], legal: string): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `, did you mean "${near}"?`;
  if (candidates.length === 0) return '';
  const shown = candidates.slice(0, 12).join(', ');
  return `; ${legal} ${shown}${candidates.length > 12 ? ', …' : ''}`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(previous[column]! + 1, current[column - 1]! + 1);
      least = Math.min(least, previous[column - 1]! + cost);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) least = Math.min(least, before[column - 2]! + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
