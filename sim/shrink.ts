/**
 * Makes a failing flight smaller while it fails in the same way: without faults, with weaker ones,
 * with fewer calls and runners, and without what else a flight can do without. Delta debugging
 * (Zeller and Hildebrandt, 2002) over lists; halving over numbers.
 */
import type { Sortie } from './capsule.js';
import type { Plan } from './plan.js';
import type { Scenario, ScenarioFault } from './scenario.js';

/** A candidate, to be flown; what is sent back says whether it fails in the same way. */
type Pass = Generator<Sortie, void, boolean>;

export interface ShrinkStep {
  /** What is tried: to be flown by who asked. */
  readonly candidate: Sortie;
  /** The pass that tries it, for a line of progress. */
  readonly pass: string;
}

/**
 * Yields candidates; `next(true)` says that the last one fails in the same way, and it is smaller
 * ever after. Ends when no pass finds anything more.
 */
export function* shrink(failing: Sortie): Generator<ShrinkStep, Sortie, boolean> {
  let best = failing;
  for (let before: Sortie | undefined; before !== best;) {
    before = best;
    for (const [pass, from] of Object.entries(passes)) {
      const tries = from(best);
      let smaller = false;
      for (;;) {
        const tried = tries.next(smaller);
        if (tried.done === true) break;
        smaller = yield { candidate: tried.value, pass };
        if (smaller) best = tried.value;
      }
    }
  }
  return best;
}

const passes: Readonly<Record<string, (best: Sortie) => Pass>> = {
  // First, for flights are much faster without them.
  bodies: (best) => simpler(best, bodies),
  faults: (best) =>
    fewer(best, best.scenario.faults, (sortie, faults) => withScenario(sortie, { faults })),
  'runners of faults': runnersOfFaults,
  'weaker faults': weakerFaults,
  calls: (best) => fewer(best, best.plan, withPlan),
  runners: (best) => fewer(best, best.scenario.runners, withRunners),
  'the rest': (best) => simpler(best, changes),
};

const withScenario = (sortie: Sortie, change: Partial<Scenario>): Sortie => ({
  ...sortie,
  scenario: { ...sortie.scenario, ...change },
});

const withPlan = (sortie: Sortie, plan: Plan): Sortie | undefined =>
  plan.length === 0 ? undefined : { ...withScenario(sortie, { calls: plan.length }), plan };

function withRunners(sortie: Sortie, runners: Scenario['runners']): Sortie | undefined {
  if (runners.length === 0) return undefined;
  const there = new Set(runners.map(({ id }) => id));
  const faults = sortie.scenario.faults.flatMap((fault) => {
    const left = fault.runners.filter((id) => there.has(id));
    return left.length === 0 ? [] : [{ ...fault, runners: left }];
  });
  return withScenario(sortie, { runners, faults });
}

/** Leaves out ever smaller parts of a list: a half, a quarter, …, one by one. */
function* fewer<T>(
  from: Sortie,
  list: readonly T[],
  apply: (sortie: Sortie, list: readonly T[]) => Sortie | undefined,
): Pass {
  let best = from;
  let left = list;
  for (let size = left.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < left.length;) {
      const shorter = [...left.slice(0, at), ...left.slice(at + size)];
      const candidate = apply(best, shorter);
      if (candidate !== undefined && (yield candidate)) {
        best = candidate;
        left = shorter;
      } else {
        at += size;
      }
    }
  }
}

/** Replaces a fault by another one, as long as that helps. */
function* eachFault(
  from: Sortie,
  weaker: (fault: ScenarioFault) => Generator<ScenarioFault, void, boolean>,
): Pass {
  let best = from;
  for (let index = 0; index < from.scenario.faults.length; index++) {
    const tries = weaker(best.scenario.faults[index] as ScenarioFault);
    let smaller = false;
    for (;;) {
      const tried = tries.next(smaller);
      if (tried.done === true) break;
      const faults = best.scenario.faults.map((one, at) => (at === index ? tried.value : one));
      const candidate = withScenario(best, { faults });
      smaller = yield candidate;
      if (smaller) best = candidate;
    }
  }
}

function runnersOfFaults(from: Sortie): Pass {
  return eachFault(from, function* (fault) {
    let { runners } = fault;
    for (const id of fault.runners) {
      const left = runners.filter((one) => one !== id);
      if (left.length > 0 && (yield { ...fault, runners: left })) runners = left;
    }
  });
}

function weakerFaults(from: Sortie): Pass {
  return eachFault(from, function* (fault) {
    let best = fault;
    const tried = function* (weaker: ScenarioFault): Generator<ScenarioFault, boolean, boolean> {
      const helps = yield weaker;
      if (helps) best = weaker;
      return helps;
    };
    // A spell that is shorter; an instant has no length.
    if (best.kind !== 'stream-reset') {
      const { atUs, untilUs } = best;
      const lastsUs = untilUs === null ? 60_000_000 : untilUs - atUs;
      for (const us of spellsUs(lastsUs)) {
        if (yield* tried({ ...best, untilUs: atUs + us })) break;
      }
    }
    if (best.kind === 'slow' && best.addUs > 0) yield* tried({ ...best, addUs: 0 });
    if (best.kind === 'slow' && best.factor !== 1) yield* tried({ ...best, factor: 1 });
    if (best.kind === 'drain' && best.rollingUs > 0) yield* tried({ ...best, rollingUs: 0 });
  });
}

/** Shorter spells, the shortest first: most that fail with less fail with next to nothing. */
const spellsUs = (lastsUs: number): readonly number[] =>
  [1_000, lastsUs / 16, lastsUs / 4, lastsUs / 2]
    .map(Math.round)
    .filter((us) => us >= 1_000 && us < lastsUs);

/** What else a flight can do without, one change after the other. */
function* simpler(from: Sortie, changes: readonly Change[]): Pass {
  let best = from;
  for (const change of changes) {
    for (;;) {
      const candidate = change(best);
      if (candidate === undefined || !(yield candidate)) break;
      best = candidate;
    }
  }
}

/** A simpler sortie, or undefined where there is nothing to simplify. */
type Change = (sortie: Sortie) => Sortie | undefined;

/** Each function, or each runner, as it is after `simple`; undefined when nothing changes. */
const everywhere =
  <K extends 'functions' | 'runners'>(
    list: K,
    simple: (one: Scenario[K][number]) => Scenario[K][number],
  ): Change =>
  (sortie) => {
    const before = sortie.scenario[list];
    const after = (before as readonly Scenario[K][number][]).map(simple);
    if (JSON.stringify(after) === JSON.stringify(before)) return undefined;
    return withScenario(sortie, { [list]: after });
  };

const bodies: readonly Change[] = [
  everywhere('functions', (fn) => ({ ...fn, requestBytes: 0, responseBytes: 0 })),
  everywhere('functions', (fn) => ({ ...fn, requestBytes: 0 })),
  everywhere('functions', (fn) => ({ ...fn, requestBytes: fn.requestBytes >> 1 })),
  everywhere('functions', (fn) => ({ ...fn, responseBytes: fn.responseBytes >> 1 })),
];

const changes: readonly Change[] = [
  (sortie) => {
    const used = new Set(sortie.plan.map(({ fn }) => fn));
    const functions = sortie.scenario.functions.filter(({ name }) => used.has(name));
    if (functions.length === sortie.scenario.functions.length) return undefined;
    return withScenario(sortie, { functions });
  },
  (sortie) =>
    sortie.scenario.lb.replicas === 1
      ? undefined
      : {
          ...withScenario(sortie, { lb: { replicas: 1, late: 0, joinAfterUs: 0 } }),
          plan: sortie.plan.map((call) => ({ ...call, lb: 0 })),
        },
  (sortie) =>
    sortie.scenario.clients.retry.times === 0
      ? undefined
      : withScenario(sortie, {
          clients: { retry: { ...sortie.scenario.clients.retry, times: 0 } },
        }),
  (sortie) =>
    sortie.scenario.network.jitterUs === 0
      ? undefined
      : withScenario(sortie, { network: { ...sortie.scenario.network, jitterUs: 0 } }),
  (sortie) =>
    sortie.scenario.placement.hedge
      ? withScenario(sortie, { placement: { ...sortie.scenario.placement, hedge: false } })
      : undefined,
  (sortie) =>
    sortie.scenario.placement.placer === 'naive'
      ? undefined
      : withScenario(sortie, { placement: { ...sortie.scenario.placement, placer: 'naive' } }),
  // With a smaller limit fewer calls reach it.
  (sortie) => {
    const inFlight = Math.floor(sortie.scenario.limits.inFlight / 2);
    if (inFlight === 0 || inFlight >= sortie.plan.length) return undefined;
    return withScenario(sortie, { limits: { ...sortie.scenario.limits, inFlight } });
  },
  everywhere('runners', (runner) => ({ ...runner, antagonist: null })),
  everywhere('runners', (runner) => ({ ...runner, cores: null })),
  everywhere('runners', (runner) => ({ ...runner, memoryMb: null })),
  everywhere('runners', (runner) => ({ ...runner, queue: 0 })),
  everywhere('runners', (runner) => ({ ...runner, slots: Math.ceil(runner.slots / 2) })),
  everywhere('functions', (fn) => ({ ...fn, coldStartUs: 0 })),
  everywhere('functions', (fn) => ({ ...fn, idempotent: false })),
];
