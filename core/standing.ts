/**
 * What this LB believes of one runner, from its own calls alone: how many it has there, how its
 * offers fared, how long they took, whether it was refused just now. Placers read it; only the
 * group writes it (`group.ts`). A belief is one LB's: other LBs' calls show in NACKs and latency.
 */
import type { BalancerOptions } from './options.js';
import type { Runner } from './runner.js';

/** What a placer may know of a runner. Instants and durations in µs on the LB's clock. */
export interface Standing {
  readonly runner: Runner;
  /** Attempts of this LB that are open there. */
  readonly inFlight: number;
  /**
   * Share of the recent offers that it took, from above 0 to 1. Goes back to 1 with time, so that
   * a runner that refused everything is asked again now and then.
   */
  acceptance(now: number): number;
  /**
   * Peak EWMA of how long an execution takes there: up at once, down slowly; 0 where nothing is
   * known. A NACK is no execution, so a runner that refuses fast does not look fast.
   */
  latencyUs(now: number): number;
  /** Its share relative to others: the runner's weight, less while it starts slowly. */
  weight(now: number): number;
  /** Whether an offer has a chance: it is ready, and did not refuse, or fail, just now. */
  usable(now: number): boolean;
}

/** Times that beliefs last, resolved from the balancer's options. */
export interface Memory {
  /** How long a busy NACK is believed when nothing else is heard. */
  readonly busyUs: number;
  /** The longest push-back that is honoured. */
  readonly pushBackMaxUs: number;
  /** How long a runner that joins or returns has less than its weight. */
  readonly slowStartUs: number;
}

export function memoryOf(options: BalancerOptions): Memory {
  const { busyMemoryMs, pushBackMaxMs, slowStartMs } = options;
  return {
    busyUs: busyMemoryMs * 1000,
    pushBackMaxUs: pushBackMaxMs * 1000,
    slowStartUs: slowStartMs * 1000,
  };
}

/** Weight of one offer in the acceptance: of ten refusals in a row two percent are left of 1. */
const ACCEPTANCE_STEP = 0.3;
/** Acceptance comes back with this time constant: a lying runner costs an offer every few s. */
const ACCEPTANCE_BACK_US = 5_000_000;
/** Dividing by less would make one number of two bad runners. */
const ACCEPTANCE_MIN = 0.01;
/** Finagle's decay of a latency peak. */
const LATENCY_DECAY_US = 10_000_000;
/** The smallest share while starting slowly, Envoy's 10 %: without calls nothing is learned. */
const SLOW_START_MIN = 0.1;
/** Round trip that is believed before a NACK was seen. */
const ROUND_TRIP_US = 10_000;

/** The same as its group writes it. A class, for its getters are read for every call. */
export class HeldStanding implements Standing {
  inFlight = 0;
  /** It refused as busy, and no slot is known to have come free since. */
  busy = false;
  /** Since when, and how long that counts for calls that come when nobody waits. */
  private busySince = 0;
  /**
   * The smallest call, by memory in MB, that was too large for what it has left, until something
   * comes free there; Infinity for none. One number, whatever the number of functions: what is as
   * large would be refused as well.
   */
  tooLargeMb = Infinity;
  private tooLargeSince = 0;
  /** It is of this group no more. */
  gone = false;
  /** Its connection is up, whatever its streams. */
  connected: boolean;
  busyUntil = 0;
  /** Its own wish not to be asked before; 0 for none. */
  pushedBackUntil = 0;
  ejectedUntil = 0;
  /** Ejected, and not offered anything since the end of that. */
  returning = false;
  /** Failures in a row, and ejections in a row, for `health.ts`. */
  failures = 0;
  ejections = 0;
  /** Capacity is being found out: an offer that is taken raises another token. */
  discovering = false;
  /** The shortest time a NACK took. */
  roundTripUs = ROUND_TRIP_US;
  private roundTripKnown = false;
  private startedAt: number;
  /** Of a runner whose weight is none it is 1, as if it had said nothing. */
  private readonly ownWeight: number;
  private accepted = 1;
  private acceptedAt = 0;
  private peakUs = 0;
  private peakAt = 0;

  /** `startedAt`: when it joined; NaN for one that was there from the beginning. */
  constructor(
    readonly runner: Runner,
    private readonly memory: Memory,
    startedAt: number,
  ) {
    this.startedAt = startedAt;
    this.connected = runner.ready;
    const { weight = 1 } = runner;
    this.ownWeight = weight > 0 && weight < Infinity ? weight : 1;
  }

  acceptance(now: number): number {
    const { accepted } = this;
    if (accepted === 1) return 1;
    const back = 1 - (1 - accepted) * Math.exp((this.acceptedAt - now) / ACCEPTANCE_BACK_US);
    return back > ACCEPTANCE_MIN ? back : ACCEPTANCE_MIN;
  }

  latencyUs(now: number): number {
    if (this.peakUs === 0) return 0;
    return this.peakUs * Math.exp((this.peakAt - now) / LATENCY_DECAY_US);
  }

  weight(now: number): number {
    const weight = this.ownWeight;
    const age = now - this.startedAt;
    const { slowStartUs } = this.memory;
    // NaN is of no age: it has its whole weight.
    if (!(age < slowStartUs)) return weight;
    return weight * Math.max(SLOW_START_MIN, age / slowStartUs);
  }

  usable(now: number): boolean {
    return this.askable(now) && (!this.busy || now >= this.busyUntil);
  }

  /** It holds an unspent token: nothing speaks against an offer, not even a guess. */
  open(now: number): boolean {
    return !this.busy && this.askable(now);
  }

  /** It could be asked, and does not rest. */
  private askable(now: number): boolean {
    const rested = now >= this.ejectedUntil && now >= this.pushedBackUntil;
    return rested && this.runner.ready && !this.gone;
  }

  /** An offer was taken, or refused. */
  offered(taken: boolean, now: number): void {
    const current = this.acceptance(now);
    this.accepted = current + ACCEPTANCE_STEP * ((taken ? 1 : 0) - current);
    // Nothing is left to come back from.
    if (taken && this.accepted > 0.999) this.accepted = 1;
    this.acceptedAt = now;
  }

  /** An execution took so long. */
  took(us: number, now: number): void {
    const decayed = this.latencyUs(now);
    const kept = Math.exp((this.peakAt - now) / LATENCY_DECAY_US);
    this.peakUs = us > decayed ? us : decayed + (us - decayed) * (1 - kept);
    this.peakAt = now;
  }

  /** It refused as busy, `tookUs` after it was asked. */
  refused(retryAfterUs: number | undefined, tookUs: number, now: number): void {
    const { busyUs } = this.memory;
    this.busy = true;
    this.discovering = false;
    this.busySince = now;
    this.pushedBackUntil = 0;
    this.pushBack(retryAfterUs, now);
    this.busyUntil = Math.max(now + busyUs, this.pushedBackUntil);
    this.roundTripUs = this.roundTripKnown ? Math.min(this.roundTripUs, tookUs) : tookUs;
    this.roundTripKnown = true;
  }

  private pushBack(retryAfterUs: number | undefined, now: number): void {
    if (retryAfterUs === undefined) return;
    const until = now + Math.min(retryAfterUs, this.memory.pushBackMaxUs);
    this.pushedBackUntil = Math.max(this.pushedBackUntil, until);
  }

  /** The token is spent: what else is free there is unknown. */
  spend(now: number): void {
    this.busy = true;
    this.busySince = now;
    this.busyUntil = now + this.memory.busyUs;
  }

  /** A call of so many MB was too large for it: a smaller one may fit. */
  refusedForSize(memoryMb: number, retryAfterUs: number | undefined, now: number): void {
    this.busy = false;
    this.discovering = false;
    this.pushBack(retryAfterUs, now);
    this.tooLargeMb = Math.min(this.tooLargeMb, memoryMb);
    this.tooLargeSince = now;
  }

  /** A call of so many MB was too large, and nothing is known to have come free. */
  tooBig(memoryMb: number): boolean {
    return memoryMb >= this.tooLargeMb;
  }

  /** ... just now, so that one that comes when nobody waits need not try either. */
  tooBigNow(memoryMb: number, now: number): boolean {
    return this.tooBig(memoryMb) && now < this.tooLargeSince + this.memory.busyUs;
  }

  /** Since when nothing came free there for all that it refused; 0 where it refused nothing. */
  get refusedSince(): number {
    if (this.busy) return this.busySince;
    return this.tooLargeMb === Infinity ? 0 : this.tooLargeSince;
  }

  /** Something came free, or may have: also after a push-back, which spoke of what was. */
  free(): void {
    this.mayHaveMore();
    this.pushedBackUntil = 0;
    this.tooLargeMb = Infinity;
  }

  /** A slot more may be free: whatever was too large still is. */
  mayHaveMore(): void {
    this.busy = false;
  }

  /** It joins or returns at this instant. */
  startSlowly(now: number): void {
    this.startedAt = now;
  }
}
