/** Laws of detached calls: accepted, not answered; the gate's, not the client's. */
import { describe, expect, it } from 'vitest';
import {
  DONE,
  START,
  breaks,
  data,
  failure,
  hangs,
  nacks,
  says,
} from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';

const ends = (service: Service): string[] =>
  service.probed.flatMap((event) =>
    event.kind === 'end' ? [`${event.outcome} ${event.code} ${event.status}`] : [],
  );

const slowly = [
  { afterUs: 10 * MS, says: START },
  { afterUs: 500 * MS, says: data('unread') },
  ...says(DONE),
];

describe('a detached call', () => {
  it('is 202 and empty as soon as a runner has accepted, and runs on', () => {
    const service = createService({ runners: [slowly.length > 0 ? [slowly] : []] });
    const visit = service.call({ detached: true });
    advance(service.clock, 9 * MS);
    expect(visit.verdict).toBe(undefined);
    advance(service.clock, 1 * MS);
    expect(visit.verdict).toMatchObject({ outcome: 'ok', status: 202 });
    expect([visit.sink.status, visit.sink.ended, visit.sink.body.length]).toEqual([202, true, 0]);
    expect(visit.sink.header('Content-Length')).toBe('0');
    expect(service.balancer.held.calls).toBe(1);
    drain(service.clock);
    expect(ends(service)).toEqual(['ok  202']);
    expect(service.idle()).toBe(true);
  });

  it.each(['before', 'after'])(
    'is not canceled by a client that leaves %s it is accepted',
    (when) => {
      const service = createService({ runners: [[slowly]] });
      const visit = service.call({ detached: true });
      advance(service.clock, when === 'before' ? MS : 20 * MS);
      visit.leave();
      drain(service.clock);
      expect([ends(service), service.idle()]).toEqual([['ok  202'], true]);
    },
  );

  it('is offered elsewhere on a NACK, like any other', () => {
    const service = createService({ runners: [[nacks()], [slowly]] });
    const visit = service.call({ detached: true });
    drain(service.clock);
    expect(visit.sink.status).toBe(202);
    expect(service.runners.map((runner) => runner.engaged.length)).toEqual([1, 1]);
  });

  it.each([
    ['breaks', breaks(), 502, 'failed broken 502'],
    ['fails', says(failure(501, 'no detached calls here')), 501, 'failed failed 501'],
  ])('that %s before it is accepted is an error to its client', (_name, script, status, end) => {
    const service = createService({ runners: [[script]] });
    const visit = service.call({ detached: true });
    drain(service.clock);
    expect([visit.sink.status, ends(service)]).toEqual([status, [end]]);
    expect(service.idle()).toBe(true);
  });

  it('that fails after it was accepted is still 202, and counts as failed', () => {
    const service = createService({ runners: [[breaks(START)]] });
    const visit = service.call({ detached: true });
    drain(service.clock);
    expect([visit.sink.status, ends(service)]).toEqual([202, ['failed broken 202']]);
  });

  it('has a placement budget of its own, and headroom beyond its timeout', () => {
    const options = { placementMs: 100, detachedPlacementMs: 2_000, detachedHeadroomMs: 5_000 };
    const functions = { hello: { timeoutMs: 1_000 } };
    const full = createService({ runners: [[nacks()]], options, functions });
    const refused = full.call({ detached: true });
    advance(full.clock, 1_990 * MS);
    expect(refused.verdict).toBe(undefined);
    advance(full.clock, 20 * MS);
    expect(refused.verdict).toMatchObject({ outcome: 'refused', status: 503 });
    const service = createService({ runners: [[hangs(START)]], options, functions });
    service.call({ detached: true });
    advance(service.clock, 8 * SECOND - 1);
    expect(ends(service)).toEqual([]);
    advance(service.clock, 1);
    expect([ends(service), service.idle()]).toEqual([['expired expired 202'], true]);
  });

  it('is waited for by close, and forced at the grace limit', () => {
    const service = createService({ runners: [[hangs(START)]], options: { closeGraceMs: 1_000 } });
    service.call({ detached: true });
    advance(service.clock, 20 * MS);
    let closed = false;
    service.balancer.close().subscribe({
      complete: () => (closed = true),
      error: (error: unknown) => {
        throw error;
      },
    });
    advance(service.clock, SECOND - 1);
    expect(closed).toBe(false);
    advance(service.clock, 1);
    expect([closed, ends(service)]).toEqual([true, ['failed aborted 202']]);
    expect(service.idle()).toBe(true);
  });

  it('keeps its body until it is sent, and not longer', () => {
    const service = createService({ runners: [[slowly]] });
    service.call({ detached: true, body: new Uint8Array(100) });
    advance(service.clock, 20 * MS);
    expect(service.balancer.held.bodyBytes).toBe(0);
    const chunks = service.runners[0]?.engaged[0]?.offered.body.chunks ?? [1];
    expect([...chunks]).toEqual([]);
  });

  it('travels as what it is', () => {
    const service = createService({ runners: [[slowly]] });
    service.call({ detached: true });
    expect(service.runners[0]?.engaged[0]?.offered.detached).toBe(true);
  });
});
