/**
 * Queueing theory in closed form. Times are in units of the mean service time unless said; ρ is the
 * load of a server, a = λ·E[S] the load in servers' worth, c servers, C² the squared coefficient of
 * variation of the service time.
 */

/** M/M/1: mean time in the system. */
export const mm1 = (rho: number): number => 1 / (1 - rho);

/** M/M/1: the p-quantile of the time in the system, which is exponential. */
export const mm1Quantile = (rho: number, p: number): number => -Math.log(1 - p) / (1 - rho);

/** Erlang B: the share that finds all of c servers busy and is lost, whatever the service law. */
export function erlangB(c: number, a: number): number {
  let lost = 1;
  for (let k = 1; k <= c; k++) lost = (a * lost) / (k + a * lost);
  return lost;
}

/** Erlang C: the share that has to wait for one of c servers. */
export function erlangC(c: number, rho: number): number {
  const lost = erlangB(c, c * rho);
  return lost / (1 - rho * (1 - lost));
}

/** M/M/c: mean time in the system. */
export const mmc = (c: number, rho: number): number => 1 + erlangC(c, rho) / (c * (1 - rho));

/** M/M/1/K: the share that finds K in the system and is lost. */
export const mm1k = (rho: number, k: number): number =>
  rho === 1 ? 1 / (k + 1) : ((1 - rho) * rho ** k) / (1 - rho ** (k + 1));

/** M/G/1, first come first served (Pollaczek and Khinchine): mean time in the system. */
export const mg1 = (rho: number, c2: number): number => 1 + (rho * (1 + c2)) / (2 * (1 - rho));

/** M/G/1 with processor sharing: mean time in the system, whatever the service law. */
export const mg1ps = (rho: number): number => 1 / (1 - rho);

/**
 * Round robin over n servers: each sees every n-th arrival, Erlang-n apart, so it is E_n/M/1. Mean
 * time in the system, by the root σ of σ = (nρ/(nρ+1−σ))^n.
 */
export function roundRobin(n: number, rho: number): number {
  let sigma = rho;
  for (let i = 0; i < 10_000; i++) sigma = ((n * rho) / (n * rho + 1 - sigma)) ** n;
  return 1 / (1 - sigma);
}

/**
 * The supermarket model, JSQ(d): each arrival joins the shortest of d queues drawn at random; mean
 * time in the system for infinitely many servers (Mitzenmacher, 2001).
 */
export function supermarket(d: number, lambda: number): number {
  if (d === 1) return mm1(lambda);
  let sum = 0;
  for (let i = 1; i < 100; i++) {
    const term = lambda ** ((d ** i - d) / (d - 1));
    sum += term;
    if (term < 1e-15) break;
  }
  return sum;
}

/** Attempts a call with so many retries at most, when each fails with probability f by itself. */
export const attempts = (f: number, retries: number): number =>
  f === 1 ? retries + 1 : (1 - f ** (retries + 1)) / (1 - f);

/** The share of calls that succeed then. */
export const succeed = (f: number, retries: number): number => 1 - f ** (retries + 1);

/** C² of a lognormal law of that σ. */
export const lognormalC2 = (sigma: number): number => Math.exp(sigma ** 2) - 1;

/**
 * Whether a storm of retries feeds itself for ever once it is there: clients send again r times,
 * and servers work for nobody as readily as for somebody (Bronson et al., HotOS 2021).
 */
export const metastable = (lambda: number, mu: number, retries: number): boolean =>
  lambda < mu && lambda * (1 + retries) >= mu;
