/** Laws of a whole call: what the client is told, how the call counts, and that nothing is held. */
import fc from 'fast-check';
import { NEVER, Subject, concat, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { text, utf8 } from '../test/support/calls.js';
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
  type Script,
} from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';
import type { Request } from './call.js';
import { CallError } from './errors.js';
import { staticFunctions, type DataAccess } from './data-access.js';
import type { BalancerOptions } from './options.js';

/** Knows nothing. */
const NO_DATA = staticFunctions({});
const failing = (error: Error): DataAccess => ({
  ...NO_DATA,
  functionById: () => throwError(() => error),
});
const silent: DataAccess = { ...NO_DATA, functionById: () => NEVER };
const mute: DataAccess = { ...NO_DATA, functionById: () => of() };
const broken = concat(
  of(utf8('pi')),
  throwError(() => new Error('reset')),
);
const late: Script = [{ afterUs: MS, says: new CallError('expired', 'status 4') }];

interface Row {
  readonly runners?: readonly (readonly Script[])[];
  readonly options?: Partial<BalancerOptions>;
  readonly data?: DataAccess;
  readonly request?: Partial<Request>;
  readonly fn?: { idempotent: boolean };
}

describe('a call', () => {
  it.each<[string, Row, string, string, number]>([
    ['that is served', { runners: [[ok()]] }, 'ok', '', 200],
    ['that is NACKed, then served', { runners: [[nacks()], [ok()]] }, 'ok', '', 200],
    ['that no runner takes', { runners: [[nacks()]] }, 'refused', 'not_placed', 503],
    ['without a runner', {}, 'refused', 'not_placed', 503],
    ['of nobody', { request: { fn: 'nobody' } }, 'failed', 'unknown_function', 404],
    [
      'whose lookup fails',
      { data: failing(new CallError('lookup_failed', '')) },
      'failed',
      'lookup_failed',
      502,
    ],
    ['whose lookup says nothing', { data: silent }, 'refused', 'lookup_late', 503],
    ['whose lookup ends without an answer', { data: mute }, 'failed', 'lookup_failed', 502],
    [
      'whose lookup throws a foreign error',
      { data: failing(new Error('x')) },
      'failed',
      'internal',
      500,
    ],
    ['too large', { options: { bodyMaxBytes: 3 } }, 'failed', 'body_too_large', 413],
    [
      'above the bytes of all calls',
      { options: { bodiesMaxBytes: 3 }, request: { body: of(utf8('ping')) } },
      'refused',
      'full',
      503,
    ],
    ['whose client breaks off', { request: { body: broken } }, 'failed', 'body_broken', 400],
    ['still uploading at its deadline', { request: { body: NEVER } }, 'expired', 'body_late', 408],
    ['in an attempt at its deadline', { runners: [[hangs()]] }, 'expired', 'expired', 504],
    ['that its runner calls late', { runners: [[says(failure(504))]] }, 'expired', 'expired', 504],
    ['whose stream ends as late', { runners: [[late]] }, 'expired', 'expired', 504],
    ['that breaks', { runners: [[breaks()], [ok()]] }, 'failed', 'broken', 502],
    [
      'that breaks twice',
      { runners: [[breaks()], [breaks()], [ok()]], fn: { idempotent: true } },
      'failed',
      'broken',
      502,
    ],
    [
      'that breaks once and may be repeated',
      { runners: [[breaks()], [ok()]], fn: { idempotent: true } },
      'ok',
      '',
      200,
    ],
    ['that fails', { runners: [[says(failure(500))]] }, 'failed', 'failed', 500],
    [
      'that fails as busy after start',
      { runners: [[says(START, failure(503))], [ok()]] },
      'failed',
      'failed',
      502,
    ],
    [
      'with too large an answer',
      { runners: [[ok()]], options: { responseMaxBytes: 3 } },
      'failed',
      'response_too_large',
      502,
    ],
  ])('%s', (_name, row, outcome, code, status) => {
    const { fn, request, ...given } = row;
    const functions = { hello: { timeoutMs: 10_000, ...fn } };
    const service = createService({ ...given, functions });
    const visit = service.call(request);
    drain(service.clock);
    expect(visit.verdict).toMatchObject({ outcome, code, status });
    expect([visit.completed, visit.sink.status, visit.sink.ended]).toEqual([true, status, true]);
    expect(service.story()).toMatch(new RegExp(`^arrive .*end:${outcome}:${code}$`));
    expect(service.idle()).toBe(true);
  });

  it('tells its probe the whole story, and ends it when nothing is held', () => {
    const service = createService({ runners: [[nacks()], [ok()]] });
    let heldAtEnd: unknown;
    const visit = service.call({ body: of(utf8('pi'), utf8('ng')) });
    service.probed.push = (event) => {
      if (event.kind === 'end') heldAtEnd = service.balancer.held;
      return Array.prototype.push.call(service.probed, event);
    };
    drain(service.clock);
    expect(service.story()).toBe(
      'arrive cached attempt nack attempt commit attempt-end head end:ok:',
    );
    expect(service.probed.at(-1)).toMatchObject({
      attempts: 2,
      bytesIn: 4,
      bytesOut: 4,
      status: 200,
    });
    expect(heldAtEnd).toEqual({
      calls: 0,
      waiting: 0,
      attempts: 0,
      callEnds: 0,
      bodyBytes: 0,
      responseBytes: 0,
    });
    expect(text(visit.sink.body)).toBe('pong');
    expect(service.runners.map((r) => text(r.engaged[0]?.body ?? utf8('')))).toEqual([
      'ping',
      'ping',
    ]);
  });

  it('above the cap on calls in flight is refused before its lookup', () => {
    let lookups = 0;
    const data: DataAccess = {
      ...NO_DATA,
      functionById() {
        lookups += 1;
        return NEVER;
      },
    };
    const service = createService({ data, options: { inFlightMax: 1 } });
    service.call();
    const second = service.call();
    expect(second.verdict).toMatchObject({ outcome: 'refused', code: 'full', status: 503 });
    expect([lookups, second.sink.header('retry-after')]).toEqual([1, '15']);
  });

  it('has an id of the prefix and a counter, or its own', () => {
    const service = createService({ options: { idPrefix: 'x' } });
    service.call();
    service.call({ id: 'mine' });
    service.call();
    const ids = service.probed.flatMap((event) => (event.kind === 'arrive' ? [event.call] : []));
    expect(ids).toEqual(['x-1', 'mine', 'x-3']);
  });
});

describe('at the deadline', () => {
  it('an open attempt is cancelled, at exactly arrival + timeout', () => {
    const service = createService({ runners: [[hangs(START)]] });
    const at = service.clock.now();
    service.call();
    drain(service.clock);
    expect(service.runners[0]?.engaged[0]?.canceledAt).toBe(at + 10 * SECOND);
    expect(service.story()).toContain('attempt-end');
  });

  it('counted from arrival, lookup and upload included', () => {
    const known = new Subject<never>();
    const body = new Subject<Uint8Array>();
    const fn = { id: 'hello', name: 'hello', appId: '', timeoutMs: 2000, idempotent: false };
    const info = { ...fn, group: 'g', memoryMb: 1, image: '', config: {} };
    const service = createService({
      data: { ...NO_DATA, functionById: () => known },
      runners: [[hangs()]],
    });
    const visit = service.call({ body });
    advance(service.clock, 0.5 * SECOND);
    known.next(info as never);
    advance(service.clock, 0.4 * SECOND);
    body.next(utf8('x'));
    body.complete();
    advance(service.clock, 1.1 * SECOND - 1);
    expect(visit.verdict).toBe(undefined);
    advance(service.clock, 1);
    expect(visit.verdict).toMatchObject({ outcome: 'expired', status: 504 });
  });

  it('a response that has begun is cut and not ended', () => {
    const service = createService({ runners: [[hangs(START, data('x'))]] });
    const visit = service.call();
    drain(service.clock);
    expect([visit.sink.status, visit.sink.ended, visit.sink.cutFor]).toEqual([
      200,
      false,
      'in attempt 1',
    ]);
  });

  it('an answer that is complete goes on to a slow client', () => {
    const script: Script = [{ afterUs: 9 * SECOND, says: START }, ...says(DONE)];
    const service = createService({ runners: [[script]] });
    const visit = service.call({}, { slowEnd: true });
    advance(service.clock, 20 * SECOND);
    expect(visit.verdict).toBe(undefined);
    visit.sink.taken();
    expect(visit.verdict?.outcome).toBe('ok');
    expect(service.idle()).toBe(true);
  });
});

describe('the header that declares a call idempotent', () => {
  it.each([
    ['X-Idem', 'x-idem', 200],
    ['X-Idem', 'X-IDEM', 200],
    ['', 'x-idem', 502],
    ['X-Other', 'x-idem', 502],
  ])('is the one that the options name (%s, sent %s)', (idempotentHeader, sent, status) => {
    const service = createService({
      runners: [[breaks()], [ok()]],
      options: { idempotentHeader },
    });
    const visit = service.call({ headers: [[sent, '1']] });
    drain(service.clock);
    expect(visit.sink.status).toBe(status);
  });
});

describe('a client that leaves', () => {
  const scripts = fc.array(
    fc.constantFrom(nacks(), ok(), hangs(START, data('x')), breaks(), says(START, failure(500))),
    { minLength: 1, maxLength: 3 },
  );

  it('at any point leaves nothing behind, and its runner is told', () => {
    fc.assert(
      fc.property(
        fc.array(scripts, { maxLength: 3 }),
        fc.nat(60),
        fc.boolean(),
        fc.boolean(),
        (runners, afterMs, streaming, slow) => {
          const service = createService({ runners });
          const upload = new Subject<Uint8Array>();
          const body = streaming ? upload : utf8('ping');
          const visit = service.call({ body }, { takes: () => !slow, slowEnd: slow });
          upload.next(utf8('pi'));
          advance(service.clock, (afterMs / 2) * MS);
          if (afterMs % 3 > 0) upload.complete();
          advance(service.clock, (afterMs / 2) * MS);
          visit.leave();
          expect(service.idle()).toBe(true);
          expect(upload.observed).toBe(false);
          const ends = service.probed.filter((event) => event.kind === 'end');
          expect(ends.length).toBe(1);
          if (visit.verdict === undefined)
            expect(ends[0]).toMatchObject({ code: 'canceled', status: 499 });
          const lines = visit.sink.log.length;
          drain(service.clock);
          expect(visit.sink.log.length).toBe(lines);
        },
      ),
    );
  });
});
