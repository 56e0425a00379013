/**
 * A flight's time cut into bins of one width, at most 120 of them however long the flight gets:
 * when an event falls beyond the last bin, bins are merged in pairs. It knows no events.
 */

/** More bins than this are not told apart on a chart, and a report should stay small. */
export const BINS_MAX = 120;

/** 1/64 s: doubled, it goes through the round widths 125, 250, 500 ms, 1 s, 2 s … */
export const FIRST_WIDTH_US = 15_625;

/** Ten calls over a hundred bins are a comb, not a curve. */
const CALLS_PER_BIN = 4;
/** But a flight keeps so many bins: fewer show no course at all. */
const BINS_MIN = 8;

/** One number for each bin. */
export type Row = Float64Array;

export interface Grid {
  /** The bin of an instant; instants may come in any order. The first one fixes the origin. */
  index(at: number): number;
  /** A row of counts; when bins merge, their counts are added. */
  row(): Row;
  /** Called when bins 2i and 2i+1, each `width` µs wide, become bin i. */
  onMerge(merge: (width: number) => void): void;
  /** Merges bins in pairs until `calls` fill them well enough to show a shape. */
  coarsenFor(calls: number): void;
  readonly origin: number;
  readonly width: number;
  /** From the origin to the latest instant seen, µs. */
  readonly duration: number;
  /** Bins from the origin to the latest instant, none if none was seen. */
  readonly used: number;
}

export function createGrid(): Grid {
  let origin: number | undefined;
  let last = 0;
  let width = FIRST_WIDTH_US;
  const merges: ((width: number) => void)[] = [];

  const coarsen = (): void => {
    for (const merge of merges) merge(width);
    width *= 2;
  };
  const usedBins = (): number =>
    origin === undefined ? 0 : Math.floor((last - origin) / width) + 1;
  const widen = (at: number): number => {
    if (!Number.isFinite(at)) throw new Error(`an event at ${at}: instants are finite µs`);
    let index: number;
    do {
      coarsen();
      index = Math.floor((at - (origin ?? 0)) / width);
    } while (index >= BINS_MAX);
    return index;
  };

  return {
    index(at) {
      if (origin === undefined) origin = last = at;
      if (at > last) last = at;
      const index = Math.floor((at - origin) / width);
      if (index < 0) return 0;
      // Written so that NaN goes the slow way too, where it is refused.
      return index < BINS_MAX ? index : widen(at);
    },
    row() {
      const row = new Float64Array(BINS_MAX);
      merges.push(() => mergeRow(row));
      return row;
    },
    onMerge(merge) {
      merges.push(merge);
    },
    coarsenFor(calls) {
      while (usedBins() >= 2 * BINS_MIN && calls < CALLS_PER_BIN * usedBins()) coarsen();
    },
    get origin() {
      return origin ?? 0;
    },
    get width() {
      return width;
    },
    get duration() {
      return origin === undefined ? 0 : last - origin;
    },
    get used() {
      return usedBins();
    },
  };
}

function mergeRow(row: Row): void {
  for (let i = 0; i < BINS_MAX / 2; i++) row[i] = row[2 * i]! + row[2 * i + 1]!;
  row.fill(0, BINS_MAX / 2);
}
