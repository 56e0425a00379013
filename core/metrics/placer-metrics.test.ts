/** Laws of the latencies and of the placer's metrics: what is read is the text. */
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  DONE,
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
import { MS, SECOND, advance, drain } from '../../test/support/virtual.js';
import { ENDS, counted, textOf, those } from './metrics.test.rig.js';

const PLACED = 'lb_placer_placed';
const RETRIES = 'lb_placer_retry';
const CLIENT = 'lb_placer_client';

const said = (event: typeof DONE, schedulerUs: number, executionUs: number): typeof DONE => ({
  ...event,
  schedulerUs,
  executionUs,
});

const END = { afterUs: 0, says: 'complete' } as const;

describe('the latencies', () => {
  it('of runners are in ms, and only where they were reported', () => {
    const done = says(said(DONE, 2500, 250_000));
    const broken = says(said(failure(502), 0, 40_000));
    const service = createService({ runners: [[done, broken, ok()]] });
    for (let i = 0; i < 3; i++) {
      service.call();
      drain(service.clock);
    }
    expect(those(counted(service), 'lb_runner')).toEqual({
      lb_runner_sched_latency_sum: 2.5,
      lb_runner_sched_latency_count: 1,
      lb_runner_exec_latency_sum: 290,
      lb_runner_exec_latency_count: 2,
    });
    expect(textOf(service)).toContain('fn_lb_runner_exec_latency_bucket{le="250"} 2\n');
    expect(textOf(service)).toContain('fn_lb_runner_exec_latency_bucket{le="100"} 1\n');
  });

  it('of calls are without the upload and the function, by how the call ended', () => {
    const body = new Subject<Uint8Array>();
    const script = [{ afterUs: 30 * MS, says: said(DONE, 5 * MS, 20 * MS) }, END];
    const service = createService({ runners: [[script]] });
    service.call({ body });
    advance(service.clock, 700 * MS);
    body.complete();
    drain(service.clock);
    expect(those(counted(service), 'lb_call_latency')).toEqual({
      'lb_call_latency_sum{call_status="completed"}': 10,
      'lb_call_latency_count{call_status="completed"}': 1,
    });
  });

  it('of calls are never below 0, for clocks of runners differ', () => {
    const service = createService({ runners: [[says(said(DONE, 0, 5 * SECOND))]] });
    service.call();
    drain(service.clock);
    const found = those(counted(service), 'lb_call_latency');
    expect(found).toEqual({ 'lb_call_latency_count{call_status="completed"}': 1 });
  });

  it('of placing end where the runner begins that keeps the call', () => {
    const slow = [{ afterUs: 5 * SECOND, says: DONE }, END];
    const service = createService({ runners: [[nacks()], [nacks()], [slow]] });
    service.call();
    drain(service.clock);
    expect(those(counted(service), 'lb_placer_latency', 'lb_placer_attempt')).toEqual({
      lb_placer_latency_sum: 2,
      lb_placer_latency_count: 1,
      lb_placer_attempt_count_sum: 3,
      lb_placer_attempt_count_count: 1,
    });
  });

  it('of placing in vain go on until it was given up', () => {
    const service = createService({ options: { placementMs: 95, wait: 'poll' } });
    service.call();
    drain(service.clock);
    expect(those(counted(service), 'lb_placer')).toEqual({
      lb_placer_attempt_count_count: 1,
      lb_placer_latency_sum: 95,
      lb_placer_latency_count: 1,
      lb_placer_rp_empty_count: 10,
      lb_placer_timeout_count: 1,
    });
  });
});

describe('the placer', () => {
  it('counts a call whose time for looking was over before it began', () => {
    const body = new Subject<Uint8Array>();
    const service = createService({ runners: [[ok()]] });
    service.call({ body });
    advance(service.clock, 6 * SECOND);
    body.complete();
    drain(service.clock);
    expect(counted(service)).toMatchObject({
      server_busy: 1,
      lb_placer_attempt_count_count: 1,
      lb_placer_timeout_count: 1,
    });
    expect(counted(service)).not.toHaveProperty('running');
  });

  it.each([
    ['an answer', ok(), { placed_ok: 1 }],
    ['a failure', says(START, failure(502)), { placed_error: 1 }],
    ['a timeout of the runner', says(failure(504)), { placed_error: 1 }],
    ['a break', breaks(START), { placed_error: 1 }],
    ['our deadline', hangs(START), { placed_abort: 1, client_timeout: 1 }],
    ['too much of an answer', hangs(START, data('x'.repeat(99))), { placed_error: 1 }],
  ])('places a call once, and says how: %s', (_, script, found) => {
    const service = createService({ runners: [[script]], options: { responseMaxBytes: 50 } });
    service.call();
    drain(service.clock);
    const expected = Object.entries(found).map(([name, n]) => [`lb_placer_${name}_count`, n]);
    const all = counted(service);
    expect(those(all, PLACED, CLIENT)).toEqual(Object.fromEntries(expected));
    expect(all).not.toHaveProperty('lb_placer_timeout_count');
  });

  it('is done with the verdict: a client that leaves later is none of its business', () => {
    const service = createService({ runners: [[ok()]] });
    const visit = service.call({}, { slowEnd: true });
    advance(service.clock, SECOND);
    visit.leave();
    expect(those(counted(service), ...ENDS, PLACED, CLIENT)).toEqual({
      calls: 1,
      canceled: 1,
      lb_placer_placed_ok_count: 1,
    });
  });

  it('tells a runner that is full from one that is gone', () => {
    const reasons = ['busy', 'size', 'draining', 'unreachable', 'closed'] as const;
    const runners = [...reasons.map((reason) => [nacks(reason)]), [ok()]];
    const service = createService({ runners });
    service.call();
    drain(service.clock);
    expect(those(counted(service), RETRIES)).toEqual({
      lb_placer_retry_busy_count: 3,
      lb_placer_retry_error_count: 2,
    });
  });

  it('counts the second chance of an idempotent call as a retry, and its end once', () => {
    const functions = { hello: { timeoutMs: 10_000, idempotent: true } };
    const service = createService({ runners: [[breaks()], [ok()]], functions });
    service.call();
    drain(service.clock);
    expect(those(counted(service), RETRIES, PLACED, 'lb_placer_attempt')).toEqual({
      lb_placer_retry_error_count: 1,
      lb_placer_placed_ok_count: 1,
      lb_placer_attempt_count_sum: 2,
      lb_placer_attempt_count_count: 1,
    });
  });

  it('counts nothing for a runner that was not ready', () => {
    const service = createService({ runners: [[ok()], [ok()]] });
    service.runners[0]!.ready = false;
    service.call();
    drain(service.clock);
    const found = those(counted(service), RETRIES, 'lb_placer_attempt', 'lb_placer_rp');
    expect(found).toMatchObject({ lb_placer_attempt_count_sum: 1 });
    expect(Object.keys(found)).toHaveLength(2);
  });
});
