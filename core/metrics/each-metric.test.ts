/**
 * Every metric by its exact name, labels and type, and what counts it: one case each, and no metric
 * without a case. The text is read by the rules of its format.
 */
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  DONE,
  START,
  failure,
  hangs,
  nacks,
  ok,
  says,
} from '../../test/support/scripted-runner.js';
import { createService, type Service } from '../../test/support/service.js';
import { MS, SECOND, advance, drain } from '../../test/support/virtual.js';
import { createMetrics } from './metrics.js';
import { read, textOf } from './metrics.test.rig.js';

interface Case {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly given?: Parameters<typeof createService>[0];
  /** Default: one call, and all that comes of it. */
  readonly does?: (service: Service) => void;
  /** Its samples that are not 0 then, but for buckets; without its name. */
  readonly is: Readonly<Record<string, number>>;
}

const one = (service: Service): void => {
  service.call();
  drain(service.clock);
};
/** One client that leaves after 20 ms. */
const leaves = (service: Service): void => {
  const visit = service.call();
  advance(service.clock, 20 * MS);
  visit.leave();
};
const timed = { ...DONE, schedulerUs: 3 * MS, executionUs: 40 * MS };
const slow = [{ afterUs: 50 * MS, says: timed }, { afterUs: 0, says: 'complete' } as const];
const two = { runners: [[nacks()], [slow]] };

const CASES: Readonly<Record<string, Case>> = {
  fn_calls: { type: 'counter', is: { '': 1 } },
  fn_queued: { type: 'gauge', does: (service) => service.call({ body: NEVER }), is: { '': 1 } },
  fn_running: {
    type: 'gauge',
    given: { runners: [[hangs()]] },
    does: (service) => service.call(),
    is: { '': 1 },
  },
  fn_completed: { type: 'counter', is: { '': 1 } },
  fn_canceled: {
    type: 'counter',
    given: { runners: [[hangs()]] },
    does: leaves,
    is: { '': 1 },
  },
  fn_timeouts: { type: 'counter', given: { runners: [[hangs()]] }, is: { '': 1 } },
  fn_errors: { type: 'counter', given: { runners: [[says(failure(500))]] }, is: { '': 1 } },
  fn_server_busy: { type: 'counter', given: { runners: [[nacks()]] }, is: { '': 1 } },
  fn_lb_runner_sched_latency: {
    type: 'histogram',
    given: two,
    is: { _sum: 3, _count: 1 },
  },
  fn_lb_runner_exec_latency: {
    type: 'histogram',
    given: two,
    is: { _sum: 40, _count: 1 },
  },
  fn_lb_call_latency: {
    type: 'histogram',
    given: two,
    // A NACK after 1 ms and an answer after 50, of which the function took 40.
    is: { '_sum{call_status="completed"}': 11, '_count{call_status="completed"}': 1 },
  },
  fn_lb_placer_attempt_count: {
    type: 'histogram',
    given: two,
    is: { _sum: 2, _count: 1 },
  },
  fn_lb_placer_latency: { type: 'histogram', given: two, is: { _sum: 1, _count: 1 } },
  fn_lb_placer_placed_ok_count: { type: 'counter', is: { '': 1 } },
  fn_lb_placer_placed_error_count: {
    type: 'counter',
    given: { runners: [[says(START, failure(502))]] },
    is: { '': 1 },
  },
  fn_lb_placer_placed_abort_count: {
    type: 'counter',
    given: { runners: [[hangs(START)]] },
    is: { '': 1 },
  },
  fn_lb_placer_retry_busy_count: { type: 'counter', given: two, is: { '': 1 } },
  fn_lb_placer_retry_error_count: {
    type: 'counter',
    given: { runners: [[nacks('unreachable')], [ok()]] },
    is: { '': 1 },
  },
  // A pool of ours has no error to give: it is there, and 0, for whoever asks for it.
  fn_lb_placer_rp_error_count: { type: 'counter', given: { runners: [] }, is: {} },
  fn_lb_placer_rp_empty_count: {
    type: 'counter',
    // Once a round, as the original's; a call that waits instead looks once.
    given: { runners: [], options: { placementMs: 45, wait: 'poll' } },
    is: { '': 5 },
  },
  fn_lb_placer_client_cancelled_count: {
    type: 'counter',
    given: { runners: [[nacks()]] },
    does: leaves,
    is: { '': 1 },
  },
  fn_lb_placer_client_timeout_count: {
    type: 'counter',
    given: { runners: [[hangs()]] },
    is: { '': 1 },
  },
  fn_lb_placer_timeout_count: {
    type: 'counter',
    given: { runners: [[nacks()]] },
    is: { '': 1 },
  },
};

describe('a metric is counted, by its name, where it is meant to be', () => {
  it.each(Object.entries(CASES))('%s', (name, { type, given, does = one, is }) => {
    const service = createService({ runners: [[ok()]], ...given });
    does(service);
    const family = read(textOf(service)).get(name);
    const samples = [...(family?.samples ?? [])].filter(
      ([sample, value]) => value !== 0 && !sample.includes('_bucket{'),
    );
    const found = samples.map(([sample, value]) => [sample.slice(name.length), value]);
    expect([family?.type, Object.fromEntries(found)]).toEqual([type, is]);
  });

  it('and there is no other', () => {
    expect([...read(createMetrics().render()).keys()]).toEqual(Object.keys(CASES));
  });
});

it('the text keeps the rules of its format, whatever happened', () => {
  const service = createService({
    runners: [[ok(), says(failure(502)), hangs(), nacks(), slow]],
    functions: { hello: { timeoutMs: 1000 } },
  });
  for (let i = 0; i < 12; i++) {
    service.call();
    advance(service.clock, SECOND / 3);
    const families = read(textOf(service));
    for (const { help } of families.values()) expect(help).not.toBe('');
    const [, ...labels] = textOf(service).match(/[a-z_]+="/g) ?? [];
    expect(new Set(labels)).toEqual(new Set(['le="', 'call_status="']));
  }
});

it.each([
  ['no end of the last line', '# HELP a b\n# TYPE a counter\na 1'],
  ['a sample of another family', '# HELP a b\n# TYPE a counter\nb 1\n'],
  ['a sample twice', '# HELP a b\n# TYPE a counter\na 1\na 2\n'],
  ['a family twice', '# HELP a b\n# TYPE a counter\na 1\n# HELP a b\n'],
  ['a value that is none', '# HELP a b\n# TYPE a counter\na one\n'],
  ['a count unlike +Inf', '# HELP a b\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\n'],
])('and a text that does not is found: %s', (_, text) => {
  expect(() => read(text)).toThrow();
});
