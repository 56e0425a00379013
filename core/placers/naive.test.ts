/** Laws of round robin: each round is a permutation, and starts one further than the last. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCall } from '../../test/support/calls.js';
import { standingOf } from '../../test/conformance/standing.js';
import { scriptedRunner } from '../../test/support/scripted-runner.js';
import { createVirtualClock } from '../../test/support/virtual.js';
import type { Order } from '../placer.js';
import { seededRng } from '../rng.js';
import { naive } from './naive.js';

const clock = createVirtualClock();
const call = testCall(clock);
const fleet = (size: number) =>
  Array.from({ length: size }, (_, index) => standingOf(scriptedRunner(clock, `r${index}`, [])));
const all = (order: Order): string[] => {
  const ids: string[] = [];
  for (let next = order.next(); next !== undefined; next = order.next()) ids.push(next.runner.id);
  return ids;
};

describe('naive', () => {
  it('visits each runner exactly once a round, and nobody after that', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(12), fc.nat(5), (seed, size, rounds) => {
        const runners = fleet(size);
        const placer = naive({ rng: seededRng(seed) });
        for (let round = 0; round <= rounds; round++) {
          const order = placer.order(call, runners, 0);
          expect(all(order).sort()).toEqual(runners.map(({ runner }) => runner.id).sort());
          expect(order.next()).toBe(undefined);
        }
      }),
    );
  });

  it('starts one runner further each round, so that each is first equally often', () => {
    const placer = naive({ rng: seededRng(1) });
    const runners = fleet(3);
    const firsts = Array.from({ length: 6 }, () => all(placer.order(call, runners, 0))[0]);
    const from = Number(firsts[0]?.slice(1));
    expect(firsts).toEqual([0, 1, 2, 3, 4, 5].map((step) => `r${(from + step) % 3}`));
  });

  it('steps per round and not per attempt: rounds that interleave stay permutations', () => {
    const placer = naive({ rng: seededRng(2) });
    const runners = fleet(4);
    const [a, b] = [placer.order(call, runners, 0), placer.order(call, runners, 0)];
    const seen: [string[], string[]] = [[], []];
    for (let i = 0; i < 4; i++) {
      seen[0].push(a.next()?.runner.id ?? '');
      seen[1].push(b.next()?.runner.id ?? '');
    }
    expect(new Set(seen[0]).size).toBe(4);
    expect(new Set(seen[1]).size).toBe(4);
  });

  it('starts where its stream says, so that two LBs do not march in step', () => {
    const firsts = Array.from({ length: 40 }, (_, seed) => {
      return all(naive({ rng: seededRng(seed) }).order(call, fleet(5), 0))[0];
    });
    expect(new Set(firsts).size).toBe(5);
  });

  it('has nothing to say of an empty pool', () => {
    expect(all(naive({ rng: seededRng(1) }).order(call, [], 0))).toEqual([]);
  });
});
