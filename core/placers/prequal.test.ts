/** Laws of probing: what a pool believes and for how long, whom it prefers, what it costs. */
import { NEVER, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { standingOf, type Belief } from '../../test/conformance/standing.js';
import { testCall } from '../../test/support/calls.js';
import { scriptedRunner } from '../../test/support/scripted-runner.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../../test/support/virtual.js';
import { seededRng } from '../rng.js';
import type { RunnerStatus } from '../runner.js';
import type { Standing } from '../standing.js';
import { prequal } from './prequal.js';
import { createProbing } from './probing.js';

const atOnce = (status: RunnerStatus) =>
  new Observable<RunnerStatus>((out) => {
    out.next(status);
    out.complete();
  });

interface Says {
  readonly active?: number;
  readonly latencyMs?: number;
  readonly belief?: Partial<Belief>;
  /** How its probes are answered; default at once. */
  readonly answers?: (status: RunnerStatus) => Observable<RunnerStatus>;
}

function stage(says: readonly Says[]) {
  const clock = createVirtualClock();
  const asked: string[] = [];
  const runners = says.map(({ active = 0, latencyMs = 0, belief, answers = atOnce }, index) => {
    const id = `r${index}`;
    const customStatus = { latency_at_load_us: String(latencyMs * MS) };
    const status = { active, requestsReceived: 0, requestsHandled: 0, customStatus };
    const runner = Object.assign(scriptedRunner(clock, id, []), {
      status: () =>
        new Observable<RunnerStatus>((out) => {
          asked.push(id);
          return answers(status).subscribe(out);
        }),
    });
    return standingOf(runner, belief);
  });
  return { clock, asked, runners, call: testCall(clock) };
}

type Stage = ReturnType<typeof stage>;

/** A placer that has asked everybody; the order that it gives then. */
function order({ clock, runners, call }: Stage, warm = 30): string[] {
  const placer = prequal({ rng: seededRng(1), clock });
  for (let i = 0; i < warm; i++) placer.order(call, runners, clock.now());
  const next = placer.order(call, runners, clock.now());
  const ids: string[] = [];
  for (let one = next.next(); one !== undefined; one = next.next()) ids.push(one.runner.id);
  placer.close?.();
  return ids;
}

describe('prequal', () => {
  it('takes the fastest of those that are not hot', () => {
    const cold = [30, 10, 20].map((latencyMs) => ({ active: 2, latencyMs }));
    expect(order(stage([{ active: 9, latencyMs: 1 }, ...cold]))).toEqual(['r2', 'r3', 'r1', 'r0']);
  });

  it('takes the one with fewest calls where the rest is hot', () => {
    const placed = order(stage([5, 7, 9].map((active) => ({ active, latencyMs: active }))));
    expect(placed).toEqual(['r0', 'r1', 'r2']);
  });

  it('calls a runner hot for its weight', () => {
    const big = { active: 5, latencyMs: 10, belief: { weight: 4 } };
    const small = { active: 2, latencyMs: 1, belief: { weight: 1 } };
    expect(order(stage([small, big]))).toEqual(['r1', 'r0']);
    expect(order(stage([small, { ...big, belief: {} }]))).toEqual(['r0', 'r1']);
  });

  it('asks nobody once it is closed', () => {
    const { clock, asked, runners, call } = stage([{}, {}, {}]);
    const placer = prequal({ rng: seededRng(1), clock });
    placer.order(call, runners, clock.now());
    const before = asked.length;
    expect(before).toBe(3);
    placer.close?.();
    placer.order(call, runners, clock.now());
    expect([asked.length, clock.pending]).toEqual([before, 0]);
  });

  it('does not take a runner that refuses for fast', () => {
    const others = [40, 50].map((latencyMs) => ({ active: 3, latencyMs }));
    const sink = { active: 0, latencyMs: 0, belief: { acceptance: 0.05 } };
    expect(order(stage([sink, ...others])).at(-1)).toBe('r0');
  });

  it('gives each usable runner once, in the pool or not', () => {
    const says = Array.from({ length: 40 }, (_, index) => ({
      active: index,
      latencyMs: index,
      belief: { usable: index % 5 !== 0 },
    }));
    const ids = order(stage(says));
    expect(new Set(ids).size).toBe(32);
    expect(ids).toHaveLength(32);
  });

  it('asks three runners for each call', () => {
    const s = stage(Array.from({ length: 50 }, () => ({ latencyMs: 1 })));
    order(s, 99);
    expect(s.asked).toHaveLength(300);
    expect(new Set(s.asked).size).toBeGreaterThan(45);
  });

  it('goes by chance and its own calls where nobody answers, with few probes under way', () => {
    const s = stage(Array.from({ length: 50 }, () => ({ answers: () => NEVER })));
    const placer = prequal({ rng: seededRng(1), clock: s.clock });
    for (let i = 0; i < 100; i++) {
      expect(placer.order(s.call, s.runners, s.clock.now()).next()).toBeDefined();
    }
    expect([s.asked.length, s.clock.pending]).toEqual([16, 16]);
    drain(s.clock);
    placer.order(s.call, s.runners, s.clock.now());
    expect([s.asked.length, s.clock.pending]).toEqual([19, 3]);
    placer.close?.();
    expect(s.clock.pending).toBe(0);
  });

  it('takes an error for no answer', () => {
    const fails = () => new Observable<never>((out) => out.error(new Error('gone')));
    const s = stage([{ answers: fails }, { answers: fails }]);
    expect(order(s).sort()).toEqual(['r0', 'r1']);
    expect(s.clock.pending).toBe(0);
  });
});

describe('its pool', () => {
  const filled = (count: number) => {
    const s = stage(Array.from({ length: count }, (_, active) => ({ active })));
    const probing = createProbing(s.clock);
    for (const runner of s.runners) probing.ask(runner);
    return { ...s, probing, fresh: () => probing.fresh(s.clock.now()) };
  };

  it('holds 16 results, one a runner, each for a second', () => {
    const { fresh, clock, probing, runners } = filled(40);
    expect(fresh()).toHaveLength(16);
    probing.ask(runners[39] as Standing);
    expect(fresh()).toHaveLength(16);
    advance(clock, SECOND);
    expect(fresh()).toHaveLength(16);
    advance(clock, 1);
    expect(fresh()).toHaveLength(0);
  });

  it.each([
    [4, 1],
    [40, 2],
  ])('of %d runners loses the result that a call used, %d in all', (count, leave) => {
    const { fresh, probing } = filled(count);
    const before = fresh().length;
    const [first] = fresh();
    probing.used(first, count);
    expect(fresh()).not.toContain(first);
    expect(fresh()).toHaveLength(before - leave);
  });

  it('takes a runner for slower by what this LB sent it since', () => {
    const s = stage([{ active: 1, latencyMs: 10 }]);
    const [runner] = s.runners as [Standing & { inFlight: number }];
    const probing = createProbing(s.clock);
    probing.ask(runner);
    runner.inFlight = 2;
    expect(probing.fresh(s.clock.now())[0]?.growth).toBe(2);
  });

  it('counts what this LB sent since, and what ended', () => {
    const s = stage([{ active: 5 }]);
    const [runner] = s.runners as [Standing & { inFlight: number }];
    const probing = createProbing(s.clock);
    probing.ask(runner);
    runner.inFlight = 3;
    expect(probing.fresh(s.clock.now())[0]?.rif).toBe(8);
    runner.inFlight = 0;
    expect(probing.fresh(s.clock.now())[0]?.rif).toBe(5);
  });
});
