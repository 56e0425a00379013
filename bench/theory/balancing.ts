/** Laws of placing: what the placers do to queues, and what hashing moves. */
import type { MakePlacer } from '../../core/index.js';
import { Hands } from '../../core/placers/choose.js';
import { jumpHash } from '../../core/placers/hash-bounded.js';
import { keyHash } from '../../core/placers/hash.js';
import { demand } from '../../core/placers/p2c.js';
import { fly } from './flown.js';
import * as theory from './formulas.js';
import { meanOf, rateOf, scenario } from './queues.js';
import type { Law } from './row.js';

const QUEUE = 'queue: 100000';

const turns: Law[] = [2, 10].flatMap((n) =>
  [0.5, 0.7, 0.9].map((rho): Law => ({
    law: 'Round robin over n queues: E_n/M/1',
    parameters: `n ${n}, ρ ${rho}, naive`,
    x: rho,
    series: `n ${n}`,
    what: 'mean',
    theory: theory.roundRobin(n, rho),
    measure: (seed) =>
      meanOf(
        fly({
          scenario: scenario({
            perSec: rateOf(rho, n),
            fleet: `count: ${n}, slots: 1, ${QUEUE}`,
            placement: 'placer: naive',
          }),
          calls: rho < 0.9 ? 30_000 : 100_000,
          seed,
        }),
      ),
  })),
);

/** The best of three: what `p2c` does with two. */
const bestOfThree: MakePlacer = ({ rng }) => ({
  order: (_call, runners, now) => new Hands({ score: demand, size: 3, chance: rng }, runners, now),
});

/** Servers: theory is of infinitely many. */
const SERVERS = 200;

const supermarket: Law[] = [2, 3].flatMap((d) =>
  [0.5, 0.7, 0.8, 0.9, 0.95].map((lambda): Law => ({
    law: 'JSQ(d), the supermarket model: each joins the shortest of d queues',
    parameters: `d ${d}, λ ${lambda}, ${d === 2 ? 'p2c' : 'best of three'}`,
    x: lambda,
    series: `d ${d}`,
    what: 'mean',
    theory: theory.supermarket(d, lambda),
    bias: {
      share: lambda < 0.95 ? 0.02 : 0.03,
      why: `theory is of infinitely many servers, these are ${SERVERS}`,
    },
    measure: (seed) =>
      meanOf(
        fly({
          scenario: scenario({
            perSec: rateOf(lambda, SERVERS),
            fleet: `count: ${SERVERS}, slots: 1, ${QUEUE}`,
            placement: 'placer: p2c',
          }),
          calls: 40_000,
          seed,
          // From empty to steady takes longer, the busier: calls of many service times.
          warmUp: 0.3,
          ...(d === 2 ? {} : { placer: bestOfThree }),
        }),
      ),
  })),
);

const bounded: Law[] = [0.5, 0.9].map((rho): Law => ({
  law: 'Bounded loads: no runner has more than ⌈(1+ε)·mean⌉',
  parameters: `20 runners, ε 0.25, ρ ${rho}, hash-bounded`,
  x: rho,
  series: 'calls above it, at most',
  what: 'calls above it, at most',
  theory: 0,
  exact: true,
  measure: (seed) => {
    const { aboveBound, attempts } = fly({
      scenario: scenario({
        perSec: rateOf(rho, 20),
        fleet: `count: 20, slots: 1, ${QUEUE}`,
        placement: 'placer: hash-bounded',
      }),
      calls: 20_000,
      seed,
      epsilon: 0.25,
    });
    return { value: aboveBound, count: attempts };
  },
}));

const KEYS = 50_000;

/** Keys whose bucket changes when one is added, and where they go. */
function moved(n: number, seed: number): { moved: number; elsewhere: number } {
  let changed = 0;
  let elsewhere = 0;
  for (let index = 0; index < KEYS; index++) {
    const key = keyHash(`${seed}/${index}`);
    const after = jumpHash(key, n + 1);
    if (jumpHash(key, n) === after) continue;
    changed += 1;
    if (after !== n) elsewhere += 1;
  }
  return { moved: changed, elsewhere };
}

const hashing: Law[] = [5, 10, 50].flatMap((n): Law[] => {
  const row = { law: 'Jump hash: one runner more', parameters: `${n} → ${n + 1}`, x: n };
  return [
    {
      ...row,
      series: 'share of keys that move',
      what: 'share of keys that move',
      theory: 1 / (n + 1),
      measure: (seed) => ({ value: moved(n, seed).moved / KEYS, count: KEYS }),
    },
    {
      ...row,
      series: 'keys that move elsewhere than to it',
      what: 'keys that move elsewhere than to it',
      theory: 0,
      exact: true,
      measure: (seed) => ({ value: moved(n, seed).elsewhere, count: KEYS }),
    },
  ];
});

export const balancing: readonly Law[] = [...turns, ...supermarket, ...bounded, ...hashing];
