/** Laws of what a runner holds warm. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byCall, flown, only, scenarioOf } from '../test/support/fly.js';
import { MS } from '../test/support/virtual.js';
import { createWarm } from './warm.js';

test('what was used among the last so many functions is warm, all else is cold', () => {
  const uses = fc.array(fc.nat(7), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), uses, (room, drawn) => {
      const warm = createWarm(room);
      drawn.forEach((fn, index) => {
        const before = drawn.slice(0, index).reverse();
        const last = [...new Set(before)].slice(0, room);
        expect(warm.use(String(fn))).toBe(last.includes(fn));
      });
    }),
  );
});

const text = (warm: number, more = ''): string => `
version: 1
name: cold
calls: 400
arrivals: { kind: poisson, rate: 40/s }
functions:
  a: { service: 10ms, coldStart: 300ms }
  b: { service: 10ms, coldStart: 200ms }
  c: { service: 10ms }
fleet: [{ name: r, count: 2, slots: 16, warm: ${warm}, speed: 2 }]
${more}`;

/** Executions by runner and function: how long each took, and whether it was cold. */
function executions(yaml: string) {
  const { events, problems } = flown(scenarioOf(yaml), { seed: 1 });
  expect(problems).toEqual([]);
  const arrived = byCall(only(events, 'arrive'));
  const ends = byCall(only(events, 'exec-end'));
  return only(events, 'exec-start').map(({ at, call, runner, cold }) => {
    const tookMs = ((ends.get(call)?.[0]?.at ?? 0) - at) / MS;
    return { fn: arrived.get(call)?.[0]?.fn ?? '', runner, cold, at, tookMs };
  });
}

test('a function is cold once a runner where there is room for all, and takes longer then', () => {
  const all = executions(text(3));
  const cold = all.filter((one) => one.cold);
  expect(new Set(cold.map((one) => `${one.fn} ${one.runner}`)).size).toBe(6);
  expect(cold).toHaveLength(6);
  const COLD_MS: Record<string, number> = { a: 155, b: 105, c: 5 };
  for (const { fn, tookMs } of cold) expect(tookMs).toBe(COLD_MS[fn]);
  for (const one of all) if (!one.cold) expect(one.tookMs).toBe(5);
});

test('with room for one function, each is cold whenever another was used in between', () => {
  const last = new Map<string, string>();
  for (const { fn, runner, cold } of executions(text(1))) {
    expect(cold).toBe(last.get(runner) !== fn);
    last.set(runner, fn);
  }
});

test('a new process holds nothing warm', () => {
  const crash = 'faults: [{ kind: crash, at: 5s, for: 10ms, runner: r1 }]';
  const cold = executions(text(3, crash)).filter((one) => one.cold && one.runner === 'r1');
  expect(cold.map((one) => one.fn).sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
});

test('where nothing starts cold it makes no difference how many are warm', () => {
  const plain = text(1).replaceAll(/, coldStart: \d+ms/g, '');
  const digests = [plain, plain.replace('warm: 1', 'warm: 3')].map(
    (yaml) => flown(scenarioOf(yaml), { seed: 1 }).digest,
  );
  expect(digests[0]).toBe(digests[1]);
});
