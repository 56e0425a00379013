/** Laws of trying again: what retries cost, and the storm that feeds itself. */
import { fly } from './flown.js';
import * as theory from './formulas.js';
import { bySeed, type Law } from './row.js';

/** Runners that refuse a share of the offers by chance; each is asked once, in turns. */
const lying = (f: number, runners: number): string => `
arrivals: { kind: constant, rate: 100/s }
functions: { f: { service: { kind: constant, value: 1ms }, timeout: 1s, request: 0B, response: 0B } }
fleet: [{ name: r, count: ${runners}, slots: 1000 }]
network: { roundTrip: 0ms }
placement: { placer: naive, wait: poll, pause: 400ms, budget: 100ms }
faults: [{ kind: nack-storm, at: 0s, for: 24h, runner: '*', probability: ${f} }]
`;

const amplified: Law[] = [0.1, 0.5, 0.9].flatMap((f) =>
  [1, 3].flatMap((retries): Law[] => {
    const row = {
      law: 'Retries: (1−f^(r+1))/(1−f) attempts a call, 1−f^(r+1) succeed',
      parameters: `f ${f}, r ${retries}`,
      x: f,
    };
    const flown = bySeed((seed) =>
      fly({ scenario: lying(f, retries + 1), calls: 20_000, seed, warmUp: 0 }),
    );
    return [
      {
        ...row,
        series: `attempts a call, r ${retries}`,
        what: 'attempts a call',
        theory: theory.attempts(f, retries),
        measure: (seed) => {
          const { attempts, offered } = flown(seed);
          return { value: attempts / offered, count: offered };
        },
      },
      {
        ...row,
        series: `share that succeeds, r ${retries}`,
        what: 'share that succeeds',
        theory: theory.succeed(f, retries),
        measure: (seed) => {
          const { ok, offered } = flown(seed);
          return { value: ok / offered, count: offered };
        },
      },
    ];
  }),
);

const MU = 300;
const OUTAGE_S = 10;

/** Runners that queue without limit and work for nobody; clients that send again after a second. */
const storm = (lambda: number, retries: number): string => `
arrivals: { kind: poisson, rate: ${lambda}/s }
functions: { f: { service: { kind: exponential, mean: 100ms }, timeout: 1s, request: 0B, response: 0B } }
fleet: [{ name: r, count: 3, slots: ${MU / 30}, queue: 100000, cancel: ignore }]
network: { roundTrip: 0ms }
placement: { placer: least }
clients: { retry: { times: ${retries}, after: 1s } }
faults: [{ kind: pause, at: 20s, for: ${OUTAGE_S}s, runner: '*' }]
`;

const storms: Law[] = (
  [
    // What queued for nobody in the outage and since is worked off slowly.
    [140, 1, 300],
    [200, 1, 120],
    [280, 1, 120],
    [200, 0, 120],
  ] as const
).map(([lambda, retries, seconds]): Law => ({
  law: 'A storm of retries: down for ever where μ/(1+r) ≤ λ < μ = 300/s, and back otherwise',
  parameters: `λ ${lambda}/s, r ${retries}, outage of ${OUTAGE_S} s`,
  x: lambda,
  series: `goodput of λ in the last 20 s, r ${retries}`,
  what: 'goodput of λ, last 20 s',
  theory: theory.metastable(lambda, MU, retries) ? 0 : 1,
  bias: { share: 0.05, why: 'arrivals of 20 s' },
  measure: (seed) => {
    const { okPerSecond } = fly({
      scenario: storm(lambda, retries),
      calls: lambda * seconds,
      seed,
      warmUp: 0,
    });
    const last = okPerSecond.slice(seconds - 20, seconds);
    const ok = last.reduce((sum, count) => sum + count, 0);
    return { value: ok / 20 / lambda, count: lambda * 20 };
  },
}));

export const retrying: readonly Law[] = [...amplified, ...storms];
