/** Laws of several probes: all are told the same, in order; none, and one, cost nothing. */
import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { ok } from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { drain, createVirtualClock } from '../test/support/virtual.js';
import { fanOut } from './fan-out.js';
import { createMetrics } from './metrics/metrics.js';
import { createSpans } from './metrics/spans.js';
import type { ProbeEvent } from './probe.js';

it('a user gives a probe, metrics and spans, and each is told of every call', () => {
  const mine: ProbeEvent[] = [];
  const metrics = createMetrics();
  const spans: string[] = [];
  const tracer = trace.getTracer('counting');
  const { startSpan } = tracer;
  tracer.startSpan = (name, ...rest) => {
    spans.push(name);
    return startSpan.call(tracer, name, ...rest);
  };
  const traced = createSpans(createVirtualClock(), tracer);
  const probe = [(event: ProbeEvent) => void mine.push(event), metrics.probe, traced];
  const service = createService({ runners: [[ok()]], parts: { probe } });
  service.call();
  service.call();
  drain(service.clock);
  expect(mine.filter(({ kind }) => kind === 'end')).toHaveLength(2);
  expect(metrics.render()).toContain('\nfn_completed 2\n');
  expect(spans).toEqual(['lb_agent_submit', 'lb_agent_submit']);
});

it('all are told each event before the next one, in the order of the list', () => {
  const log: string[] = [];
  const named = (name: string) => (event: ProbeEvent) => void log.push(`${name} ${event.at}`);
  const given = [named('a'), named('b')];
  const probe = fanOut(given);
  given.push(named('too late'));
  for (const at of [1, 2]) probe?.({ kind: 'call-end', call: 'c', at });
  expect(log).toEqual(['a 1', 'b 1', 'a 2', 'b 2']);
});

it('none is none, and one is itself', () => {
  const one = (): void => undefined;
  expect([fanOut(undefined), fanOut([]), fanOut(one), fanOut([one])]).toEqual([
    undefined,
    undefined,
    one,
    one,
  ]);
});
