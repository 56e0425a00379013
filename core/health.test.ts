/** Laws of passive health: who is left alone, for how long, and who never is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { eject, loses } from './health.js';
import { seededRng } from './rng.js';
import { HeldStanding } from './standing.js';

const RULES = { ejectAfter: 3, ejectMs: 1_000, ejectMaxMs: 8_000, usableMin: 0.5 };
const MEMORY = { busyUs: 10_000, pushBackMaxUs: 1_000_000, slowStartUs: 0 };
const clock = createVirtualClock();
const fleet = (count: number): HeldStanding[] =>
  Array.from(
    { length: count },
    (_, index) => new HeldStanding(scriptedRunner(clock, `r${index}`, []), MEMORY, Number.NaN),
  );
const chance = seededRng(1);

/** So many failures in a row at one instant; what the last one did. */
function fails(
  one: HeldStanding,
  all: readonly HeldStanding[],
  times: number,
  now: number,
): string | undefined {
  let last: string | undefined;
  for (let i = 0; i < times; i++) last = eject(one, all, now, RULES, chance);
  return last;
}

describe('an ejection', () => {
  it('comes after so many failures in a row and not before', () => {
    const all = fleet(4);
    expect(fails(all[0]!, all, 2, 0)).toBe(undefined);
    expect(all[0]!.usable(0)).toBe(true);
    expect(fails(all[0]!, all, 1, 0)).toBe('ejected');
    expect(all[0]!.usable(0)).toBe(false);
  });

  it('lasts twice as long each time, up to a limit, and up to half more by chance', () => {
    const all = fleet(4);
    let now = 0;
    for (const ms of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      // On probation one failure is enough.
      expect(fails(all[0]!, all, now === 0 ? 3 : 1, now)).toBe('ejected');
      const lasts = all[0]!.ejectedUntil - now;
      expect(lasts).toBeGreaterThanOrEqual(ms * 1000);
      expect(lasts).toBeLessThanOrEqual(ms * 1500);
      now = all[0]!.ejectedUntil;
    }
    // Healthy for longer than the longest ejection: it begins anew.
    now += 8_000_001;
    all[0]!.failures = 0;
    expect(fails(all[0]!, all, 3, now)).toBe('ejected');
    expect(all[0]!.ejectedUntil - now).toBeLessThanOrEqual(1_500_000);
  });

  it('never leaves less than the floor, nor nobody, whoever fails and whoever is not ready', () => {
    const failing = fc.array(fc.nat(9), { maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), failing, fc.nat(10), (count, whos, away) => {
        const all = fleet(count);
        const usable = (): number => all.filter((one) => one.usable(0)).length;
        for (const one of all.slice(0, away)) Object.assign(one.runner, { ready: false });
        for (const who of whos) {
          const before = usable();
          const change = eject(all[who % count]!, all, 0, RULES, chance);
          const floor = Math.max(1, Math.ceil(count / 2));
          if (change === 'ejected') expect(usable()).toBeGreaterThanOrEqual(floor);
          else expect(usable()).toBe(before);
        }
      }),
    );
  });

  it('that the floor forbids is told', () => {
    const all = fleet(2);
    expect(fails(all[0]!, all, 3, 0)).toBe('ejected');
    expect(fails(all[1]!, all, 3, 0)).toBe('kept');
  });
});

describe('panic', () => {
  it('lifts all ejections once lost connections leave less than the floor', () => {
    const all = fleet(4);
    fails(all[0]!, all, 3, 0);
    fails(all[1]!, all, 3, 0);
    expect(loses(all, 0, RULES)).toEqual([]);
    Object.assign(all[2]!.runner, { ready: false });
    expect(loses(all, 0, RULES)).toEqual([all[0], all[1]]);
    expect(all.map((one) => one.usable(0))).toEqual([true, true, false, true]);
  });

  it('does nothing where nobody is ejected', () => {
    const all = fleet(2);
    for (const one of all) Object.assign(one.runner, { ready: false });
    expect(loses(all, 0, RULES)).toEqual([]);
  });
});
