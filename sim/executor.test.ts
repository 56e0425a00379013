/** Laws of the simulated function's machine: what fits, what does not now, what never will. */
import { NEVER, of, type Observable, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExecutorLine } from '../core/record.js';
import { seededRng } from '../core/rng.js';
import type { RunnerEvent } from '../core/runner.js';
import { createValve } from '../core/valve.js';
import { parseCallJson } from '../proto/call-json.js';
import type { CallModel } from '../proto/model.js';
import { scenarioOf } from '../test/support/fly.js';
import { MS, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { createSimExecutor, type SimExecutorParts } from './executor.js';

const FAILURE = { kind: 'finished', success: false, code: 400, userError: true };
const IMPOSSIBLE = { ...FAILURE, message: 'Requested CPU/Memory cannot be allocated' };

function machine(has: SimExecutorParts['machine'], queue = 0, more = '') {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const { runners, functions } = scenarioOf(`
version: 1
name: machine
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { a: { service: 5ms } }
fleet: [{ name: r, count: 1, slots: 8, queue: ${queue}${more} }]`);
  const [runner] = runners;
  if (runner === undefined) throw new Error('no runner');
  const log: ExecutorLine[] = [];
  const rng = seededRng(1);
  const parts = { clock, service: rng, chance: rng, antagonist: rng, runner, functions };
  const executor = createSimExecutor({
    ...parts,
    ...(has === undefined ? {} : { machine: has }),
    log: (line) => log.push(line),
  });
  let calls = 0;
  return {
    clock,
    executor,
    log,
    offer(memory: number, cpus = '', body: Observable<Uint8Array> = of()) {
      calls += 1;
      const call = { id: `c${calls}`, fn_id: 'a', memory, cpus };
      const model = parseCallJson(JSON.stringify(call)) as CallModel;
      const events: RunnerEvent[] = [];
      const begun: number[] = [];
      const running: Subscription = executor
        .execute({
          model,
          attempt: 1,
          remainingUs: undefined,
          slotHashId: '',
          extensions: {},
          body,
          valve: createValve(),
          begin: () => begun.push(clock.now() - startedAt),
        })
        .subscribe((event) => events.push(event));
      return { events, begun, stop: () => running.unsubscribe() };
    },
  };
}

describe('a runner of 256 MB and two cpus', () => {
  const HAS = { memoryMb: 256, cpuMilli: 2000 };

  it.each([
    ['memory', 257, ''],
    ['cpu', 1, '2001m'],
    ['cpu', 1, '2.5'],
    ['what is no memory', -1, ''],
    ['what is no cpu', 1, 'many'],
  ])('fails with 400 what asks for too much %s: %d %s', (_what, memory, cpus) => {
    const runner = machine(HAS, 4);
    runner.executor.bend.nack = 1;
    const { events, begun } = runner.offer(memory, cpus);
    expect([events, begun, runner.log]).toEqual([[IMPOSSIBLE], [], []]);
    expect([runner.executor.active, runner.clock.pending]).toEqual([0, 0]);
  });

  it.each([
    ['memory', 128, '', 129, ''],
    ['cpu', 1, '1500m', 1, '0.6'],
  ])('NACKs for size what %s has no room for now', (_what, held, heldCpus, memory, cpus) => {
    const runner = machine(HAS);
    const first = runner.offer(held, heldCpus);
    const second = runner.offer(memory, cpus);
    expect(second.events).toEqual([{ kind: 'nack', reason: 'size' }]);
    first.stop();
    expect(runner.offer(memory, cpus).begun).toEqual([0]);
  });

  it('begins all that fits exactly', () => {
    const runner = machine(HAS);
    const begun = [runner.offer(128, '1'), runner.offer(128, '1000m')].map((one) => one.begun);
    expect([begun, runner.executor.active]).toEqual([[[0], [0]], 2]);
  });

  it('tells when a function begins that had to wait', () => {
    const runner = machine(HAS, 1);
    runner.offer(200);
    const { begun } = runner.offer(200);
    expect(begun).toEqual([]);
    advance(runner.clock, 5 * MS);
    expect(begun).toEqual([5 * MS]);
  });
});

it('a runner of no stated size takes what its slots take', () => {
  const runner = machine(undefined);
  expect(runner.offer(1e9, '1000').begun).toEqual([0]);
});

describe('a runner of 2 cores and 8 slots, of half speed', () => {
  const taken = (offers: number, slow = 1): unknown[] => {
    const runner = machine(undefined, 0, ', cores: 2, speed: 0.5');
    runner.executor.bend.slow = slow;
    const offered = Array.from({ length: offers }, () => runner.offer(1));
    drain(runner.clock);
    expect(runner.executor.active).toBe(0);
    return offered.map(({ events }) => {
      const last = events.at(-1);
      return last?.kind === 'finished' ? last.executionUs : last;
    });
  };

  it('runs two as if alone, and four in twice the time', () => {
    expect(taken(2)).toEqual([10 * MS, 10 * MS]);
    expect(taken(4)).toEqual([20 * MS, 20 * MS, 20 * MS, 20 * MS]);
    expect(taken(2, 3)).toEqual([30 * MS, 30 * MS]);
  });

  it('NACKs what is more than its slots', () => {
    expect(taken(9).at(-1)).toEqual({ kind: 'nack', reason: 'busy' });
  });

  it('gives the share of a function that is stopped to the others', () => {
    const runner = machine(undefined, 0, ', cores: 1');
    const [stopped, stays] = [runner.offer(1), runner.offer(1)];
    advance(runner.clock, 4 * MS);
    stopped.stop();
    advance(runner.clock, 3 * MS);
    expect(stays.events.at(-1)).toMatchObject({ kind: 'finished', executionUs: 7 * MS });
    expect(runner.clock.pending).toBe(0);
  });
});

describe('a runner that ignores cancels', () => {
  const deaf = (slots: number) => machine({ memoryMb: slots }, 2, ', cancel: ignore');
  const kinds = (log: readonly ExecutorLine[]): string[] =>
    log.map((line) => `${line.call} ${'outcome' in line ? line.outcome : line.kind}`);

  it('runs a function to its end in its slot, and says then that nobody took its answer', () => {
    const runner = deaf(1);
    const call = runner.offer(1);
    advance(runner.clock, 2 * MS);
    call.stop();
    expect([runner.executor.active, runner.executor.ignoring]).toEqual([1, 1]);
    advance(runner.clock, 3 * MS);
    expect(kinds(runner.log)).toEqual(['c1 exec-start', 'c1 exec-read', 'c1 canceled']);
    expect(runner.log.at(-1)).toMatchObject({ at: runner.clock.now(), bytes: 0 });
    expect([call.events, runner.executor.active, runner.executor.ignoring]).toEqual([[], 0, 0]);
  });

  it('runs later what was canceled in the queue, in its turn', () => {
    const runner = deaf(1);
    const calls = [runner.offer(1), runner.offer(1), runner.offer(1)];
    calls[1]?.stop();
    drain(runner.clock);
    expect(kinds(runner.log.filter((line) => line.call !== 'c1'))).toEqual([
      'c2 exec-start',
      'c2 exec-read',
      'c2 canceled',
      'c3 exec-start',
      'c3 exec-read',
      'c3 ok',
    ]);
  });

  it('stops all the same what never had its whole request', () => {
    const runner = deaf(1);
    const [running, queued] = [runner.offer(1, '', NEVER), runner.offer(1, '', NEVER)];
    running.stop();
    queued.stop();
    expect(kinds(runner.log)).toEqual([
      'c1 exec-start',
      'c1 canceled',
      'c2 exec-start',
      'c2 canceled',
    ]);
    expect([runner.executor.active, runner.clock.pending]).toEqual([0, 0]);
  });

  it('lets go of everything when its process is gone', () => {
    const runner = deaf(1);
    for (const call of [runner.offer(1), runner.offer(1)]) call.stop();
    runner.executor.halt();
    expect(runner.executor).toMatchObject({ active: 0, ignoring: 0 });
    expect(runner.clock.pending).toBe(0);
  });
});
