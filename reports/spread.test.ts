import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSpread } from './spread.js';

it('a spread counts each call in the one range it falls into', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 })), (ns) => {
      const spread = createSpread();
      for (const n of ns) spread.add(n);
      for (const { from, to, calls } of spread.bars) {
        expect(calls).toBe(ns.filter((n) => from <= n && n <= to).length);
      }
      expect(spread.bars.reduce((sum, bar) => sum + bar.calls, 0)).toBe(ns.length);
    }),
  );
});
