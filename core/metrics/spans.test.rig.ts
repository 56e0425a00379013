/** What the tests of the spans share: OpenTelemetry's own exporter in memory, and stories of it. */
import { SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { expect } from 'vitest';
import { createService, type Service } from '../../test/support/service.js';
import { createVirtualClock, drain } from '../../test/support/virtual.js';
import type { TraceOf } from '../attempt-trace.js';
import type { Clock } from '../clock.js';
import type { Probe } from '../probe.js';
import { createSpans, type Spans } from './spans.js';

export interface Traced {
  readonly probe: Spans;
  /** Spans that have ended, in the order of their ends. */
  readonly ended: () => readonly ReadableSpan[];
  /** Started and not ended. */
  readonly open: () => number;
}

/** What the clocks of all services here show as they start. */
export const WALL_MS = createVirtualClock().wall();

export function traced(clock: Clock = createVirtualClock()): Traced {
  const exporter = new InMemorySpanExporter();
  const simple = new SimpleSpanProcessor(exporter);
  let open = 0;
  const counting = {
    onStart: () => void (open += 1),
    onEnd: () => void (open -= 1),
    forceFlush: () => simple.forceFlush(),
    shutdown: () => simple.shutdown(),
  };
  const provider = new BasicTracerProvider({ spanProcessors: [simple, counting] });
  const probe = createSpans(clock, provider.getTracer('test'));
  return { probe, ended: () => exporter.getFinishedSpans(), open: () => open };
}

/** A service whose probe's events are told to a tracer, each as it happens. */
export function tracedService(
  given: Parameters<typeof createService>[0],
): Traced & { service: Service } {
  const probe: Probe = (event) => {
    told.probe(event);
    service.probed.push(event);
  };
  const trace: TraceOf = (call, attempt) => told.probe.traceOf(call, attempt);
  const service = createService({ ...given, parts: { ...given?.parts, probe, trace } });
  const told = traced(service.clock);
  return { ...told, service };
}

/** One line a span: name, ms from the first instant to its end, and its error if it has one. */
export function story(spans: readonly ReadableSpan[]): string[] {
  const first = Math.min(...spans.map(({ startTime }) => ms(startTime)));
  return spans.map(({ name, startTime, endTime, status }) => {
    const error = status.code === SpanStatusCode.ERROR ? ` ! ${status.message}` : '';
    return `${name} ${ms(startTime) - first}..${ms(endTime) - first}${error}`;
  });
}

export const ms = ([seconds, ns]: readonly [number, number]): number =>
  seconds * 1000 + ns / 1_000_000;

export const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan[] =>
  spans.filter((span) => span.name === name);

export function afterOne(given: Parameters<typeof createService>[0]): readonly ReadableSpan[] {
  const { service, ended, open } = tracedService(given);
  service.call({ id: 'c1' });
  drain(service.clock);
  expect(open()).toBe(0);
  return ended();
}
