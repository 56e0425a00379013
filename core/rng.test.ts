/** Laws of chance: streams that depend on seed and labels only, stable for ever, and uniform. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng, type Rng } from './rng.js';

const draws = (rng: Rng, count = 4): number[] => Array.from({ length: count }, () => rng.int(1000));

describe('a stream', () => {
  it('does not depend on what was drawn elsewhere', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.string(), fc.nat(20), (seed, label, before) => {
        const busy = seededRng(seed);
        draws(busy, before);
        draws(busy.split('other'), before);
        expect(draws(busy.split(label))).toEqual(draws(seededRng(seed).split(label)));
      }),
    );
  });

  it('differs by seed, by label, and by how labels are cut', () => {
    const root = seededRng(1);
    const streams = [
      root,
      root.split(''),
      root.split('a'),
      root.split('b'),
      root.split('ab'),
      root.split('ba'),
      root.split('a').split('b'),
      root.split('aa'),
      seededRng(2),
      seededRng(1 + 2 ** 32),
      seededRng(-1),
    ].map((rng) => draws(rng, 6).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('of neighbouring seeds differs from the first draw on', () => {
    const firsts = Array.from({ length: 100 }, (_, seed) => seededRng(seed).int(1e9));
    expect(new Set(firsts).size).toBe(100);
  });

  it('is the same for ever: recorded flights depend on it', () => {
    const of = (rng: Rng): number[] => [...draws(rng, 3), Math.floor(rng.float() * 1e9)];
    expect({
      zero: of(seededRng(0)),
      one: of(seededRng(1)),
      big: of(seededRng(2 ** 40 + 7)),
      arrivals: of(seededRng(1).split('arrivals')),
      deep: of(seededRng(1).split('runner/r1').split('link')),
    }).toMatchInlineSnapshot(`
      {
        "arrivals": [
          577,
          136,
          648,
          264250307,
        ],
        "big": [
          115,
          430,
          561,
          549624182,
        ],
        "deep": [
          1,
          473,
          990,
          458606320,
        ],
        "one": [
          319,
          324,
          476,
          182783425,
        ],
        "zero": [
          383,
          870,
          944,
          165074689,
        ],
      }
    `);
  });
});

describe('draws', () => {
  const CELLS = 100;
  /** Pearson's statistic over 100 cells; its 99.9 % point for 99 degrees of freedom is 148.2. */
  const chi2 = (draw: () => number): number => {
    const count = 100_000;
    const seen = new Array<number>(CELLS).fill(0);
    for (let i = 0; i < count; i++) {
      const cell = draw();
      seen[cell] = (seen[cell] ?? 0) + 1;
    }
    const expected = count / CELLS;
    return seen.reduce((sum, n) => sum + ((n - expected) * (n - expected)) / expected, 0);
  };

  it.each([1, 2, 3])('are uniform (seed %i)', (seed) => {
    const ints = seededRng(seed).split('ints');
    const floats = seededRng(seed).split('floats');
    expect(chi2(() => ints.int(CELLS))).toBeLessThan(148.2);
    expect(chi2(() => Math.floor(floats.float() * CELLS))).toBeLessThan(148.2);
  });

  it('are uniform across the first draws of many streams, as service times are drawn', () => {
    const root = seededRng(7).split('service');
    let call = 0;
    expect(chi2(() => root.split(`lb0-${++call}`).int(CELLS))).toBeLessThan(148.2);
  });

  it('stay within their bound', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const rng = seededRng(seed);
        const drawn = rng.int(bound);
        const float = rng.float();
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound).toBe(true);
        expect(float >= 0 && float < 1).toBe(true);
      }),
    );
  });

  it('use all 53 bits of a float', () => {
    const rng = seededRng(1);
    const fine = Array.from({ length: 64 }, () => (rng.float() * 2 ** 53) % 2);
    expect(new Set(fine)).toEqual(new Set([0, 1]));
  });
});
