/** Laws of the spans: listeners have theirs, and no span outlives what it is of. */
import { trace } from '@opentelemetry/api';
import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { nacks, ok } from '../../test/support/scripted-runner.js';
import { createService } from '../../test/support/service.js';
import { MS, SECOND, advance, drain } from '../../test/support/virtual.js';
import { CallError } from '../errors.js';
import { createSpans } from './spans.js';
import { named, story, tracedService } from './spans.test.rig.js';

describe('the listeners', () => {
  it('of a start are its span, and their refusal its error', () => {
    const asked = new Subject<never>();
    const { service, ended } = tracedService({
      runners: [[ok()]],
      parts: { listeners: [{ beforeCall: () => asked }] },
    });
    service.call();
    advance(service.clock, 30 * MS);
    asked.error(new CallError('rejected', 'no'));
    expect(story(ended())).toEqual([
      'agent_call_start 0..30 ! rejected',
      'lb_agent_submit 0..30 ! rejected',
    ]);
  });

  it('of an end are a span behind the response', () => {
    const told = new Subject<never>();
    const { service, ended, open } = tracedService({
      runners: [[ok()]],
      parts: { listeners: [{ afterCall: () => told }] },
    });
    service.call();
    advance(service.clock, 11 * MS);
    expect(open()).toBe(1);
    told.complete();
    expect(open()).toBe(0);
    expect(story(ended()).slice(-2)).toEqual(['lb_agent_submit 0..3', 'agent_call_end 3..11']);
  });

  it('of an end that take too long are cut, and so is their span', () => {
    const { service, ended, open } = tracedService({
      runners: [[ok()]],
      options: { callEndTimeoutMs: 50 },
      parts: { listeners: [{ afterCall: () => NEVER }] },
    });
    service.call();
    drain(service.clock);
    expect(open()).toBe(0);
    expect(story(ended()).at(-1)).toBe('agent_call_end 3..53');
  });
});

it('an id that is used twice at once leaves no span open', () => {
  const { service, ended, open } = tracedService({ runners: [[ok()]] });
  service.call({ id: 'twin' });
  advance(service.clock, MS);
  service.call({ id: 'twin' });
  drain(service.clock);
  advance(service.clock, SECOND);
  expect(open()).toBe(0);
  expect(named(ended(), 'lb_agent_submit')).toHaveLength(2);
});

it('a call whose first span is not recorded has no others', () => {
  let started = 0;
  const tracer = trace.getTracer('nobody listens');
  const { startSpan } = tracer;
  tracer.startSpan = (...of) => {
    started += 1;
    return startSpan.apply(tracer, of);
  };
  const service = createService({ runners: [[nacks()], [ok()]] });
  service.call();
  drain(service.clock);
  service.probed.forEach(createSpans(service.clock, tracer));
  expect(started).toBe(1);
});
