/**
 * Laws of the metrics: each is counted where the original means it to be, once, and by nothing
 * else. Real balancers over scripted runners; what is read is the text.
 */
import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../test/support/calls.js';
import {
  START,
  data,
  failure,
  hangs,
  nacks,
  ok,
  says,
} from '../../test/support/scripted-runner.js';
import { createService } from '../../test/support/service.js';
import { MS, SECOND, advance, drain } from '../../test/support/virtual.js';
import { CallError } from '../errors.js';
import type { ProbeEvent } from '../probe.js';
import { createMetrics } from './metrics.js';
import { ENDS, counted, samples, textOf, those } from './metrics.test.rig.js';

const CLIENT = 'lb_placer_client';

describe('the calls', () => {
  it('are the sum of their ends, whatever they end as', () => {
    const service = createService({
      runners: [[ok(), says(failure(502)), hangs(), hangs(START), nacks()]],
      functions: { hello: { timeoutMs: 1000 } },
    });
    const call = (leaveAfter?: number): void => {
      const visit = service.call();
      if (leaveAfter !== undefined) advance(service.clock, leaveAfter);
      visit.leave();
      drain(service.clock);
    };
    call(10 * MS);
    for (const after of [10 * MS, 2 * SECOND, 20 * MS, 2 * SECOND]) call(after);
    expect(those(counted(service), ...ENDS)).toEqual({
      calls: 5,
      completed: 1,
      errors: 1,
      timeouts: 1,
      canceled: 1,
      server_busy: 1,
    });
  });

  it('are queued while they are read and listened to, and running from the search on', () => {
    const agreed = new Subject<never>();
    const body = new Subject<Uint8Array>();
    const service = createService({
      runners: [[ok()]],
      parts: { listeners: [{ beforeCall: () => agreed }] },
    });
    service.call({ body });
    const gauges = (): Record<string, number> => those(counted(service), 'queued', 'running');
    expect(gauges()).toEqual({ queued: 1 });
    body.next(utf8('a'));
    body.complete();
    expect(gauges()).toEqual({ queued: 1 });
    agreed.complete();
    expect(gauges()).toEqual({ running: 1 });
    drain(service.clock);
    expect(gauges()).toEqual({});
  });

  it('that the gate refuses are calls of a busy server and never queued', () => {
    const service = createService({ runners: [[hangs()]], options: { inFlightMax: 1 } });
    service.call();
    service.call();
    expect(counted(service)).toMatchObject({ calls: 2, server_busy: 1, running: 1 });
    expect(counted(service)).not.toHaveProperty('queued');
  });

  it('are errors when there is no such function, or a listener refuses', () => {
    const refuse = new CallError('rejected', 'not on Sundays', { status: 451 });
    const service = createService({
      runners: [[ok()]],
      parts: { listeners: [{ beforeCall: () => refusing }] },
    });
    const refusing = new Subject<never>();
    service.call({ fn: 'nobody' });
    service.call();
    refusing.error(refuse);
    expect(counted(service)).toEqual({
      calls: 2,
      errors: 2,
      'lb_call_latency_count{call_status="errors"}': 2,
    });
  });

  it('are a busy server, not a timeout, when the deadline passes before they are forwarded', () => {
    const service = createService({ runners: [[ok()]] });
    service.call({ body: NEVER });
    drain(service.clock);
    expect(those(counted(service), ...ENDS)).toEqual({ calls: 1, server_busy: 1 });
  });

  it('are a timeout whether the runner says so or the deadline does', () => {
    const service = createService({ runners: [[says(failure(504, 'Timed out')), hangs()]] });
    service.call();
    drain(service.clock);
    service.call();
    drain(service.clock);
    expect(those(counted(service), ...ENDS)).toEqual({ calls: 2, timeouts: 2 });
  });

  it.each([
    ['looking for a runner', nacks()],
    ['waiting for an answer', hangs()],
    ['being answered', hangs(START, data('half'))],
  ])('are canceled, and nothing else, when the client leaves while %s', (_, script) => {
    const service = createService({ runners: [[script]] });
    const visit = service.call();
    advance(service.clock, 20 * MS);
    visit.leave();
    drain(service.clock);
    expect(those(counted(service), ...ENDS, CLIENT, 'lb_placer_timeout')).toEqual({
      calls: 1,
      canceled: 1,
      lb_placer_client_cancelled_count: 1,
    });
  });

  it('that are detached end with their run, not with their client', () => {
    const service = createService({
      runners: [[[{ afterUs: 0, says: START }, ...says(failure(502))]]],
    });
    const visit = service.call({ detached: true });
    advance(service.clock, 1);
    visit.leave();
    expect(counted(service)).toMatchObject({ running: 1 });
    drain(service.clock);
    expect(those(counted(service), ...ENDS, 'running')).toEqual({ calls: 1, errors: 1 });
  });

  it('of one id at once are two calls, and leave no gauge behind', () => {
    const service = createService({ runners: [[ok()]] });
    service.call({ id: 'twin' });
    service.call({ id: 'twin' });
    drain(service.clock);
    expect(those(counted(service), ...ENDS, 'queued', 'running')).toEqual({
      calls: 2,
      completed: 2,
    });
  });
});

describe('the text', () => {
  it('is all there before the first call, with every bucket', () => {
    const metrics = createMetrics();
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = metrics.render();
    const types = [...text.matchAll(/^# TYPE fn_(\S+) (\S+)$/gm)].map((of) =>
      of.slice(1).join(' '),
    );
    expect(types).toEqual(NAMES);
    const buckets = [...text.matchAll(/^fn_lb_(\S+)_bucket\{le="([^"]+)".*\} 0$/gm)];
    const bounds = (name: string): string =>
      buckets.flatMap(([, of, bound]) => (of === name ? [bound] : [])).join(' ');
    const latencies = '1 10 50 100 250 500 1000 10000 60000 120000 +Inf';
    expect(bounds('placer_attempt_count')).toBe('0 1 2 3 4 8 16 32 64 128 256 +Inf');
    expect(bounds('placer_latency')).toBe(latencies);
    expect(bounds('runner_sched_latency')).toBe(latencies);
    expect(bounds('call_latency')).toBe(Array.from({ length: 5 }, () => latencies).join(' '));
    expect(Object.keys(samples(text))).toEqual([]);
  });

  it('grows with no call: no function, runner, path or id is in it', () => {
    const service = createService({ runners: [[ok()], [nacks()]] });
    const before = createMetrics().render().split('\n').length;
    for (let i = 0; i < 20; i++)
      service.call({ fn: i % 2 === 0 ? 'hello' : `no-${i}`, id: `c${i}` });
    drain(service.clock);
    expect(textOf(service).split('\n')).toHaveLength(before);
  });

  it('is made of buckets that ascend, or there is an error that says so', () => {
    for (const latencyBucketsMs of [[], [2, 1], [1, 1], [0, 1], [1, Infinity], [NaN]]) {
      expect(() => createMetrics({ latencyBucketsMs })).toThrow(RangeError);
    }
    expect(() =>
      createMetrics({ latencyBucketsMs: Array.from({ length: 101 }, (_, i) => i + 1) }),
    ).toThrow(/1 to 100/);
    const text = createMetrics({ latencyBucketsMs: [0.5] }).render();
    expect(text).toContain('fn_lb_placer_latency_bucket{le="0.5"} 0\n');
  });

  it('of events whose call it did not see arrive counts the end, and no gauge', () => {
    const metrics = createMetrics();
    const end = { kind: 'end', at: 5, call: 'c', outcome: 'ok', code: '', status: 200 } as const;
    const rest = { attempts: 1, bytesIn: 0, bytesOut: 0, callEnd: false };
    metrics.probe({ ...end, ...rest } satisfies ProbeEvent);
    expect(samples(metrics.render())).toEqual({ completed: 1 });
  });
});

/** The original's, by the names that its Prometheus exporter gives them in the namespace fn. */
const NAMES = [
  'calls counter',
  'queued gauge',
  'running gauge',
  'completed counter',
  'canceled counter',
  'timeouts counter',
  'errors counter',
  'server_busy counter',
  'lb_runner_sched_latency histogram',
  'lb_runner_exec_latency histogram',
  'lb_call_latency histogram',
  'lb_placer_attempt_count histogram',
  'lb_placer_latency histogram',
  'lb_placer_placed_ok_count counter',
  'lb_placer_placed_error_count counter',
  'lb_placer_placed_abort_count counter',
  'lb_placer_retry_busy_count counter',
  'lb_placer_retry_error_count counter',
  'lb_placer_rp_error_count counter',
  'lb_placer_rp_empty_count counter',
  'lb_placer_client_cancelled_count counter',
  'lb_placer_client_timeout_count counter',
  'lb_placer_timeout_count counter',
];
