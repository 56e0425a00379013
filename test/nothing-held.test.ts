/**
 * The law of letting go: whatever runners answer, whenever clients leave, and whenever the balancer
 * closes, nothing of any call is held at the end, every call ended once, and close completed.
 */
import fc from 'fast-check';
import { Subject, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { asScheduler } from '../core/clock.js';
import type { CallListener } from '../core/listeners.js';
import {
  breaks,
  data,
  DONE,
  failure,
  hangs,
  nacks,
  ok,
  says,
  START,
} from './support/scripted-runner.js';
import { byCall } from './support/fly.js';
import { createService, type Service, type Visit } from './support/service.js';
import { MS, advance, drain } from './support/virtual.js';

const script = fc.constantFrom(
  ok(),
  nacks(),
  nacks('draining'),
  nacks('size'),
  breaks(),
  breaks(START),
  breaks(START, data('half')),
  hangs(),
  hangs(START),
  hangs(START, data('half')),
  says(failure(500)),
  says(START, failure(503)),
  says(DONE),
);

const call = fc.record({
  atMs: fc.integer({ min: 0, max: 400 }),
  /** When its client goes away, after it came; never if undefined. */
  leavesMs: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
  detached: fc.boolean(),
  /** Uploads its body by and by, or never to the end. */
  upload: fc.constantFrom('at once', 'slowly', 'never'),
  slowReader: fc.boolean(),
});

const plan = fc.record({
  runners: fc.array(fc.array(script, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
  calls: fc.array(call, { minLength: 1, maxLength: 8 }),
  idempotent: fc.boolean(),
  listener: fc.constantFrom('none', 'quick', 'slow'),
  closesMs: fc.integer({ min: 0, max: 800 }),
});

/** Long before every limit of a test: what is left then is stuck. */
const LIMITS = {
  placementMs: 200,
  closeGraceMs: 300,
  clientIdleMs: 250,
  callEndTimeoutMs: 150,
  detachedPlacementMs: 250,
  detachedHeadroomMs: 200,
};

function send(service: Service, of: Parameters<typeof begin>[1], visits: Visit[]): void {
  const visit = begin(service, of);
  if (of.leavesMs === undefined) visits.push(visit);
  else service.clock.after(of.leavesMs * MS, () => visit.leave());
}

function begin(
  service: Service,
  of: { detached: boolean; upload: string; slowReader: boolean; leavesMs: number | undefined },
): Visit {
  const uploading = new Subject<Uint8Array>();
  const sink = of.slowReader ? { takes: () => false, slowEnd: true } : {};
  const body = of.upload === 'at once' ? {} : { body: uploading };
  const visit = service.call({ detached: of.detached, ...body }, sink);
  uploading.next(new Uint8Array(10));
  if (of.upload === 'slowly') service.clock.after(20 * MS, () => uploading.complete());
  return visit;
}

test('any order of close, cancel, NACK and deadline leaves nothing held', () => {
  fc.assert(
    fc.property(plan, ({ runners, calls, idempotent, listener, closesMs }) => {
      const after: CallListener = {
        afterCall: () => timer(listener === 'slow' ? 1_000 : 5, asScheduler(service.clock)),
      };
      const service: Service = createService({
        runners,
        options: LIMITS,
        functions: { hello: { timeoutMs: 500, idempotent } },
        parts: { listeners: listener === 'none' ? [] : [after] },
      });
      const visits: Visit[] = []; // Of clients that stay.
      for (const of of calls) service.clock.after(of.atMs * MS, () => send(service, of, visits));
      let closed = 0;
      service.clock.after(closesMs * MS, () => {
        service.balancer.close().subscribe({
          complete: () => (closed += 1),
          error: (error: unknown) => {
            throw error;
          },
        });
      });
      advance(service.clock, 5_000 * MS);
      drain(service.clock);
      expect(service.idle()).toBe(true);
      expect(closed).toBe(1);
      for (const events of byCall(service.probed).values()) {
        const last = events.findIndex((event) => event.kind === 'end');
        const [end, ...after] = events.slice(last).map(({ kind }) => kind);
        const told = events[last]?.kind === 'end' && events[last].callEnd;
        expect([end, ...after]).toEqual(told ? ['end', 'call-end'] : ['end']);
      }
      const ends = service.probed.filter((event) => event.kind === 'end');
      expect(ends).toHaveLength(calls.length);
      expect(new Set(ends.map((end) => end.call)).size).toBe(calls.length);
      expect(ends.some((end) => end.code === 'internal')).toBe(false);
      // Nobody waits for ever: a client that stayed was told how its call ended.
      for (const visit of visits) {
        expect(visit.completed).toBe(true);
        expect(visit.verdict).toBeDefined();
      }
    }),
    { numRuns: 400 },
  );
});
