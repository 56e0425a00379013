/**
 * Identities that hold between the metrics whatever happens to the calls: in flights of random
 * fleets under random faults, and with scripted runners whose clients leave at any instant.
 */
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FlightEvent } from '../record.js';
import type { ProbeEvent } from '../probe.js';
import { byCall, flown, only, scenarioOf } from '../../test/support/fly.js';
import {
  START,
  breaks,
  data,
  failure,
  hangs,
  nacks,
  ok,
  says,
} from '../../test/support/scripted-runner.js';
import { createService } from '../../test/support/service.js';
import { MS, advance, createVirtualClock, drain } from '../../test/support/virtual.js';
import { createMetrics } from './metrics.js';
import { createSpans } from './spans.js';

const ENDS = ['completed', 'canceled', 'timeouts', 'errors', 'server_busy'] as const;

type Read = (name: string) => number;

/** Reads samples, by their names without "fn_". */
function read(text: string): Read {
  const found = new Map(
    text.split('\n').map((line) => {
      const [, name = '', value = ''] = /^fn_(\S+) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
  return (name) => found.get(name) ?? NaN;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** What holds at any instant. */
function holdsAlways(value: Read): void {
  const over = sum(ENDS.map(value));
  expect(value('calls')).toBe(over + value('queued') + value('running'));
  for (const status of ENDS) {
    expect(value(`lb_call_latency_count{call_status="${status}"}`)).toBe(value(status));
  }
  expect(Math.min(value('queued'), value('running'))).toBeGreaterThanOrEqual(0);
}

/** What holds when no call is in flight. */
function holdsAtTheEnd(value: Read, events: readonly ProbeEvent[]): void {
  holdsAlways(value);
  const calls = [...byCall(events).values()];
  const sought = calls.filter((of) =>
    of.some(
      (event) =>
        event.kind === 'attempt' ||
        event.kind === 'skip' ||
        event.kind === 'round' ||
        event.kind === 'wait' ||
        (event.kind === 'end' && event.code === 'not_placed'),
    ),
  );
  const attempts = only(events, 'attempt').length;
  const kept = ['ok', 'error', 'abort'].map((how) => value(`lb_placer_placed_${how}_count`));
  const retries = ['busy', 'error'].map((why) => value(`lb_placer_retry_${why}_count`));
  expect([value('queued'), value('running')]).toEqual([0, 0]);
  expect(value('calls')).toBe(only(events, 'arrive').length);
  expect(value('lb_placer_attempt_count_count')).toBe(sought.length);
  expect(value('lb_placer_latency_count')).toBe(sought.length);
  expect(value('lb_placer_attempt_count_sum')).toBe(attempts);
  // Each attempt either kept its call or let it go on.
  expect(sum(kept) + sum(retries)).toBe(attempts);
  expect(sum(kept)).toBeGreaterThanOrEqual(value('completed'));
  expect(value('lb_placer_timeout_count')).toBeLessThanOrEqual(value('server_busy'));
  expect(value('lb_placer_client_cancelled_count')).toBeLessThanOrEqual(value('canceled'));
  expect(value('lb_placer_client_timeout_count')).toBeLessThanOrEqual(value('timeouts'));
  const reported = only(events, 'attempt-end').filter(({ executionUs }) => executionUs > 0);
  expect(value('lb_runner_exec_latency_count')).toBe(reported.length);
}

/** Reads at a random instant, and at the end. */
function judge(events: readonly ProbeEvent[], share: number): void {
  const metrics = createMetrics();
  const half = Math.floor(events.length * share);
  events.slice(0, half).forEach(metrics.probe);
  holdsAlways(read(metrics.render()));
  events.slice(half).forEach(metrics.probe);
  holdsAtTheEnd(read(metrics.render()), events);
}

/** Every span that is started ends, once, and two are started for each attempt. */
function spansEnd(events: readonly ProbeEvent[]): void {
  const started = new Map<string, number>();
  const open = new Set<unknown>();
  const counting = {
    onStart(span: ReadableSpan) {
      started.set(span.name, (started.get(span.name) ?? 0) + 1);
      open.add(span.spanContext().spanId);
    },
    onEnd: (span: ReadableSpan) => expect(open.delete(span.spanContext().spanId)).toBe(true),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const provider = new BasicTracerProvider({ spanProcessors: [counting] });
  events.forEach(createSpans(createVirtualClock(), provider.getTracer('test')));
  expect(open.size).toBe(0);
  const count = (name: string): number => started.get(name) ?? 0;
  expect(count('lb_agent_submit')).toBe(only(events, 'arrive').length);
  expect(count('send_to_runner')).toBe(only(events, 'attempt').length);
  expect(count('receive_from_runner')).toBe(only(events, 'attempt').length);
  expect(count('agent_call_start')).toBe(only(events, 'cached').length);
}

const KINDS = ['crash', 'slow', 'nack-storm', 'half-open', 'response-lost'] as const;

const faults = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: fc.integer({ min: 0, max: 300 }),
    lasts: fc.integer({ min: 50, max: 300 }),
    runner: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 4, selector: ({ kind, runner }) => `${kind} ${runner}` },
);

const isProbed = (event: FlightEvent): event is ProbeEvent =>
  !/^(?:exec-|client$|fault$)/.test(event.kind);

test('flights under random faults', () => {
  const drawn = fc.record({
    seed: fc.nat(1_000_000),
    load: fc.integer({ min: 40, max: 200 }),
    timeout: fc.constantFrom('100ms', '1s'),
    idempotent: fc.boolean(),
    faults,
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(drawn, ({ seed, load, timeout, idempotent, faults, share }) => {
      const lines = faults.map(
        ({ kind, at, lasts, runner }) =>
          `  - { kind: ${kind}, at: ${at}ms, for: ${lasts}ms, runner: r${runner}` +
          `${kind === 'slow' ? ', factor: 8' : ''} }`,
      );
      const scenario = scenarioOf(`
version: 1
name: drawn
calls: 120
arrivals: { kind: poisson, load: ${load}% }
functions:
  a: { service: { kind: exponential, mean: 20ms }, timeout: ${timeout}, idempotent: ${idempotent} }
fleet: [{ name: r, count: 3, slots: 2 }]
network: { roundTrip: 1ms }
placement: { budget: 100ms }
${lines.length === 0 ? '' : `faults:\n${lines.join('\n')}\n`}`);
      const { events, problems } = flown(scenario, { seed });
      expect(problems).toEqual([]);
      judge(events.filter(isProbed), share);
      spansEnd(events.filter(isProbed));
    }),
    { numRuns: 20 },
  );
});

test('scripted runners, and clients that leave at any instant', () => {
  const reasons = fc.constantFrom('busy', 'size', 'draining', 'unreachable', 'closed' as const);
  const timed = { ...failure(502), schedulerUs: 3000, executionUs: 2_000_000 };
  const script = fc.oneof(
    reasons.map((reason) => nacks(reason)),
    fc.constantFrom(ok(), says(failure(504)), says(timed), breaks(), breaks(START)),
    fc.constantFrom(hangs(), hangs(START), hangs(START, data('x'.repeat(60)))),
  );
  const visit = fc.record({
    after: fc.nat(3 * MS),
    stays: fc.option(fc.nat(20 * MS)),
    fn: fc.constantFrom('hello', 'hello', 'again', 'unknown'),
    detached: fc.boolean(),
  });
  const drawn = fc.record({
    runners: fc.array(fc.array(script, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
    visits: fc.array(visit, { maxLength: 8 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(drawn, ({ runners, visits, share }) => {
      const again = { timeoutMs: 100, idempotent: true };
      const service = createService({
        runners,
        functions: { hello: { timeoutMs: 200 }, again },
        options: { inFlightMax: 4, responseMaxBytes: 50, detachedHeadroomMs: 100 },
      });
      for (const { after, stays, fn, detached } of visits) {
        advance(service.clock, after);
        const { leave } = service.call({ fn, detached });
        if (stays !== null) service.clock.after(stays, leave);
      }
      drain(service.clock);
      expect(service.idle()).toBe(true);
      judge(service.probed, share);
      spansEnd(service.probed);
    }),
    { numRuns: 120 },
  );
});
