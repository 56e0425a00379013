/** Laws of what is believed of a runner: what raises it, what lowers it, what time makes of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { HeldStanding } from './standing.js';

const MS = 1000;
const SECOND = 1_000_000;
const MEMORY = { busyUs: 10 * MS, pushBackMaxUs: SECOND, slowStartUs: 10 * SECOND };
const standing = (startedAt = Number.NaN): HeldStanding =>
  new HeldStanding(scriptedRunner(createVirtualClock(), 'r', []), MEMORY, startedAt);

describe('acceptance', () => {
  it('is a share, falls with a refusal, rises with an offer that is taken, and comes back', () => {
    const offers = fc.array(fc.record({ taken: fc.boolean(), afterMs: fc.nat(2_000) }));
    fc.assert(
      fc.property(offers, (drawn) => {
        const one = standing();
        let now = 0;
        for (const { taken, afterMs } of drawn) {
          const earlier = one.acceptance(now);
          now += afterMs * MS;
          const before = one.acceptance(now);
          expect(before).toBeGreaterThanOrEqual(earlier);
          one.offered(taken, now);
          const after = one.acceptance(now);
          if (taken) expect(after).toBeGreaterThanOrEqual(before);
          else expect(after).toBeLessThanOrEqual(before);
          expect(after).toBeGreaterThan(0);
          expect(after).toBeLessThanOrEqual(1);
        }
        expect(one.acceptance(now + 60 * SECOND)).toBeGreaterThan(0.99);
      }),
    );
  });

  it('of a runner that refuses everything is a hundredth, so that it is asked now and then', () => {
    const one = standing();
    for (let i = 0; i < 20; i++) one.offered(false, 0);
    expect(one.acceptance(0)).toBe(0.01);
  });
});

describe('latency', () => {
  it('goes up at once and down slowly', () => {
    const one = standing();
    expect(one.latencyUs(0)).toBe(0);
    one.took(10 * MS, 0);
    one.took(2 * SECOND, SECOND);
    expect(one.latencyUs(SECOND)).toBe(2 * SECOND);
    one.took(10 * MS, 2 * SECOND);
    expect(one.latencyUs(2 * SECOND)).toBeGreaterThan(SECOND);
    for (let second = 3; second < 60; second++) one.took(10 * MS, second * SECOND);
    expect(one.latencyUs(60 * SECOND)).toBeLessThan(20 * MS);
  });

  it('knows nothing of a NACK, however fast', () => {
    const one = standing();
    one.offered(false, 0);
    one.refused(undefined, 1, 0);
    expect(one.latencyUs(0)).toBe(0);
  });
});

describe('a busy NACK', () => {
  it('is believed for a moment, or until something comes free', () => {
    const one = standing();
    one.refused(undefined, MS, 0);
    expect([one.usable(9 * MS), one.usable(10 * MS), one.open(10 * MS)]).toEqual([
      ...[false, true, false],
    ]);
    one.free();
    expect([one.usable(0), one.open(0)]).toEqual([true, true]);
  });

  it('that pushes back is believed for as long as it says, up to a limit', () => {
    const one = standing();
    one.refused(300 * MS, MS, 0);
    expect([one.usable(299 * MS), one.usable(300 * MS)]).toEqual([false, true]);
    one.refused(3600 * SECOND, MS, 0);
    expect([one.usable(SECOND - 1), one.usable(SECOND)]).toEqual([false, true]);
  });
});

describe('weight', () => {
  it('grows from a tenth to the whole while a runner that joined starts slowly', () => {
    const one = standing(0);
    expect([0, SECOND, 5 * SECOND, 10 * SECOND].map((now) => one.weight(now))).toEqual([
      ...[0.1, 0.1, 0.5, 1],
    ]);
    one.startSlowly(20 * SECOND);
    expect(one.weight(25 * SECOND)).toBe(0.5);
  });

  it('is whole of a runner that was there from the beginning', () => {
    expect(standing().weight(0)).toBe(1);
  });
});
