import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGrid } from './grid.js';
import { createWaitingRoom } from './waiting.js';

const waits = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 30_000_000 }),
    lasted: fc.integer({ min: 1, max: 20_000_000 }),
  }),
  { maxLength: 40 },
);
const END = 60_000_000;

type Wait = { readonly from: number; readonly lasted: number };

/** Entries and leaves in the order of their instants, and where the call is not over, no leave. */
function fly(calls: readonly Wait[], endsAt = END) {
  const grid = createGrid();
  grid.index(0);
  const room = createWaitingRoom(grid);
  const changes = calls.flatMap(({ from, lasted }) => [
    { at: from, enters: true },
    ...(from + lasted <= endsAt ? [{ at: from + lasted, enters: false }] : []),
  ]);
  changes.sort((a, b) => a.at - b.at);
  for (const { at, enters } of changes) {
    if (enters) room.entered(at);
    else room.left(at);
  }
  grid.index(endsAt);
  room.land();
  return { grid, changes, bins: room.bins() };
}

describe('the depth of a waiting room', () => {
  it('has the mean of what overlaps a bin, however the bins merge', () => {
    fc.assert(
      fc.property(waits, (calls) => {
        const { grid, bins } = fly(calls);
        expect(bins.entries).toBe(calls.length);
        bins.mean.forEach((mean, bin) => {
          const [start, end] = [bin * grid.width, Math.min(END, (bin + 1) * grid.width)];
          const overlap = calls.reduce((sum, { from, lasted }) => {
            return sum + Math.max(0, Math.min(end, from + lasted) - Math.max(start, from));
          }, 0);
          expect(mean).toBeCloseTo(end > start ? overlap / (end - start) : 0, 2);
        });
      }),
    );
  });

  it('has the most at any instant of a bin, also of those that came in long before', () => {
    fc.assert(
      fc.property(waits, (calls) => {
        const { grid, bins, changes } = fly(calls);
        bins.max.forEach((max, bin) => {
          const [start, end] = [bin * grid.width, (bin + 1) * grid.width];
          const depth = (some: typeof changes): number =>
            some.reduce((sum, { enters }) => sum + (enters ? 1 : -1), 0);
          const before = changes.filter(({ at }) => at < start);
          const within = changes.filter(({ at }) => at >= start && at < end);
          const depths = within.map((_, i) => depth([...before, ...within.slice(0, i + 1)]));
          expect(max).toBe(Math.max(depth(before), ...depths));
        });
      }),
    );
  });

  it('counts a call that still waits at the end up to the end', () => {
    const { bins } = fly([{ from: 0, lasted: END * 2 }], 999_999);
    expect(bins.mean.every((mean) => mean === 1)).toBe(true);
    expect(bins.max.every((max) => max === 1)).toBe(true);
  });

  it('is nothing where nobody waits', () => {
    expect(fly([], 0).bins).toEqual({ entries: 0, max: [0], mean: [0] });
  });
});
