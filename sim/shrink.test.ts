/** Shrinking: what is left is what matters, whatever that is, and nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortieOf, type Sortie } from './capsule.js';
import { shrink } from './shrink.js';
import { drawScenario } from './swarm.js';

/** Shrinks what `fails` says; every candidate is told of before it is judged. */
function shrunk(
  from: Sortie,
  fails: (sortie: Sortie) => boolean,
  seen: (sortie: Sortie) => void = () => undefined,
): Sortie {
  const steps = shrink(from);
  let step = steps.next(false);
  while (step.done !== true) {
    const { candidate } = step.value;
    seen(candidate);
    step = steps.next(fails(candidate));
  }
  return step.value;
}

const drawn = fc.nat(2000).map((seed) => sortieOf(drawScenario(seed).scenario, seed, false));

test('only the calls, runners and faults that a failure needs are left', () => {
  const plan = fc.record({ sortie: drawn, pick: fc.array(fc.nat(1000), { maxLength: 3 }) });
  fc.assert(
    fc.property(plan, ({ sortie, pick }) => {
      const { runners, faults } = sortie.scenario;
      const of = <T>(list: readonly T[]): Set<T> =>
        new Set(list.length === 0 ? [] : pick.map((at) => list[at % list.length] as T));
      const calls = of(sortie.plan.map(({ id }) => id));
      const needed = of(faults.map(({ kind, runners: on }) => `${kind} ${on[0]}`));
      const ids = of(runners.map(({ id }) => id));
      for (const one of needed) ids.add(one.split(' ')[1] ?? '');
      const fails = (candidate: Sortie): boolean => {
        const there = {
          calls: new Set(candidate.plan.map(({ id }) => id)),
          faults: new Set(
            candidate.scenario.faults.map(({ kind, runners: on }) => `${kind} ${on[0]}`),
          ),
          runners: new Set(candidate.scenario.runners.map(({ id }) => id)),
        };
        return (
          [...calls].every((id) => there.calls.has(id)) &&
          [...needed].every((one) => there.faults.has(one)) &&
          [...ids].every((id) => there.runners.has(id))
        );
      };
      const small = shrunk(sortie, fails);
      expect(fails(small)).toBe(true);
      expect(small.plan).toHaveLength(Math.max(1, calls.size));
      expect(small.scenario.faults).toHaveLength(needed.size);
      expect(small.scenario.runners).toHaveLength(Math.max(1, ids.size));
      expect(small.scenario.calls).toBe(small.plan.length);
      for (const { runners: on, ...fault } of small.scenario.faults) {
        expect(on).toHaveLength(1);
        if (fault.untilUs !== null) expect(fault.untilUs - fault.atUs).toBeLessThanOrEqual(1000);
      }
    }),
    { numRuns: 30 },
  );
});

test('every candidate could be a capsule of its own, and differs from what it is made of', () => {
  fc.assert(
    fc.property(drawn, fc.nat(), (sortie, salt) => {
      let tried = 0;
      let best = JSON.stringify(sortie);
      let at = best;
      const fails = (): boolean => (tried * 7 + salt) % 5 === 0;
      shrunk(
        sortie,
        () => {
          if (!fails()) return false;
          best = at;
          return true;
        },
        (candidate) => {
          tried += 1;
          const { plan, scenario } = candidate;
          at = JSON.stringify(candidate);
          expect(at).not.toBe(best);
          const there = new Set(scenario.runners.map(({ id }) => id));
          const functions = new Set(scenario.functions.map(({ name }) => name));
          expect(plan.every(({ fn, lb }) => functions.has(fn) && lb < scenario.lb.replicas)).toBe(
            true,
          );
          for (const fault of scenario.faults) {
            expect(fault.runners.length).toBeGreaterThan(0);
            expect(fault.runners.every((id) => there.has(id))).toBe(true);
            if (fault.untilUs !== null) expect(fault.untilUs).toBeGreaterThanOrEqual(fault.atUs);
          }
        },
      );
    }),
    { numRuns: 30 },
  );
});
