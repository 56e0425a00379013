/** Laws of cores that executions share: equal shares, nothing lost, and those of M/G/1-PS. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Timer } from '../core/clock.js';
import { seededRng } from '../core/rng.js';
import { MS, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { draw, type Law } from './laws.js';
import { createSharing } from './sharing.js';

function machine(cores: number) {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const work = createSharing(clock, cores);
  const done: [name: string, at: number][] = [];
  const begin = (name: string, us: number): Timer =>
    work(us, () => done.push([name, clock.now() - startedAt]));
  return { clock, work, done, begin };
}

describe('executions that share cores', () => {
  it('have a core each while there are enough, and take turns when there are not', () => {
    for (const [cores, expected] of [
      [2, [['b', 10 * MS], ['a', 20 * MS]]], // prettier-ignore
      [1, [['b', 20 * MS], ['a', 30 * MS]]], // prettier-ignore
    ] as const) {
      const { clock, begin, done } = machine(cores);
      begin('a', 20 * MS);
      begin('b', 10 * MS);
      drain(clock);
      expect(done).toEqual(expected);
    }
  });

  it('none takes more than one core, and half a core is half as fast', () => {
    for (const [cores, at] of [
      [8, 10 * MS],
      [0.5, 20 * MS],
    ] as const) {
      const { clock, begin, done } = machine(cores);
      begin('a', 10 * MS);
      drain(clock);
      expect(done).toEqual([['a', at]]);
    }
  });

  it('slow down for who comes, and speed up when one goes or is canceled', () => {
    const { clock, begin, done } = machine(1);
    begin('a', 10 * MS);
    advance(clock, 4 * MS);
    const b = begin('b', 100 * MS);
    advance(clock, 4 * MS);
    b.cancel();
    b.cancel();
    drain(clock);
    expect(done).toEqual([['a', 12 * MS]]);
  });

  it('are told of in the order of coming where they are done at once, also after none', () => {
    const { clock, begin, done } = machine(1);
    for (const name of ['a', 'b', 'c']) begin(name, MS);
    begin('d', 0);
    expect(done).toEqual([]);
    drain(clock);
    expect(done.map(([name]) => name)).toEqual(['d', 'a', 'b', 'c']);
  });

  it('may begin and cancel others in the instant that they are done', () => {
    const { clock, work, begin, done } = machine(1);
    const begun: Timer[] = [];
    work(MS, () => {
      begun[0]?.cancel();
      begin('next', MS);
    });
    begun.push(work(MS, () => done.push(['canceled', 0])));
    drain(clock);
    expect(done).toEqual([['next', 3 * MS]]);
  });

  it('are done when they are, though their process hears of it late', () => {
    const clock = createVirtualClock();
    const startedAt = clock.now();
    const done: [name: string, at: number][] = [];
    const late = {
      ...clock,
      after: (us: number, run: () => void) => clock.after(us + 70 * MS, run),
    };
    const work = createSharing(late, 1);
    const begin = (name: string, us: number) =>
      work(us, () => done.push([name, clock.now() - startedAt]));
    begin('a', 10 * MS);
    begin('b', 30 * MS);
    // By now they are done: whoever comes has the core alone.
    clock.after(50 * MS, () => begin('c', 5 * MS));
    clock.after(50 * MS, () => begin('d', 100 * MS).cancel());
    drain(clock);
    expect(done).toEqual([
      ['a', 90 * MS],
      ['b', 90 * MS],
      ['c', 90 * MS],
    ]);
  });

  it('need one timer, and none when nobody is at work', () => {
    const { clock, begin } = machine(2);
    const begun = [5, 3, 9, 1].map((ms, index) => begin(String(index), ms * MS));
    expect(clock.pending).toBe(1);
    for (const one of begun) one.cancel();
    expect(clock.pending).toBe(0);
  });
});

/** The same in small steps: each step's cores are divided among those that are there. */
function inSteps(cores: number, jobs: readonly { at: number; us: number }[]): number[] {
  const left = jobs.map(({ us }) => us);
  const doneAt = jobs.map(() => -1);
  const STEP = 0.125;
  for (let now = 0; doneAt.includes(-1); now += STEP) {
    const there = jobs.flatMap(({ at }, index) =>
      at <= now && (left[index] ?? 0) > 0 ? [index] : [],
    );
    for (const index of there) {
      left[index] = (left[index] ?? 0) - STEP * Math.min(1, cores / there.length);
    }
    jobs.forEach(({ at }, index) => {
      if (at <= now && (left[index] ?? 0) <= 1e-9 && doneAt[index] === -1)
        doneAt[index] = now + STEP;
    });
  }
  return doneAt;
}

test('whoever comes whenever is done when small steps say so', () => {
  const job = fc.record({
    at: fc.integer({ min: 0, max: 200 }),
    us: fc.integer({ min: 1, max: 99 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(0.5, 1, 2, 3),
      fc.array(job, { minLength: 1, maxLength: 12 }),
      (cores, jobs) => {
        const clock = createVirtualClock();
        const startedAt = clock.now();
        const work = createSharing(clock, cores);
        const doneAt = jobs.map(() => -1);
        jobs.forEach(({ at, us }, index) =>
          clock.after(at, () => work(us, () => (doneAt[index] = clock.now() - startedAt))),
        );
        drain(clock);
        // Told at the first whole µs; a step is an eighth, and each change may cost one.
        const steps = inSteps(cores, jobs);
        doneAt.forEach((at, index) => {
          expect(Math.abs(at - (steps[index] ?? 0))).toBeLessThanOrEqual(1 + jobs.length / 4);
        });
      },
    ),
  );
});

/** Mean time of so many Poisson arrivals on one core, in mean service times. */
function meanTime(law: Law, meanUs: number, load: number): number {
  const clock = createVirtualClock();
  const work = createSharing(clock, 1);
  const arrivals = seededRng(1).split('arrivals');
  const service = seededRng(1).split('service');
  const JOBS = 100_000;
  let total = 0;
  let at = clock.now();
  for (let job = 0; job < JOBS; job++) {
    at += Math.round((-meanUs / load) * Math.log(1 - arrivals.float()));
    const came = at;
    clock.after(came - clock.now(), () =>
      work(draw(law, service), () => (total += clock.now() - came)),
    );
  }
  while (clock.run(1_000_000) > 0) continue;
  return total / JOBS / meanUs;
}

/** Kleinrock's law. 5 %: about three standard errors of so many dependent times at load 0.7. */
describe('on one core the mean time is 1 / (1 − ρ) services, whatever the law', () => {
  const laws: readonly [string, Law][] = [
    ['constant', { kind: 'constant', valueUs: 40 * MS }],
    ['exponential', { kind: 'exponential', meanUs: 40 * MS }],
    ['lognormal', { kind: 'lognormal', medianUs: 40 * MS * Math.exp(-0.5), sigma: 1 }],
  ];
  for (const [name, law] of laws) {
    it.each([0.3, 0.5, 0.7])(`${name} at load %d`, (load) => {
      const expected = 1 / (1 - load);
      expect(Math.abs(meanTime(law, 40 * MS, load) / expected - 1)).toBeLessThan(0.05);
    });
  }
});
