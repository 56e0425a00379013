/** Laws of one queue: the simulator's clock, draws, queues and slots, and the LB's waiting room. */
import type { Flown } from './flown.js';
import { fly } from './flown.js';
import * as theory from './formulas.js';
import { bySeed, type Law, type Sample } from './row.js';

/** Mean service time: long for whole µs, short for the ticks of a waiting room. */
const MEAN_MS = 2;
const MEAN_US = MEAN_MS * 1000;

/** Laws of a service time of that mean, with their C². */
const SIGMA = 1;
const SERVICES = {
  constant: { law: `{ kind: constant, value: ${MEAN_MS}ms }`, c2: 0 },
  uniform: { law: `{ kind: uniform, min: 0ms, max: ${2 * MEAN_MS}ms }`, c2: 1 / 3 },
  exponential: { law: `{ kind: exponential, mean: ${MEAN_MS}ms }`, c2: 1 },
  lognormal: {
    law: `{ kind: lognormal, median: ${Math.round(MEAN_US / Math.exp(SIGMA ** 2 / 2))}us, sigma: ${SIGMA} }`,
    c2: theory.lognormalC2(SIGMA),
  },
} as const;
type Service = keyof typeof SERVICES;

/** Nobody gives up, no link has a length, nothing is cold. */
export function scenario(parts: {
  readonly perSec: number;
  readonly fleet: string;
  readonly service?: Service;
  readonly placement?: string;
}): string {
  const { perSec, fleet, service = 'exponential', placement = '' } = parts;
  return `
arrivals: { kind: poisson, rate: ${perSec}/s }
functions:
  f: { service: ${SERVICES[service].law}, timeout: 12h, request: 0B, response: 0B, memory: 1 }
fleet: [{ name: r, ${fleet} }]
network: { roundTrip: 0ms }
placement: { budget: 1h, ${placement} }
limits: { inFlight: 1000000 }
`;
}

/** Arrivals a second that load so many servers to ρ. */
export const rateOf = (rho: number, servers: number): number =>
  Number(((rho * servers * 1000) / MEAN_MS).toFixed(6));

export function meanOf({ sojournsUs }: Flown): Sample {
  let sum = 0;
  for (const us of sojournsUs) sum += us;
  return { value: sum / sojournsUs.length / MEAN_US, count: sojournsUs.length };
}

const quantileOf =
  (p: number) =>
  ({ sojournsUs }: Flown): Sample => {
    const sorted = Float64Array.from(sojournsUs).sort();
    const value = (sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN) / MEAN_US;
    return { value, count: sorted.length };
  };

const lostOf = ({ refused, offered }: Flown): Sample => ({
  value: refused / offered,
  count: offered,
});

const QUEUE = 'queue: 100000';

const mm1: Law[] = [0.5, 0.7, 0.9].flatMap((rho) => {
  const input = {
    scenario: scenario({ perSec: rateOf(rho, 1), fleet: `count: 1, slots: 1, ${QUEUE}` }),
  };
  // The busier, the longer what came before is felt.
  const calls = rho < 0.9 ? 30_000 : 150_000;
  const flown = bySeed((seed) => fly({ ...input, calls, seed }));
  const row = (what: string, figure: number, of: (flight: Flown) => Sample): Law => ({
    law: 'M/M/1, one runner that queues',
    parameters: `ρ ${rho}`,
    x: rho,
    series: what,
    what,
    theory: figure,
    measure: (seed) => of(flown(seed)),
  });
  return [
    row('mean', theory.mm1(rho), meanOf),
    ...[0.5, 0.9, 0.99].map((p) => row(`p${p * 100}`, theory.mm1Quantile(rho, p), quantileOf(p))),
  ];
});

const mmc: Law[] = (
  [
    [2, 0.7],
    [4, 0.8],
    [10, 0.7],
    [10, 0.9],
    [16, 0.9],
  ] as const
).flatMap(([c, rho]) =>
  (
    [
      ['slots of one runner', `count: 1, slots: ${c}, ${QUEUE}`],
      ["runners behind the LB's waiting room", `count: ${c}, slots: 1`],
    ] as const
  ).map(([series, fleet]): Law => ({
    law: 'M/M/c: c servers, one line',
    parameters: `c ${c}, ρ ${rho}, ${series}`,
    x: c * rho,
    series,
    what: 'mean',
    theory: theory.mmc(c, rho),
    measure: (seed) =>
      meanOf(
        fly({
          scenario: scenario({ perSec: rateOf(rho, c), fleet }),
          calls: rho < 0.9 ? 20_000 : 40_000,
          seed,
        }),
      ),
  })),
);

const lost: Law[] = (
  [
    [5, 3],
    [10, 8],
    [10, 12],
    [20, 15],
  ] as const
).flatMap(([c, a]) =>
  (['constant', 'exponential', 'lognormal'] as const).map((service): Law => ({
    law: 'Erlang B: who finds all slots busy is refused, whatever the service law',
    parameters: `c ${c}, a ${a}, ${service}`,
    x: a,
    series: service,
    what: 'share refused',
    theory: theory.erlangB(c, a),
    measure: (seed) =>
      lostOf(
        fly({
          scenario: scenario({
            perSec: rateOf(a, 1),
            fleet: `count: 1, slots: ${c}`,
            service,
            placement: 'retry: off, wait: poll',
          }),
          calls: 15_000,
          seed,
        }),
      ),
  })),
);

const mm1k: Law[] = (
  [
    [0.5, 3],
    [0.9, 10],
    [1.2, 10],
  ] as const
).map(([rho, k]): Law => ({
  law: 'M/M/1/K: a queue that is full refuses',
  parameters: `ρ ${rho}, K ${k}`,
  x: rho,
  series: 'share refused',
  what: 'share refused',
  theory: theory.mm1k(rho, k),
  measure: (seed) =>
    lostOf(
      fly({
        scenario: scenario({
          perSec: rateOf(rho, 1),
          fleet: `count: 1, slots: 1, queue: ${k - 1}`,
          placement: 'retry: off, wait: poll',
        }),
        calls: 30_000,
        seed,
      }),
    ),
}));

const mg1: Law[] = (Object.keys(SERVICES) as Service[]).flatMap((service) =>
  [
    {
      law: 'M/G/1, first come first served (Pollaczek and Khinchine)',
      fleet: `count: 1, slots: 1, ${QUEUE}`,
      theory: theory.mg1(0.7, SERVICES[service].c2),
    },
    {
      law: 'M/G/1, processor sharing: a machine of one core',
      fleet: 'count: 1, slots: 10000, cores: 1',
      theory: theory.mg1ps(0.7),
    },
  ].map(({ law, fleet, theory: figure }): Law => ({
    law,
    parameters: `ρ 0.7, ${service}`,
    x: SERVICES[service].c2,
    series: 'mean',
    what: 'mean',
    theory: figure,
    measure: (seed) =>
      meanOf(
        fly({
          scenario: scenario({ perSec: rateOf(0.7, 1), fleet, service }),
          calls: 30_000,
          seed,
        }),
      ),
  })),
);

export const queues: readonly Law[] = [...mm1, ...mmc, ...lost, ...mm1k, ...mg1];
