/** Laws of what else runs on a machine: how much, in which turns, and that it holds nothing. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { seededRng } from '../core/rng.js';
import { flown, only, scenarioOf } from '../test/support/fly.js';
import { MS, SECOND, createVirtualClock, drain } from '../test/support/virtual.js';
import { createAntagonist, type Others, type Spell } from './antagonist.js';
import { createSharing } from './sharing.js';

const SPEC = { share: 0.5, busyUs: 3 * SECOND, quietUs: SECOND };

const turns = (seed: number): Others => createAntagonist(SPEC, seededRng(seed).split('antagonist'));

/** The spells of a day. */
function spellsOf(seed: number): (Spell & { readonly lasts: number })[] {
  const others = turns(seed);
  const spells = [];
  for (let at = 0; at < 86_400 * SECOND;) {
    const spell = others(at);
    spells.push({ ...spell, lasts: spell.until - at });
    at = spell.until;
  }
  return spells;
}

describe('the turns of an antagonist', () => {
  it('alternate, and have their means and the spread of an exponential', () => {
    const spells = spellsOf(1);
    spells.slice(1).forEach((spell, index) => expect(spell.share).not.toBe(spells[index]?.share));
    for (const [share, meanUs] of [
      [0.5, SPEC.busyUs],
      [0, SPEC.quietUs],
    ] as const) {
      const lasts = spells.filter((spell) => spell.share === share).map((spell) => spell.lasts);
      const mean = lasts.reduce((sum, us) => sum + us, 0) / lasts.length;
      // About 21 600 of either: 3 % is four standard errors.
      expect(Math.abs(mean / meanUs - 1)).toBeLessThan(0.03);
      const longer = lasts.filter((us) => us > meanUs).length / lasts.length;
      expect(Math.abs(longer - Math.exp(-1))).toBeLessThan(0.015);
    }
  });

  it('are the same whenever one asks', () => {
    const instants = fc.array(fc.nat(60 * SECOND), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(), instants, (seed, drawn) => {
        const last = Math.max(...drawn);
        const often = turns(seed);
        for (const at of drawn.sort((a, b) => a - b)) often(at);
        expect(often(last)).toEqual(turns(seed)(last));
      }),
    );
  });

  it('begin busy as often as they are busy', () => {
    const busy = Array.from({ length: 2000 }, (_, seed) => turns(seed)(0).share > 0);
    expect(Math.abs(busy.filter(Boolean).length / 2000 - 0.75)).toBeLessThan(0.03);
  });
});

/** Half a core is taken from 1 005 ms to 1 010 ms, and again from 1 020 ms on. */
const scripted: Others = (at) => {
  if (at < 1005 * MS) return { share: 0, until: 1005 * MS };
  if (at < 1010 * MS) return { share: 0.5, until: 1010 * MS };
  if (at < 1020 * MS) return { share: 0, until: 1020 * MS };
  return { share: 0.5, until: Number.POSITIVE_INFINITY };
};

test.each([
  ['an execution on one core works half as fast meanwhile', 1, [10, 20], [12.5, 25]],
  ['one of several cores is not slowed by what it would not use', 4, [10, 20], [10, 20]],
] as const)('%s', (_what, cores, works, expected) => {
  works.forEach((ms, index) => {
    const clock = createVirtualClock();
    const work = createSharing(clock, cores, scripted);
    let doneAt = 0;
    work(ms * MS, () => (doneAt = clock.now() - SECOND));
    drain(clock);
    expect(doneAt).toBe((expected[index] ?? 0) * MS);
  });
});

test('what is done in a spell that is over is done, though the process hears of it late', () => {
  const clock = createVirtualClock();
  const late = {
    ...clock,
    after: (us: number, run: () => void) => clock.after(us + 100 * MS, run),
  };
  const work = createSharing(late, 1, scripted);
  const done: number[] = [];
  work(10 * MS, () => done.push(clock.now() - SECOND));
  // At 1 050 ms the first is long done: this one has the half core that is left, for 80 ms.
  clock.after(50 * MS, () => work(40 * MS, () => done.push(clock.now() - SECOND)));
  drain(clock);
  expect(done).toEqual([105 * MS, 230 * MS]);
});

const text = `
version: 1
name: neighbour
calls: 1500
arrivals: { kind: poisson, load: 60% }
functions: { a: { service: 20ms, timeout: 1s } }
fleet:
  - name: r
    count: 3
    slots: 30
    cores: 2
    antagonist: { share: 80%, busy: 500ms, quiet: 500ms }
faults:
  - { kind: crash, at: 500ms, for: 300ms, runner: r1 }
  - { kind: pause, at: 500ms, for: 300ms, runner: r2 }`;

test('a flight with antagonists keeps all laws, holds nothing at the end, and is slower', () => {
  const slow = flown(scenarioOf(text), { seed: 1 });
  expect(slow.problems).toEqual([]);
  const alone = scenarioOf(
    text.replace(/ {4}antagonist.*\n/, '').replace('load: 60%', 'rate: 108/s'),
  );
  expect(scenarioOf(text).arrivals.ratePerSec).toBeCloseTo(108, 9);
  const meanOf = ({ events }: ReturnType<typeof flown>): number => {
    const times = only(events, 'attempt-end').map((end) => end.executionUs);
    return times.reduce((sum, us) => sum + us, 0) / times.length;
  };
  expect(meanOf(slow)).toBeGreaterThan(1.5 * meanOf(flown(alone, { seed: 1 })));
});
