/**
 * The determinism check: two flights of one scenario and seed in lockstep, their events compared as
 * they come, so that the first difference is known with both its sides and nothing is kept.
 */
import type { FlightEvent } from '../core/record.js';
import { createCheckers } from './checkers.js';
import { promisedBy } from './promised.js';
import type { Scenario } from './scenario.js';
import { createTranscode } from './transcode.js';
import type { SeedVerdict } from './verdict.js';
import { createWorld, type WorldOptions } from './world.js';

export interface TwinOptions extends Omit<WorldOptions, 'tell' | 'seed' | 'transcode'> {
  /** Told of everything that happens in one of the two. */
  readonly tell?: WorldOptions['tell'];
  /**
   * Events of the clock after which a flight is given up as inconclusive. Default: a million, and
   * 50 000 for each call, a hundred times of what the worst of them needs that polls.
   */
  readonly eventsMax?: number;
}

/** Events that a verdict shows. */
const TAIL = 40;

/** Clock events that each twin flies in its turn: bounds what is held for the comparison. */
const TURN = 2_000;

export interface Twins {
  /** Flies both on by a turn, a fraction of a second; false: they are down, or they differ. */
  fly(): boolean;
  land(): SeedVerdict;
}

/** Flies the scenario twice, with all checkers on. */
export function flyTwins(scenario: Scenario, seed: number, options: TwinOptions = {}): SeedVerdict {
  const twins = createTwins(scenario, seed, options);
  while (twins.fly());
  return twins.land();
}

/** The same in turns, for who has to look up in between. */
export function createTwins(scenario: Scenario, seed: number, options: TwinOptions = {}): Twins {
  const offeredMax = scenario.calls * (1 + scenario.clients.retry.times);
  const { eventsMax = 1_000_000 + 50_000 * offeredMax, ...world } = options;
  const checkers = createCheckers({ promised: promisedBy(scenario) });
  /** How many of the events in hand came before the first law broke, that one included. */
  let upToBreak: number | undefined;
  let tail: readonly FlightEvent[] = [];
  let left: FlightEvent[] = [];
  let right: FlightEvent[] = [];
  let count = 0;
  const one = createWorld(scenario, {
    ...world,
    seed,
    tell(event) {
      left.push(event);
      checkers.see(event);
      options.tell?.(event);
      if (checkers.broken) upToBreak ??= left.length;
    },
  });
  // The twin's messages go through the codec's bytes, in either dialect by turns: the same flight.
  const transcode = createTranscode(seed % 2 === 0 ? 'head' : 's');
  const two = createWorld(scenario, {
    ...world,
    transcode,
    seed,
    tell: (event) => right.push(event),
  });
  let difference: string | undefined;
  let inconclusive: string | undefined;
  return {
    fly() {
      const brokeBefore = upToBreak !== undefined;
      const oneMore = one.fly(TURN);
      const twoMore = two.fly(TURN);
      difference = firstDifference(left, right, count);
      if (!brokeBefore) tail = [...tail, ...left.slice(0, upToBreak)].slice(-TAIL);
      count += left.length;
      left = [];
      right = [];
      if ((!oneMore && !twoMore) || difference !== undefined) return false;
      if (one.events < eventsMax) return true;
      inconclusive = `it still flew after ${one.events} events, at ${one.now} µs`;
      return false;
    },
    land() {
      const whole = difference === undefined && inconclusive === undefined;
      if (whole && one.digest !== two.digest) {
        difference = `equal events, but digests ${one.digest} and ${two.digest}`;
      }
      const { violations, stuck } = checkers.land();
      const broken = one.broken ?? two.broken;
      if (broken !== undefined) violations.unshift(broken);
      // A flight that was stopped half-way holds a lot, and rightly so.
      const landed = whole && broken === undefined && difference === undefined;
      // Of a call that never ended everything is held: that it did not end is the news.
      if (landed && stuck.length === 0) violations.push(...one.held());
      return {
        seed,
        digest: one.digest,
        calls: one.offered,
        violations,
        stuck: landed ? stuck : [],
        difference,
        inconclusive,
        tail,
      };
    },
  };
}

function firstDifference(
  left: readonly FlightEvent[],
  right: readonly FlightEvent[],
  before: number,
): string | undefined {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left[index];
    const b = right[index];
    if (a !== undefined && b !== undefined && same(a, b)) continue;
    return `event ${before + index + 1}: ${side(a)} in one flight, ${side(b)} in its twin`;
  }
  return undefined;
}

function same(a: FlightEvent, b: FlightEvent): boolean {
  if (a.kind !== b.kind) return false;
  for (const name in a) {
    if (a[name as keyof FlightEvent] !== b[name as keyof FlightEvent]) return false;
  }
  return true;
}

const side = (event: FlightEvent | undefined): string =>
  event === undefined ? 'nothing' : JSON.stringify(event);
