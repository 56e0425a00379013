/**
 * The original's known miscounts, each as it would be seen if it came back here: calls that their
 * client canceled, a full fleet, the time of executions.
 */
import { NEVER, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../proto/executor.js';
import { createTranscode } from '../../sim/transcode.js';
import { linked } from '../../test/support/linked.js';
import { hangs, nacks, DONE } from '../../test/support/scripted-runner.js';
import { createService } from '../../test/support/service.js';
import { MS, advance, drain } from '../../test/support/virtual.js';
import { staticPool } from '../pools.js';
import type { RunnerEvent } from '../runner.js';
import { ENDS, counted, those } from './metrics.test.rig.js';
import { named, tracedService } from './spans.test.rig.js';

describe('a client that leaves', () => {
  it.each([
    ['in its upload', { body: NEVER }, [[nacks()]]],
    ['in the search for a runner', {}, [[nacks()]]],
    ['where there is no runner at all', {}, []],
    ['in an attempt', {}, [[hangs()]]],
  ])('is canceled and no error, %s', (_, request, runners) => {
    const service = createService({ runners });
    const visit = service.call(request);
    advance(service.clock, 25 * MS);
    visit.leave();
    drain(service.clock);
    expect(those(counted(service), ...ENDS)).toEqual({ calls: 1, canceled: 1 });
    const latency = 'lb_call_latency_count';
    expect(those(counted(service), latency)).toEqual({ [`${latency}{call_status="canceled"}`]: 1 });
  });

  it('in the search was not refused: no busy server, no time of the placer that is over', () => {
    const service = createService({ runners: [[nacks()]] });
    const visit = service.call();
    advance(service.clock, 25 * MS);
    visit.leave();
    drain(service.clock);
    expect(service.probed.at(-1)).toMatchObject({ outcome: 'canceled', status: 499 });
    const found = counted(service);
    expect(those(found, 'lb_placer_client')).toEqual({ lb_placer_client_cancelled_count: 1 });
    expect(Object.keys(those(found, 'server_busy', 'lb_placer_timeout', 'timeouts'))).toEqual([]);
  });
});

it.each([
  ['is full', [[nacks()], [nacks()]]],
  ['is empty', []],
])('a fleet that %s is a busy server, and no error', (_, runners) => {
  const service = createService({ runners, options: { placementMs: 100 } });
  service.call();
  drain(service.clock);
  expect(those(counted(service), ...ENDS)).toEqual({ calls: 1, server_busy: 1 });
  expect(counted(service)).toMatchObject({
    'lb_call_latency_count{call_status="server_busy"}': 1,
    lb_placer_timeout_count: 1,
  });
});

describe('the time of an execution', () => {
  /** A function that waits 3 ms for its slot and runs for 40, behind a wire. */
  const through = (dialect: 'head' | undefined) => {
    const executor: Executor = {
      execute: ({ begin }) =>
        new Observable<RunnerEvent>((out) => {
          clock.after(3 * MS, () => {
            begin();
            clock.after(40 * MS, () => {
              out.next(DONE);
              out.complete();
            });
          });
        }),
    };
    const transcode = dialect === undefined ? undefined : createTranscode(dialect);
    const { clock, runner } = linked(executor, { transcode });
    const traced = tracedService({ parts: { clock, pool: staticPool([runner]) } });
    const { service, ended } = traced;
    service.call();
    drain(clock);
    return { found: counted(service), ended: ended() };
  };

  it.each(['head', undefined] as const)('is ms in the text and ns in a span (%s)', (dialect) => {
    const { found, ended } = through(dialect);
    expect(those(found, 'lb_runner')).toEqual({
      lb_runner_sched_latency_sum: 3,
      lb_runner_sched_latency_count: 1,
      lb_runner_exec_latency_sum: 40,
      lb_runner_exec_latency_count: 1,
    });
    const [span] = named(ended, 'receive_from_runner');
    const details = span?.events.find(({ name }) => name === 'Runner Execution Details');
    expect(details?.attributes).toMatchObject({
      scheduler_duration: 3_000_000,
      execution_duration: 40_000_000,
    });
  });
});
