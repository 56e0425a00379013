/**
 * Which runners are left alone for a while, and when not: passive health. A runner that fails so
 * many attempts in a row is ejected, longer each time and jittered, so that not all LBs come back
 * at once. A NACK is no failure, whatever its reason but `unreachable`: it says that it works.
 *
 * The floor: an ejection that would leave less than `usableMin` of the runners usable, or none,
 * does not happen. Panic: when runners leave or lose their connection so that less than that is
 * left, all ejections are lifted, since a doubtful runner is better than none.
 */
import type { BalancerOptions } from './options.js';
import type { RunnerChange } from './probe.js';
import type { Rng } from './rng.js';
import type { HeldStanding } from './standing.js';

/**
 * What an attempt's end says of its runner. `failing`: it broke, or was silent to the deadline;
 * `unsaid`: the client left, or this process was late itself.
 */
export type Verdicts = 'healthy' | 'failing' | 'unsaid';

/** An ejection is up to so much longer, as it is drawn. */
const JITTER = 0.5;

type Rules = Pick<BalancerOptions, 'ejectAfter' | 'ejectMs' | 'ejectMaxMs' | 'usableMin'>;

const usable = (standing: HeldStanding, now: number): boolean =>
  standing.runner.ready && now >= standing.ejectedUntil;

/** The fewest runners that an ejection must leave. */
const floorOf = (count: number, { usableMin }: Rules): number =>
  Math.max(1, Math.ceil(count * usableMin));

/** One more failure: `ejected`, or `kept` when the floor forbids it; undefined before that. */
export function eject(
  standing: HeldStanding,
  all: readonly HeldStanding[],
  now: number,
  rules: Rules,
  chance: Rng,
): Extract<RunnerChange, 'ejected' | 'kept'> | undefined {
  standing.failures += 1;
  if (standing.failures < rules.ejectAfter || now < standing.ejectedUntil) return undefined;
  const left = all.filter((one) => one !== standing && usable(one, now)).length;
  if (left < floorOf(all.length, rules)) return 'kept';
  // Back for as long as it was away without failing again: that was another story.
  if (now - standing.ejectedUntil > rules.ejectMaxMs * 1000) standing.ejections = 0;
  standing.ejections += 1;
  let ms = rules.ejectMs;
  for (let i = 1; i < standing.ejections && ms < rules.ejectMaxMs; i++) ms *= 2;
  const us = Math.min(ms, rules.ejectMaxMs) * 1000;
  standing.ejectedUntil = now + Math.round(us * (1 + JITTER * chance.float()));
  standing.returning = true;
  // One failure is enough when it is back: it is on probation.
  standing.failures = rules.ejectAfter - 1;
  return 'ejected';
}

/** A runner left or lost its connection: those whose ejection that lifted (panic), none or all. */
export function loses(
  all: readonly HeldStanding[],
  now: number,
  rules: Rules,
): readonly HeldStanding[] {
  if (all.filter((one) => usable(one, now)).length >= floorOf(all.length, rules)) return [];
  const ejected = all.filter((one) => now < one.ejectedUntil);
  for (const one of ejected) one.ejectedUntil = now;
  return ejected;
}
