/**
 * A failure in a box: all that makes one flight, what was wrong with it, and who flew it. Plain
 * JSON that `windtunnel replay` flies again and `windtunnel shrink` makes smaller.
 */
import { z } from 'zod';
import { planOf } from './plan.js';
import { scenarioFromJson, type Scenario } from './scenario.js';
import { createTwins, type Twins } from './twins.js';
import { classOf, fingerprints, type SeedVerdict, type VerdictClass } from './verdict.js';

/** Raised when a capsule of before can no longer be flown. */
export const CAPSULE_VERSION = 1;

/** A capsule is written by this program: far above any of its own. */
const CALLS_MAX = 1_000_000;

const capsuleFile = z.strictObject({
  kind: z.literal('capsule'),
  version: z.literal(CAPSULE_VERSION),
  /** What it is a case of: `fingerprints` of the verdict, the first. */
  fingerprint: z.string().min(1),
  /** All complaints of the flight, as it was. */
  complaints: z.array(z.string()).readonly(),
  seed: z.int().min(0),
  explore: z.boolean(),
  /** Of the flight: a replay with another digest is another flight. */
  digest: z.string(),
  /** Who flew it: the program's version, its commit ('' if unknown), and Node's version. */
  windtunnel: z.string(),
  commit: z.string(),
  node: z.string(),
  /** The command that flies it again. */
  replay: z.string(),
  /** Resolved: nothing is left to defaults, which may change. */
  scenario: z.unknown(),
  /** The calls one by one. */
  plan: z
    .array(
      z
        .strictObject({
          id: z.string().min(1),
          atUs: z.int().min(0),
          fn: z.string(),
          lb: z.int().min(0),
        })
        .readonly(),
    )
    .min(1)
    .max(CALLS_MAX)
    .readonly(),
  /** The last events up to the first broken law. */
  tail: z.array(z.unknown()).readonly(),
});

export type Capsule = Readonly<Omit<z.infer<typeof capsuleFile>, 'scenario'>> & {
  readonly scenario: Scenario;
};

/** What of a capsule is the flight. */
export type Sortie = Pick<Capsule, 'scenario' | 'plan' | 'seed' | 'explore'>;

export type ParsedCapsule =
  | { readonly ok: true; readonly capsule: Capsule }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads one back; `file` names it in errors, one line each. */
export function capsuleFromJson(value: unknown, file: string): ParsedCapsule {
  const parsed = capsuleFile.safeParse(value);
  if (!parsed.success) {
    const told = parsed.error.issues.slice(0, 5).map(({ path, message }) => {
      const where = path.length === 0 ? '' : `${path.join('.')}: `;
      return `${file}: ${where}${message}`;
    });
    return { ok: false, errors: [...told, `${file}: this is no capsule that can be flown`] };
  }
  const scenario = scenarioFromJson(parsed.data.scenario, `${file}: scenario`);
  if (!scenario.ok) return scenario;
  const capsule: Capsule = { ...parsed.data, scenario: scenario.scenario };
  const errors = misfits(capsule).map((line) => `${file}: ${line}`);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, capsule };
}

/** What the two parts of a sortie say of each other that cannot be. */
function misfits({ scenario, plan }: Sortie): string[] {
  const functions = new Set(scenario.functions.map(({ name }) => name));
  const runners = new Set(scenario.runners.map(({ id }) => id));
  const ids = new Set<string>();
  let lastAt = 0;
  const found: string[] = [];
  plan.forEach(({ id, atUs, fn, lb }, index) => {
    const where = `plan[${index}]`;
    if (ids.has(id)) found.push(`${where}.id: a second call "${id}"`);
    ids.add(id);
    if (!functions.has(fn)) found.push(`${where}.fn: the scenario has no function "${fn}"`);
    if (lb >= scenario.lb.replicas) found.push(`${where}.lb: there are ${scenario.lb.replicas}`);
    if (atUs < lastAt) found.push(`${where}.atUs: before the call in front of it`);
    lastAt = atUs;
  });
  scenario.faults.forEach((fault, index) => {
    for (const id of fault.runners) {
      if (!runners.has(id)) found.push(`scenario.faults[${index}]: there is no runner "${id}"`);
    }
  });
  return found.slice(0, 5);
}

/** Flies what is in it, both twins, with all checkers on. */
export function flySortie(sortie: Sortie): Twins {
  const { scenario, plan, seed, explore } = sortie;
  return createTwins(scenario, seed, { plan, explore });
}

/** What a failing seed flew, with its calls one by one. */
export function sortieOf(scenario: Scenario, seed: number, explore: boolean): Sortie {
  return { scenario, plan: planOf(scenario, seed), seed, explore };
}

/** What a capsule says of the verdict on its sortie. */
export type Failure = Pick<Capsule, 'fingerprint' | 'complaints' | 'digest' | 'tail'> & {
  readonly class: Exclude<VerdictClass, 'pass'>;
};

/** Undefined for a verdict that is no failure. `as`: the fingerprint to look for, if it has it. */
export function failureOf(verdict: SeedVerdict, as?: string): Failure | undefined {
  const all = fingerprints(verdict);
  const fingerprint = all.find((one) => one === as) ?? all[0];
  const kind = classOf(verdict);
  if (fingerprint === undefined || kind === 'pass') return undefined;
  return {
    fingerprint,
    complaints: complaintsOf(verdict),
    digest: verdict.digest,
    tail: verdict.tail,
    class: kind,
  };
}

/** Every complaint of a verdict, one line each. */
export function complaintsOf(verdict: SeedVerdict): string[] {
  const { violations, difference, stuck, inconclusive } = verdict;
  return [
    ...violations.map((line) => `broken: ${line}`),
    ...(difference === undefined ? [] : [`not deterministic: ${difference}`]),
    ...stuck.map((line) => `stuck: ${line}`),
    ...(inconclusive === undefined ? [] : [`inconclusive: ${inconclusive}`]),
  ];
}
