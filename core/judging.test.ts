/** Laws of what an attempt's end says of its runner: who is blamed, how long, and who is not. */
import { expect, it, test } from 'vitest';
import { breaks, hangs, nacks, ok, START, type Script } from '../test/support/scripted-runner.js';
import { createService, type Service, type Visit } from '../test/support/service.js';
import { MS, SECOND, advance } from '../test/support/virtual.js';

const options = { ejectAfter: 2, ejectMs: 1000, ejectMaxMs: 1000, usableMin: 0.1 };
const functions = { hello: { timeoutMs: 200 } };

const ejected = ({ probed }: Service): boolean =>
  probed.some((event) => event.kind === 'runner' && event.change === 'ejected');

/** Ten calls, one after the other, on one runner of two that always does the same. */
function judged(script: Script, during: (visit: Visit) => void = () => undefined): boolean {
  const service = createService({ runners: [[script], [ok()]], options, functions });
  for (let i = 0; i < 10; i++) {
    const visit = service.call();
    advance(service.clock, 50 * MS);
    during(visit);
    advance(service.clock, 300 * MS);
  }
  return ejected(service);
}

test.each<[string, Script, boolean]>([
  ['breaks its attempts', breaks(), true],
  ['says nothing until the deadline', hangs(), true],
  ['breaks them after they have begun', breaks(START), true],
  ['runs functions whose time is up', hangs(START), false],
  ['refuses', nacks(), false],
  ['answers', ok(), false],
])('a runner that %s is ejected: %s', (_what, script, is) => {
  expect(judged(script)).toBe(is);
});

test('a client that leaves says nothing of the runner', () => {
  for (const script of [hangs(), hangs(START)]) {
    expect(judged(script, (visit) => visit.leave())).toBe(false);
  }
});

it('gives who is back from an ejection little at first, and its whole share with time', () => {
  const runners = [[breaks(), breaks(), ok()], [ok()]];
  const service = createService({ runners, options, functions });
  const weight = (): number | undefined => service.balancer.beliefs()[0]?.weight;
  for (let i = 0; i < 2; i++) {
    service.call();
    advance(service.clock, 50 * MS);
  }
  expect([ejected(service), weight()]).toEqual([true, 1]);
  advance(service.clock, 2 * SECOND);
  service.call();
  advance(service.clock, 500 * MS);
  expect(weight()).toBeGreaterThan(0);
  expect(weight()).toBeLessThan(0.5);
  advance(service.clock, 20 * SECOND);
  expect(weight()).toBe(1);
});
