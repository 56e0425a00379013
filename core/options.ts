/** What can be set on a balancer: every default with its reason, resolved and checked once. */
import { LONGEST_MS } from './deadline.js';
import { limitFlaw } from './limits.js';

export interface BalancerOptions {
  /** Prefix of the call ids this LB makes up. Two LBs of one fleet need two prefixes. */
  readonly idPrefix: string;
  /** Calls in flight, lookups and uploads included. 10 000: about 200 MB of state at worst. */
  readonly inFlightMax: number;
  /** Bytes of one request body. 6 MiB, as the original is run. */
  readonly bodyMaxBytes: number;
  /** Bytes of all cached request bodies. 256 MiB: they are held while a call looks for a runner. */
  readonly bodiesMaxBytes: number;
  /** Bytes of one response body. 6 MiB, as the original is run. */
  readonly responseMaxBytes: number;
  /** Bytes of a response's headers. 60 KiB, Envoy's: more than most clients read. */
  readonly headMaxBytes: number;
  /** Bytes of a response held for a slow client before its runner is slowed. 1 MiB. */
  readonly absorbMaxBytes: number;
  /** The same over all calls. 256 MiB. */
  readonly absorbTotalBytes: number;
  /** How long a lookup may take. 5 s: a lookup is one round trip to a store. */
  readonly lookupMs: number;
  /** How long a call looks for a runner; it never cuts a running call. 15 s. */
  readonly placementMs: number;
  /**
   * What a call does that found no runner: `room` waits until one may have room for it; `poll` asks
   * all of them again after a pause, as the original does, to compare with. Room.
   */
  readonly wait: 'room' | 'poll';
  /** `poll` only: pause between two rounds over all runners. 10 ms, the original's. */
  readonly roundPauseMs: number;
  /** Calls that wait in one group. 10 000, as many as may be in flight. */
  readonly waitingMax: number;
  /** Of these, calls of one function. 2500: one function alone cannot fill the room. */
  readonly waitingPerFunctionMax: number;
  /** While calls wait, one runner is asked this often whether others' calls left room. 10 ms. */
  readonly tickMs: number;
  /** How long a busy NACK is believed when nothing else is heard. 10 ms, a few round trips. */
  readonly busyMemoryMs: number;
  /**
   * The longest push-back of a runner that is honoured, unless something comes free there before:
   * it spoke of what was. 5 s: it may be wrong.
   */
  readonly pushBackMaxMs: number;
  /** How long a runner that joins or returns has less than its share. 10 s, for caches to fill. */
  readonly slowStartMs: number;
  /** Attempts that fail in a row until a runner is left alone. 5, as Envoy. */
  readonly ejectAfter: number;
  /** How long, the first time; twice as long each time after that, and up to half more. 1 s. */
  readonly ejectMs: number;
  /** ... up to this. 60 s: who recovers is not left out for minutes. */
  readonly ejectMaxMs: number;
  /** Share of a group that ejections leave usable, above 0 and up to 1. 0.5, Envoy's threshold. */
  readonly usableMin: number;
  /** Attempts that no NACK asked for, a call: second chances and hedges. 0.2, Finagle's 20 %. */
  readonly retryBudgetRatio: number;
  /** ... and a second, so that a quiet LB has some too. 10, Finagle's. */
  readonly retryBudgetPerSec: number;
  /** ... of which so many can be saved up. 100: ten seconds of a quiet LB. */
  readonly retryBudgetMax: number;
  /**
   * Whether a call declared idempotent that is silent for longer than 95 % of its like is offered
   * to a second runner as well. Off: it doubles the work of what is slow already.
   */
  readonly hedge: 'on' | 'off';
  /** Whether a NACKed call is offered to the next runner. On; off is for comparison. */
  readonly retry: 'on' | 'off';
  /** The head waits this long after `start` for a short answer to complete. 5 ms. */
  readonly headHoldMs: number;
  /** ... or for this many bytes, whichever is first. 16 KiB, one socket buffer. */
  readonly headHoldBytes: number;
  /**
   * After the runner's verdict, how long a client may stall before it is cut; over HTTP also how
   * long it may take for what its socket still holds at the end. 30 s.
   */
  readonly clientIdleMs: number;
  /** Name of a request header that declares a call idempotent. '' : only functions can. */
  readonly idempotentHeader: string;
  /** How long a detached call looks for a runner. 30 s, the original's. */
  readonly detachedPlacementMs: number;
  /** What a detached call may take beyond placement and timeout. 360 s, the original's. */
  readonly detachedHeadroomMs: number;
  /** How long the end of a call (its listeners) may take behind the response. 10 min. */
  readonly callEndTimeoutMs: number;
  /** Ends that may be under way; more, and new calls are refused. 8192, the original's. */
  readonly callEndBacklogMax: number;
  /** Close forces what is still in flight to end after this. 30 s, the default call timeout. */
  readonly closeGraceMs: number;
}

export const balancerDefaults: BalancerOptions = Object.freeze({
  idPrefix: 'lb0',
  inFlightMax: 10_000,
  bodyMaxBytes: 6 * 1024 * 1024,
  bodiesMaxBytes: 256 * 1024 * 1024,
  responseMaxBytes: 6 * 1024 * 1024,
  headMaxBytes: 60 * 1024,
  absorbMaxBytes: 1024 * 1024,
  absorbTotalBytes: 256 * 1024 * 1024,
  lookupMs: 5_000,
  placementMs: 15_000,
  wait: 'room',
  roundPauseMs: 10,
  waitingMax: 10_000,
  waitingPerFunctionMax: 2_500,
  tickMs: 10,
  busyMemoryMs: 10,
  pushBackMaxMs: 5_000,
  slowStartMs: 10_000,
  ejectAfter: 5,
  ejectMs: 1_000,
  ejectMaxMs: 60_000,
  usableMin: 0.5,
  retryBudgetRatio: 0.2,
  retryBudgetPerSec: 10,
  retryBudgetMax: 100,
  hedge: 'off',
  retry: 'on',
  headHoldMs: 5,
  headHoldBytes: 16 * 1024,
  clientIdleMs: 30_000,
  idempotentHeader: '',
  detachedPlacementMs: 30_000,
  detachedHeadroomMs: 360_000,
  callEndTimeoutMs: 600_000,
  callEndBacklogMax: 8192,
  closeGraceMs: 30_000,
});

/** Options that are one of some words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  wait: ['room', 'poll'],
  retry: ['on', 'off'],
  hedge: ['on', 'off'],
};

/** Fills in the defaults. Throws one RangeError that names every bad option. */
export function resolveOptions(given: Partial<BalancerOptions>): BalancerOptions {
  const options = { ...balancerDefaults, ...given };
  const bad: string[] = [];
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(balancerDefaults, name)) {
      bad.push(`${name}: unknown option`);
      continue;
    }
    if (name === 'idPrefix' || name === 'idempotentHeader') continue;
    const words: readonly string[] | undefined = WORDS[name];
    if (words !== undefined) {
      if (words.includes(String(value))) continue;
      bad.push(`${name}: ${String(value)} is neither "${words.join('" nor "')}"`);
      continue;
    }
    const longest = name.endsWith('Ms') ? LONGEST_MS : Number.MAX_SAFE_INTEGER;
    const flaw = limitFlaw(name, value, name === 'usableMin' ? 1 : longest);
    if (flaw !== undefined) bad.push(flaw);
  }
  if (options.idPrefix === '') bad.push('idPrefix: must not be empty');
  if (bad.length > 0) throw new RangeError(`invalid balancer options: ${bad.join('; ')}`);
  return Object.freeze(options);
}
