/** Laws of what a runner is told of a trace: its own attempt's span, or what the client said. */
import { ROOT_CONTEXT, context, createTraceState, propagation, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { nacks, ok } from '../../test/support/scripted-runner.js';
import { createService, type Service } from '../../test/support/service.js';
import { drain } from '../../test/support/virtual.js';
import type { Header } from '../runner.js';
import { createSpans } from './spans.js';
import { named, traced, tracedService } from './spans.test.rig.js';
import { traceHeaders } from './trace-headers.js';

const CLIENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const headers: readonly Header[] = [
  ['X-First', '1'],
  ['Traceparent', CLIENT],
  ['TraceState', 'rojo=1'],
  ['X-Last', '2'],
];

/** What the runners were offered, in the order of the attempts. */
const offered = ({ runners }: Service) =>
  runners.flatMap(({ engaged }) => engaged.map((one) => one.offered));
const valueOf = (given: readonly Header[], name: string): string | undefined =>
  given.find((header) => header[0] === name)?.[1];

afterEach(() => propagation.disable());

describe('a runner', () => {
  it('is told of the span of its attempt, another one each, in the trace of the call', () => {
    const { service, ended } = tracedService({ runners: [[nacks()], [ok()]] });
    service.call({ headers });
    drain(service.clock);
    const [submit] = named(ended(), 'lb_agent_submit');
    const { traceId } = submit!.spanContext();
    const sends = named(ended(), 'send_to_runner').map((span) => span.spanContext().spanId);
    expect(new Set(sends).size).toBe(2);
    const told = offered(service).map(({ spec }) => valueOf(spec.headers, 'traceparent'));
    expect(told).toEqual(sends.map((spanId) => `00-${traceId}-${spanId}-01`));
  });

  it('is told of no other span beside it, and of all other headers', () => {
    const { service } = tracedService({ runners: [[nacks()], [ok()]] });
    service.call({ headers });
    drain(service.clock);
    for (const { spec, trace: own } of offered(service)) {
      // The client's state belongs to a trace that this is not: no span of ours was below it.
      expect(spec.headers.map(([name]) => name)).toEqual(['X-First', 'X-Last', 'traceparent']);
      expect(own).toEqual(spec.headers.slice(-1));
    }
  });

  it('without a tracer is told what the client said, letter by letter, in the call of all', () => {
    const service = createService({ runners: [[nacks()], [ok()]] });
    const spans = createSpans(service.clock, trace.getTracer('nobody registered one'));
    const told = createService({
      runners: [[nacks()], [ok()]],
      parts: { probe: spans, trace: spans.traceOf },
    });
    told.call({ headers });
    drain(told.clock);
    const [first, second] = offered(told);
    expect(first?.spec.headers).toEqual(headers);
    expect(first).not.toHaveProperty('trace');
    expect(second).toBe(first);
  });
});

it('a hedge has spans of its own beside those of the attempt that it is for', () => {
  const { probe, ended, open } = traced();
  const of = { call: 'c1', runner: 'a', token: false };
  const end = { cause: '', message: '', userError: false, schedulerUs: 0, executionUs: 0 };
  probe({ kind: 'arrive', lb: 'lb0', call: 'c1', at: 0, fn: 'hello' });
  probe({ ...of, kind: 'attempt', at: 1, attempt: 1, hedge: false });
  probe({ ...of, kind: 'attempt', at: 2, attempt: 2, hedge: true });
  expect(probe.traceOf('c1', 1)).not.toEqual(probe.traceOf('c1', 2));
  probe({ ...of, ...end, kind: 'attempt-end', at: 3, attempt: 1, outcome: 'canceled' });
  probe({ ...of, kind: 'commit', at: 3, attempt: 2 });
  probe({ ...of, ...end, kind: 'attempt-end', at: 4, attempt: 2, outcome: 'ok' });
  const counts = { attempts: 2, bytesIn: 0, bytesOut: 0, callEnd: false };
  probe({ kind: 'end', call: 'c1', at: 5, outcome: 'ok', code: '', status: 200, ...counts });
  expect(open()).toBe(0);
  const receives = named(ended(), 'receive_from_runner');
  expect(receives.map(({ status }) => status.message)).toEqual(['canceled', undefined]);
  expect(probe.traceOf('c1', 2)).toBe(undefined);
});

describe('the headers of a span', () => {
  const of = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '00f067aa0ba902b7',
    traceFlags: 0,
    traceState: createTraceState('rojo=1,congo=2'),
  });
  const W3C = [
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00'],
    ['tracestate', 'rojo=1,congo=2'],
  ];

  it('are W3C Trace Context, whatever is registered', () => {
    expect(traceHeaders(of)).toEqual(W3C);
    expect(traceHeaders(context.active())).toEqual([]);
  });

  it('are what propagators write as well, but nothing that could not travel', () => {
    propagation.setGlobalPropagator({
      inject(_, carrier, setter) {
        setter.set(carrier, 'B3', '1-2-1');
        setter.set(carrier, 'grpc-timeout', '1S');
        setter.set(carrier, 'grpc-trace-bin', 'x');
        setter.set(carrier, 'x split', '1');
        setter.set(carrier, 'x-split', 'a\r\nX-B: c');
      },
      extract: (given) => given,
      fields: () => [],
    });
    expect(traceHeaders(of)).toEqual([...W3C, ['b3', '1-2-1']]);
  });
});
