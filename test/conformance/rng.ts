/** The laws of PORT Rng: draws within bounds, and streams that depend on seed and labels only. */
import { strict as assert } from 'node:assert';
import type { Rng } from '../../core/rng.js';
import { plainLaw, type Law } from './law.js';

export type MakeRng = (seed: number) => Rng;

const SEEDS = [0, 1, 2, 42, 0xffffffff, 2 ** 32, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER, -1];
const DRAWS = 2000;

/** What a stream says next. */
const draws = (rng: Rng, count = 8): string =>
  Array.from({ length: count }, () => `${rng.int(2 ** 32)} ${rng.float()}`).join();

const chance = (name: string, holds: (make: MakeRng) => void) => plainLaw<MakeRng>(name, holds);

export const rngLaws: readonly Law<MakeRng>[] = [
  chance('a float is in [0, 1)', (make) => {
    for (const seed of SEEDS) {
      const rng = make(seed);
      for (let i = 0; i < DRAWS; i++) {
        const drawn = rng.float();
        assert.ok(drawn >= 0 && drawn < 1, `${drawn}`);
      }
    }
  }),

  chance('an integer is whole, and below its bound', (make) => {
    for (const bound of [1, 2, 3, 10, 1000, 2 ** 31, 2 ** 32 - 1, 2 ** 32]) {
      const rng = make(7);
      for (let i = 0; i < DRAWS; i++) {
        const drawn = rng.int(bound);
        assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < bound, `${drawn} of ${bound}`);
      }
    }
  }),

  chance('every value is drawn about as often', (make) => {
    const cells = new Array<number>(10).fill(0);
    const rng = make(3);
    const many = 100_000;
    for (let i = 0; i < many; i++) {
      const cell = i % 2 === 0 ? rng.int(10) : Math.floor(rng.float() * 10);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    // Five standard deviations: 95 each.
    for (const seen of cells) assert.ok(Math.abs(seen - many / 10) < 475, cells.join());
  }),

  chance('the same seed gives the same stream, and another seed another', (make) => {
    assert.equal(draws(make(42)), draws(make(42)));
    assert.equal(new Set(SEEDS.map((seed) => draws(make(seed)))).size, SEEDS.length);
  }),

  chance('a stream depends on seed and labels, not on what was drawn before', (make) => {
    const quiet = make(42).split('a').split('b');
    const busy = make(42);
    draws(busy, 100);
    draws(busy.split('other'), 100);
    const parent = busy.split('a');
    draws(parent, 100);
    assert.equal(draws(parent.split('b')), draws(quiet));
  }),

  chance('splitting, and drawing from what was split, does not shift the stream', (make) => {
    const [alone, splitting] = [make(9), make(9)];
    draws(splitting.split('a'), 100);
    assert.equal(draws(splitting), draws(alone));
  }),

  chance('streams differ by their labels, and by how these are cut', (make) => {
    const root = make(1);
    const labelled = ['', 'a', 'b', 'ab', 'ba', 'aa', 'A', 'é', '\0'].map((one) => root.split(one));
    const streams = [root, ...labelled, root.split('a').split('b'), root.split('').split('')];
    assert.equal(new Set(streams.map((rng) => draws(rng))).size, streams.length);
  }),
];
