/**
 * Other work on a runner's machine, which takes a share of its cores by turns. Its turns depend on
 * the seed and on time alone, so that every policy meets the same ones, and so does a runner that
 * was restarted. It schedules nothing: whoever works there asks.
 */
import type { Rng } from '../core/rng.js';
import type { ScenarioRunner } from './scenario.js';

/** A time in which the share of the cores that others take is the same. */
export interface Spell {
  /** From 0 to below 1. */
  readonly share: number;
  /** It lasts until just before this instant, µs. */
  readonly until: number;
}

/** The spell at an instant; instants never go back. */
export type Others = (at: number) => Spell;

const ALONE: Spell = Object.freeze({ share: 0, until: Number.POSITIVE_INFINITY });

export const nobody: Others = () => ALONE;

/** Busy and quiet spells, exponentially drawn one after the other from the clock's origin on. */
export function createAntagonist(
  { share, busyUs, quietUs }: NonNullable<ScenarioRunner['antagonist']>,
  rng: Rng,
): Others {
  const lasting = (busy: boolean): number =>
    Math.max(1, Math.round(-(busy ? busyUs : quietUs) * Math.log(1 - rng.float())));
  // Drawn too: else all runners would begin alike.
  let busy = rng.float() * (busyUs + quietUs) < busyUs;
  let spell: Spell = { share: busy ? share : 0, until: lasting(busy) };
  return (at) => {
    while (spell.until <= at) {
      busy = !busy;
      spell = { share: busy ? share : 0, until: spell.until + lasting(busy) };
    }
    return spell;
  };
}
