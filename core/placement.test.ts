/** Laws of the search: a NACK is offered elsewhere, anything else never is. */
import { concat } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { joined, testCall, text, utf8 } from '../test/support/calls.js';
import { createSearch } from '../test/support/search.js';
import {
  DONE,
  START,
  breaks,
  data,
  failure,
  hangs,
  nacks,
  ok,
  rudeRunner,
  says,
  scriptedRunner,
} from '../test/support/scripted-runner.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import { CallError } from './errors.js';

const setup = () => {
  const clock = createVirtualClock();
  const runner = (id: string, ...scripts: Parameters<typeof scriptedRunner>[2]) =>
    scriptedRunner(clock, id, scripts);
  return { clock, runner };
};

describe('a NACK', () => {
  it('is offered to the next runner with the identical body bytes', () => {
    const { clock, runner } = setup();
    const [a, b, c] = [runner('a', nacks()), runner('b', nacks('size')), runner('c', ok())];
    const body = [utf8('one'), utf8('two'), utf8('three')];
    const search = createSearch(clock, [a, b, c], { call: testCall(clock, { body }) });
    search.start();
    drain(clock);
    expect([a, b, c].map((seen) => seen.engaged.map((e) => text(e.body)))).toEqual([
      ['onetwothree'],
      ['onetwothree'],
      ['onetwothree'],
    ]);
    expect(search.events.map((event) => event.kind)).toEqual(['start', 'data', 'finished']);
    expect(search.completed).toBe(true);
    expect(search.words()).toEqual([
      'attempt 1 a',
      'nack 1 a busy',
      'attempt 2 b',
      'nack 2 b size',
      'attempt 3 c',
      'commit 3 c',
      'attempt-end 3 c ok',
    ]);
  });

  it('closes its attempt before the next one opens', () => {
    const { clock, runner } = setup();
    const a = runner('a', nacks());
    const b = runner('b', ok());
    createSearch(clock, [a, b]).start();
    advance(clock, MS);
    expect([a.open, b.open]).toEqual([0, 1]);
  });

  it('ends the search where retry is off', () => {
    const { clock, runner } = setup();
    const b = runner('b', ok());
    const search = createSearch(clock, [runner('a', nacks()), b], { options: { retry: 'off' } });
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('not_placed');
    expect(b.engaged).toEqual([]);
    expect(search.words()).toEqual(['attempt 1 a', 'nack 1 a busy']);
  });
});

describe('the first event that is no NACK', () => {
  it.each([
    ['a success', says(START, DONE), 'ok'],
    ['a failure alone', says(failure(500)), 'failed'],
    ['a 503 after start', says(START, failure(503)), 'failed'],
    ["the runner's own 504", says(START, failure(504)), 'expired'],
    ['a break after start', breaks(START), 'broken'],
    ['a break within the data', breaks(START, data('x')), 'broken'],
    ['a broken stream before anything', breaks(), 'broken'],
  ])('ends the looking: %s', (_name, script, outcome) => {
    const { clock, runner } = setup();
    const [a, b] = [runner('a', script), runner('b', ok())];
    const search = createSearch(clock, [a, b]);
    search.start();
    drain(clock);
    expect(b.engaged).toEqual([]);
    expect(search.words().at(-1)).toBe(`attempt-end 1 a ${outcome}`);
    expect(search.error?.code).toBe(outcome === 'broken' ? 'broken' : undefined);
    expect(search.completed).toBe(outcome !== 'broken');
  });

  it('lets go of a body that was handed over, and not before', () => {
    const { clock, runner } = setup();
    const call = testCall(clock);
    const search = createSearch(clock, [runner('a', nacks()), runner('b', says(START, DONE))], {
      call,
    });
    search.start();
    advance(clock, 1 * MS);
    expect(text(joined([...call.body.chunks]))).toBe('ping');
    advance(clock, 1 * MS);
    expect(call.progress.committed).toBe(true);
    expect(call.body.chunks).toEqual([]);
  });

  it('decides: a stream that errors after the verdict changes nothing', () => {
    const { clock, runner } = setup();
    const search = createSearch(clock, [runner('a', breaks(START, DONE))]);
    search.start();
    drain(clock);
    expect([search.completed, search.error]).toEqual([true, undefined]);
    expect(search.words().at(-1)).toBe('attempt-end 1 a ok');
  });
});

describe('a call declared idempotent', () => {
  const idempotent = { fn: { idempotent: true } };

  it('has one more chance on another runner when its attempt broke before anything came', () => {
    const { clock, runner } = setup();
    const [a, b] = [runner('a', breaks()), runner('b', ok())];
    const call = testCall(clock, idempotent);
    const search = createSearch(clock, [a, b], { call });
    search.start();
    drain(clock);
    expect(search.completed).toBe(true);
    expect(call.progress).toMatchObject({ attempts: 2, maybeExecuted: true });
    expect(text(b.engaged[0]?.body ?? utf8('nothing'))).toBe('ping');
  });

  it('never has a third', () => {
    const { clock, runner } = setup();
    const runners = ['a', 'b', 'c'].map((id) => runner(id, breaks()));
    const search = createSearch(clock, runners, { call: testCall(clock, idempotent) });
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('broken');
    expect(runners.map((each) => each.engaged.length)).toEqual([1, 1, 0]);
  });

  it('still goes on over NACKs with its second chance, never back to the runner that broke', () => {
    const { clock, runner } = setup();
    const [a, b, c] = [
      runner('a', breaks()),
      runner('b', nacks(), nacks(), ok()),
      runner('c', nacks()),
    ];
    const search = createSearch(clock, [a, b, c], { call: testCall(clock, idempotent) });
    search.start();
    drain(clock);
    expect(search.completed).toBe(true);
    expect([a, b, c].map((each) => each.engaged.length)).toEqual([1, 3, 2]);
  });

  it.each([1, 6, 9])('has it within the remaining deadline, %d s into 10', (seconds) => {
    const { clock, runner } = setup();
    const late = [{ afterUs: seconds * SECOND, says: new CallError('broken', 'reset') }];
    const b = runner('b', ok());
    const call = testCall(clock, { fn: { idempotent: true, timeoutMs: 10_000 } });
    const search = createSearch(clock, [runner('a', late), b], { call });
    search.start();
    drain(clock);
    expect([search.completed, b.engaged.length]).toEqual([true, 1]);
  });

  it('has none once anything came', () => {
    const { clock, runner } = setup();
    const b = runner('b', ok());
    const search = createSearch(clock, [runner('a', breaks(START)), b], {
      call: testCall(clock, idempotent),
    });
    search.start();
    drain(clock);
    expect([search.error?.code, b.engaged.length]).toEqual(['broken', 0]);
  });

  it.each([
    ['where retry is off', 'off' as const, ['a', 'b'], 1],
    ['when its time is up', 'on' as const, ['a'], 10],
  ])('says broken, not refused, %s', (_name, retry, ids, placementMs) => {
    const { clock, runner } = setup();
    const runners = ids.map((id) => runner(id, breaks()));
    const options = { retry, placementMs: placementMs * 10 };
    const search = createSearch(clock, runners, { call: testCall(clock, idempotent), options });
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('broken');
    expect(runners[0]?.engaged.length).toBe(1);
  });

  it('has no second chance after an expiry', () => {
    const { clock, runner } = setup();
    const b = runner('b', ok());
    const expiry = [{ afterUs: MS, says: new CallError('expired', 'status 4') }];
    const search = createSearch(clock, [runner('a', expiry), b], {
      call: testCall(clock, idempotent),
    });
    search.start();
    drain(clock);
    expect([search.error?.code, b.engaged.length]).toEqual(['expired', 0]);
  });
});

describe('a runner that emits during subscribe', () => {
  it.each([
    ['a verdict', [failure(500)]],
    ['a NACK', [{ kind: 'nack', reason: 'busy' } as const]],
  ])('is an error of ours and not a hang: %s', (_name, events) => {
    const { clock } = setup();
    const search = createSearch(clock, [rudeRunner('a', events)]);
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('internal');
    expect(clock.pending).toBe(0);
  });

  it('is let go of in a later attempt too', () => {
    const { clock, runner } = setup();
    const rude = scriptedRunner(clock, 'b', [hangs()]);
    const engage = rude.engage.bind(rude);
    const said = rudeRunner('b', [START]);
    rude.engage = (call, attempt) => {
      const polite = engage(call, attempt);
      return concat(said.engage(call, attempt), polite);
    };
    const search = createSearch(clock, [runner('a', nacks()), rude]);
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('internal');
    expect(rude.open).toBe(0);
  });
});

describe('unsubscribing', () => {
  it('cancels the open attempt and says so', () => {
    const { clock, runner } = setup();
    const a = runner('a', hangs(START, data('x')));
    const search = createSearch(clock, [a]);
    search.start();
    advance(clock, 5 * MS);
    search.stop();
    expect(a.engaged[0]?.canceledAt).toBe(clock.now());
    expect(search.words().at(-1)).toBe('attempt-end 1 a canceled');
    expect(clock.pending).toBe(0);
  });

  it.each(['room', 'poll'] as const)('cancels the waiting (%s)', (wait) => {
    const { clock, runner } = setup();
    const a = runner('a', nacks());
    const search = createSearch(clock, [a], { options: { wait } });
    search.start();
    advance(clock, 3 * MS);
    expect(clock.pending).toBeGreaterThan(0);
    search.stop();
    expect([clock.pending, a.open]).toEqual([0, 0]);
  });

  it('is told as an expiry at the deadline', () => {
    const { clock, runner } = setup();
    const search = createSearch(clock, [runner('a', hangs())]);
    search.start();
    advance(clock, 10 * SECOND);
    search.stop();
    expect(search.words().at(-1)).toBe('attempt-end 1 a expired');
  });

  it('lets go of an engagement that has its verdict but no end', () => {
    const { clock, runner } = setup();
    const a = runner('a', hangs(START, DONE));
    const search = createSearch(clock, [a]);
    search.start();
    drain(clock);
    expect(a.open).toBe(1);
    search.stop();
    expect(a.open).toBe(0);
  });
});
