/** Laws of what a simulated runner process says of itself, over its whole life. */
import { describe, expect, it } from 'vitest';
import { seededRng } from '../core/rng.js';
import type { RunnerStatus } from '../core/runner.js';
import { createRunner } from '../proto/runner.js';
import { testCall } from '../test/support/calls.js';
import { scenarioOf } from '../test/support/fly.js';
import { MS, SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { createHost } from './host.js';

function flown() {
  const clock = createVirtualClock();
  const scenario = scenarioOf(`
version: 1
name: host
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { hello: { service: 100ms } }
fleet: [{ name: r, count: 1, slots: 1 }]`);
  const [runner] = scenario.runners;
  if (runner === undefined) throw new Error('no runner');
  const link = { oneWayUs: 200, jitterUs: 0, reconnectUs: 1000, transcode: undefined };
  const parts = { clock, rng: seededRng(1), scenario, runner, link, lbs: 1, log: () => undefined };
  const host = createHost(parts);
  const seen = createRunner(clock, 'r', host.links[0]!.channel);
  let calls = 0;
  return {
    clock,
    host,
    engage(): void {
      calls += 1;
      seen.engage(testCall(clock, { id: `c${calls}` }), 1).subscribe({ error: () => undefined });
    },
    /** What it answers now; the answer takes a round trip. */
    status(): RunnerStatus | undefined {
      let told: RunnerStatus | undefined;
      seen.status().subscribe({ next: (status) => (told = status), error: () => undefined });
      advance(clock, MS);
      return told;
    },
  };
}

describe('a simulated runner', () => {
  it('counts what comes and what is handled, NACKs apart, and says how long that took', () => {
    const { clock, engage, status } = flown();
    engage();
    engage();
    expect(status()).toMatchObject({ active: 1, requestsReceived: 2, requestsHandled: 0 });
    advance(clock, SECOND);
    expect(status()).toEqual({
      active: 0,
      requestsReceived: 2,
      requestsHandled: 1,
      customStatus: {
        latency_count: '1',
        latency_p50_us: '100000',
        latency_p99_us: '100000',
        latency_at_load_us: '100000',
      },
    });
  });

  it('says nothing while it is dead, and begins anew as a new process', () => {
    const { clock, engage, host, status } = flown();
    engage();
    advance(clock, 10 * MS);
    host.crash();
    expect(status()).toBe(undefined);
    host.restart();
    advance(clock, SECOND);
    expect(status()).toMatchObject({ active: 0, requestsReceived: 0, requestsHandled: 0 });
    engage();
    expect(status()).toMatchObject({ active: 1, requestsReceived: 1, requestsHandled: 0 });
  });
});
