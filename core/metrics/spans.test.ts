/**
 * Laws of the spans: the original's names, one tree a call, times of the LB's clock, and each ends.
 * Real balancers over scripted runners; the exporter is OpenTelemetry's own, in memory.
 */
import { ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  DONE,
  START,
  breaks,
  failure,
  hangs,
  nacks,
  ok,
  says,
  type Script,
} from '../../test/support/scripted-runner.js';
import { MS, advance, drain } from '../../test/support/virtual.js';
import { staticApps } from '../data-access.js';
import { WALL_MS, afterOne, ms, named, story, traced, tracedService } from './spans.test.rig.js';

describe('the spans of a call', () => {
  it('are one tree, with the times of the probe', () => {
    const spans = afterOne({ runners: [[nacks()], [ok()]] });
    expect(story(spans)).toEqual([
      'agent_call_start 0..0',
      'send_to_runner 0..1',
      'receive_from_runner 0..1 ! 503 busy',
      'send_to_runner 1..2',
      'receive_from_runner 1..4',
      'lb_agent_submit 0..4',
      'agent_call_end 4..4',
    ]);
    const [submit] = named(spans, 'lb_agent_submit');
    const children = spans.filter((span) => span !== submit);
    const parents = new Set(children.map((span) => span.parentSpanContext?.spanId));
    expect([...parents]).toEqual([submit?.spanContext().spanId]);
    expect(submit?.parentSpanContext).toBe(undefined);
    expect(ms(submit!.startTime)).toBe(WALL_MS);
  });

  it('have the kinds of the original', () => {
    const kinds = afterOne({ runners: [[ok()]] }).map(({ name, kind }) => [name, SpanKind[kind]]);
    expect(Object.fromEntries(kinds)).toEqual({
      lb_agent_submit: 'INTERNAL',
      agent_call_start: 'INTERNAL',
      agent_call_end: 'INTERNAL',
      send_to_runner: 'CLIENT',
      receive_from_runner: 'SERVER',
    });
  });

  it('say which call, app, function, image and request it is', () => {
    const shop = { id: 'a1', functions: { f1: { image: 'img' } } };
    const { service, ended } = tracedService({
      runners: [[ok()]],
      data: staticApps({ shop }),
    });
    const route = { app: 'shop', path: '/f1' };
    service.call({ id: 'c1', fn: '', route, requestId: 'r1' });
    drain(service.clock);
    const attributes = ended().map((span) => [span.name, span.attributes]);
    expect(Object.fromEntries(attributes)).toEqual({
      lb_agent_submit: {
        'fn.call_id': 'c1',
        'fn.fn_id': 'shop/f1',
        'fn.app_id': 'a1',
        'fn.rid': 'r1',
        'http.response.status_code': 200,
      },
      agent_call_start: {},
      agent_call_end: {},
      send_to_runner: { 'fn.runner': 'a' },
      receive_from_runner: { 'fn.call_id': 'c1', 'fn.runner': 'a', image: 'img' },
    });
  });

  it('say nothing of an app or a request id that is not there', () => {
    const [submit] = named(afterOne({ runners: [[ok()]] }), 'lb_agent_submit');
    expect(Object.keys(submit?.attributes ?? {})).toEqual([
      'fn.call_id',
      'fn.fn_id',
      'http.response.status_code',
    ]);
  });

  it('say what the runner reported of the execution, in ns', () => {
    const done = { ...DONE, schedulerUs: 7, executionUs: 250_000, userError: false };
    const [span] = named(afterOne({ runners: [[says(done)]] }), 'receive_from_runner');
    expect(span?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['commit', {}],
      [
        'Runner Execution Details',
        {
          error_user: false,
          success: true,
          execution_duration: 250_000_000,
          scheduler_duration: 7000,
        },
      ],
    ]);
  });

  it.each<[string, Script, string[]]>([
    [
      'a failure',
      says(START, failure(502, 'no good')),
      ['receive_from_runner 0..2 ! 502 no good', 'lb_agent_submit 0..2 ! failed'],
    ],
    [
      'a break before anything came',
      breaks(),
      [
        'send_to_runner 0..1 ! DataLoss stream reset',
        'receive_from_runner 0..1 ! DataLoss stream reset',
        'lb_agent_submit 0..1 ! broken',
      ],
    ],
    [
      'a break behind the start',
      breaks(START),
      ['receive_from_runner 0..2 ! DataLoss stream reset', 'lb_agent_submit 0..2 ! broken'],
    ],
    [
      'a deadline',
      hangs(),
      ['receive_from_runner 0..10000 ! expired', 'lb_agent_submit 0..10000 ! expired'],
    ],
  ])('say what went wrong: %s', (_, script, errors) => {
    const spans = afterOne({ runners: [[script]] });
    expect(story(spans).filter((line) => line.includes('!'))).toEqual(errors);
  });

  it('end when the client leaves, and that is no error of the call', () => {
    const { service, ended, open } = tracedService({ runners: [[hangs(START)]] });
    const visit = service.call();
    advance(service.clock, 20 * MS);
    visit.leave();
    expect(open()).toBe(0);
    expect(story(named(ended(), 'lb_agent_submit'))).toEqual(['lb_agent_submit 0..20']);
  });

  it('are two for each attempt, refused or not, and none for a runner that is skipped', () => {
    const { service, ended } = tracedService({ runners: [[nacks()], [ok()], [nacks()]] });
    service.runners[0]!.ready = false;
    service.call();
    drain(service.clock);
    expect(named(ended(), 'send_to_runner')).toHaveLength(1);
    expect(named(ended(), 'receive_from_runner')).toHaveLength(1);
  });

  it('are one, and end, for a call that the gate refuses', () => {
    const { service, ended, open } = tracedService({ options: { inFlightMax: 1 } });
    service.call({ body: NEVER });
    service.call();
    expect(story(ended())).toEqual(['lb_agent_submit 0..0 ! full']);
    expect(open()).toBe(1);
    drain(service.clock);
    expect(open()).toBe(0);
  });

  it('lie below the span that is active where the call comes in', () => {
    const told = traced();
    const parent = trace.wrapSpanContext({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    });
    context.setGlobalContextManager({
      active: () => trace.setSpan(ROOT_CONTEXT, parent),
      with: (_, work, self, ...args) => work.apply(self, args),
      bind: (_, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    });
    told.probe({ kind: 'arrive', lb: 'lb0', call: 'c1', at: 0, fn: 'hello' });
    context.disable();
    const end = { outcome: 'refused', code: 'full', status: 503 } as const;
    const rest = { attempts: 0, bytesIn: 0, bytesOut: 0, callEnd: false };
    told.probe({ kind: 'end', call: 'c1', at: 0, ...end, ...rest });
    expect(told.ended()[0]?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  });
});
