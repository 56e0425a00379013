/** Laws of hedges: for declared calls only, when most have spoken, within the budget. */
import { describe, expect, it } from 'vitest';
import { breaks, hangs, nacks, ok, type Script } from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';
import type { CallOption } from './draft.js';
import { createHedgeDelays } from './hedge-delay.js';
import type { BalancerOptions } from './options.js';

/** What an ok answer of the scripted runner takes: its calls are silent for less than this. */
const MOST = 100 * MS;
const SEEN = 64;

/** Enough calls that `a` answered to know when one is late; then `a` says `then`, and `b` too. */
function warm(
  then: { readonly a: readonly Script[]; readonly b: readonly Script[] },
  options: Partial<BalancerOptions> = {},
  idempotent = true,
): Service {
  const service = createService({
    runners: [[...Array.from({ length: SEEN }, () => ok()), ...then.a], then.b],
    functions: { hello: { timeoutMs: 10_000, idempotent } },
    options: { hedge: 'on', ...options },
  });
  for (let i = 0; i < SEEN; i++) {
    service.call();
    drain(service.clock);
  }
  return service;
}

const attemptsOf = (service: Service, call: string): string[] =>
  service.probed.flatMap((event) => {
    if (event.call !== call) return [];
    if (event.kind === 'attempt') return [`${event.hedge ? 'hedge' : 'attempt'} ${event.runner}`];
    if (event.kind === 'commit') return [`commit ${event.runner}`];
    if (event.kind === 'nack') return [`nack ${event.runner}`];
    return event.kind === 'attempt-end' ? [`${event.outcome} ${event.runner}`] : [];
  });
const LAST = `lb-${SEEN + 1}`;
const idOf = (service: Service): string =>
  service.probed.filter(({ kind }) => kind === 'arrive').at(-1)?.call ?? LAST;

describe('a hedge', () => {
  it('is one more attempt elsewhere for a call that is late, and the loser is canceled', () => {
    const service = warm({ a: [hangs()], b: [ok()] });
    const visit = service.call();
    advance(service.clock, MOST);
    expect(attemptsOf(service, idOf(service))).toEqual([
      ...['attempt a', 'hedge b', 'canceled a', 'commit b', 'ok b'],
    ]);
    expect(visit.sink.status).toBe(200);
    drain(service.clock);
    expect(service.idle()).toBe(true);
  });

  it('that loses is canceled, too', () => {
    const service = warm({ a: [ok().map(slower(50 * MS))], b: [hangs()] });
    service.call();
    advance(service.clock, SECOND);
    expect(attemptsOf(service, idOf(service))).toEqual([
      ...['attempt a', 'hedge b', 'canceled b', 'commit a', 'ok a'],
    ]);
  });

  it('is not made for a call that is not declared idempotent, nor where it is off', () => {
    for (const service of [
      warm({ a: [hangs()], b: [ok()] }, {}, false),
      warm({ a: [hangs()], b: [ok()] }, { hedge: 'off' }),
    ]) {
      service.call();
      advance(service.clock, SECOND);
      expect(attemptsOf(service, idOf(service))).toEqual(['attempt a']);
    }
  });

  it('is not made for the one call that is not declared, though its like are', () => {
    const service = warm({ a: [hangs()], b: [ok()] });
    const undeclared: CallOption = (draft) => {
      draft.idempotent = false;
      return undefined;
    };
    service.call({ options: [undeclared] });
    advance(service.clock, SECOND);
    expect(attemptsOf(service, idOf(service))).toEqual(['attempt a']);
  });

  it('is not made on a runner that has just refused, or failed', () => {
    for (const b of [nacks(), breaks()]) {
      const ejects = { ejectAfter: 1, ejectMs: 5000, ejectMaxMs: 5000, busyMemoryMs: 5000 };
      const service = warm({ a: [hangs(), hangs()], b: [b, ok()] }, ejects);
      // The first hedge finds that out, the second call's has nowhere to go.
      service.call();
      advance(service.clock, MOST);
      service.call();
      advance(service.clock, MOST);
      expect(attemptsOf(service, idOf(service))).toEqual(['attempt a']);
    }
  });

  it('is not made where the budget is spent, and that is told', () => {
    const budget = { retryBudgetRatio: 1e-9, retryBudgetPerSec: 1e-9 };
    const service = warm({ a: [hangs()], b: [ok()] }, budget);
    service.call();
    advance(service.clock, SECOND);
    expect(attemptsOf(service, idOf(service))).toEqual(['attempt a']);
    expect(service.probed.some(({ kind }) => kind === 'over-budget')).toBe(true);
  });

  it('goes on alone where the first attempt is NACKed, and the other way round', () => {
    const service = warm({ a: [nacks().map(slower(50 * MS))], b: [ok().map(slower(90 * MS))] });
    const visit = service.call();
    advance(service.clock, SECOND);
    expect(attemptsOf(service, idOf(service))).toEqual([
      ...['attempt a', 'hedge b', 'nack a', 'commit b', 'ok b'],
    ]);
    expect(visit.sink.status).toBe(200);
  });

  it('is the second chance: a call that breaks beside it has no third', () => {
    const service = warm({
      a: [breaks().map(slower(50 * MS))],
      b: [breaks().map(slower(60 * MS))],
    });
    const visit = service.call();
    advance(service.clock, SECOND);
    expect(attemptsOf(service, idOf(service))).toEqual([
      ...['attempt a', 'hedge b', 'broken a', 'broken b'],
    ]);
    expect(visit.sink.status).toBe(502);
    drain(service.clock);
    expect(service.idle()).toBe(true);
  });

  it('ends with its call, when the client leaves', () => {
    const service = warm({ a: [hangs()], b: [hangs()] });
    const visit = service.call();
    advance(service.clock, MOST);
    visit.leave();
    expect(attemptsOf(service, idOf(service))).toEqual([
      ...['attempt a', 'hedge b', 'canceled b', 'canceled a'],
    ]);
    drain(service.clock);
    expect(service.idle()).toBe(true);
  });
});

/** The same script, its first word so much later. */
function slower(us: number): (step: Script[number], index: number) => Script[number] {
  return (step, index) => (index === 0 ? { ...step, afterUs: step.afterUs + us } : step);
}

describe('the delay of a hedge', () => {
  it('is the 95th percentile of the last attempts, and unknown before there are enough', () => {
    const delays = createHedgeDelays();
    for (let us = 1; us <= 63; us++) delays.saw('f', us);
    expect(delays.delayUs('f')).toBe(undefined);
    delays.saw('f', 64);
    expect(delays.delayUs('f')).toBe(61);
    expect(delays.delayUs('g')).toBe(undefined);
    for (let i = 0; i < 256; i++) delays.saw('f', 1000);
    expect(delays.delayUs('f')).toBe(1000);
  });

  it('is kept for a bounded number of functions', () => {
    const delays = createHedgeDelays();
    for (let fn = 0; fn < 1100; fn++) for (let i = 0; i < 64; i++) delays.saw(`f${fn}`, 5);
    expect(delays.delayUs('f0')).toBe(undefined);
    expect(delays.delayUs('f1099')).toBe(5);
  });
});
