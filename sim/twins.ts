/**
 * The determinism check: two flights of one scenario and seed in lockstep, their events compared as
 * they come, so that the first difference is known with both its sides and nothing is kept.
 */
import type { FlightEvent } from '../core/record.js';
import { createCheckers } from './checkers.js';
import type { Scenario } from './scenario.js';
import { createTranscode } from './transcode.js';
import { createWorld, type World, type WorldOptions } from './world.js';

/** What a seed showed. Empty lists and no difference: all is well. */
export interface SeedVerdict {
  readonly seed: number;
  readonly digest: string;
  readonly calls: number;
  readonly violations: readonly string[];
  readonly stuck: readonly string[];
  /** The first differing event, both sides; undefined when the twins agree. */
  readonly difference: string | undefined;
}

export type TwinOptions = Omit<WorldOptions, 'tell' | 'seed' | 'transcode'>;

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
  const checkers = createCheckers();
  let left: FlightEvent[] = [];
  let right: FlightEvent[] = [];
  let count = 0;
  const one = createWorld(scenario, {
    ...options,
    seed,
    tell(event) {
      checkers.see(event);
      left.push(event);
    },
  });
  // The twin's messages go through the codec's bytes, in either dialect by turns: the same flight.
  const transcode = createTranscode(seed % 2 === 0 ? 'head' : 's');
  const two = createWorld(scenario, {
    ...options,
    transcode,
    seed,
    tell: (event) => right.push(event),
  });
  let difference: string | undefined;
  return {
    fly() {
      const oneMore = one.fly(TURN);
      const twoMore = two.fly(TURN);
      difference = firstDifference(left, right, count);
      count += left.length;
      left = [];
      right = [];
      return (oneMore || twoMore) && difference === undefined;
    },
    land() {
      if (difference === undefined && one.digest !== two.digest) {
        difference = `equal events, but digests ${one.digest} and ${two.digest}`;
      }
      return verdict(seed, one, two, checkers.land(), difference);
    },
  };
}

function verdict(
  seed: number,
  one: World,
  two: World,
  landed: { violations: string[]; stuck: string[] },
  difference: string | undefined,
): SeedVerdict {
  const broken = one.broken ?? two.broken;
  const violations = [...landed.violations];
  if (broken !== undefined) violations.unshift(broken);
  // A flight that was stopped half-way holds a lot, and rightly so.
  if (broken === undefined && difference === undefined) violations.push(...one.held());
  const stuck = broken === undefined && difference === undefined ? landed.stuck : [];
  return { seed, digest: one.digest, calls: one.offered, violations, stuck, difference };
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
