/**
 * Laws of back-pressure: a slow client loses no byte, holds no slot for long, and costs a bound.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from '../test/support/calls.js';
import { responding } from '../test/support/responses.js';
import { DONE, START, data } from '../test/support/scripted-runner.js';
import { SECOND, advance, drain } from '../test/support/virtual.js';
import { createBudget } from './budget.js';

const KIB = 1024;
const bytes = (length: number) => data(new Uint8Array(length));
const never = { takes: () => false };

describe('a client that takes nothing', () => {
  const options = { absorbMaxBytes: 100 * KIB, headHoldBytes: 1 };

  it('slows its runner above the limit, not at it', () => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(KIB), bytes(100 * KIB));
    expect([r.absorbed.used, r.valve.open]).toEqual([100 * KIB, true]);
    r.say(bytes(1));
    expect([r.absorbed.used, r.valve.open]).toEqual([100 * KIB + 1, false]);
  });

  it('lets its runner go on when half is taken, and the shared budget returns to 0', () => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(KIB), bytes(60 * KIB), bytes(60 * KIB));
    expect(r.valve.open).toBe(false);
    r.sink.drain();
    expect([r.absorbed.used, r.valve.open]).toEqual([60 * KIB, false]);
    r.sink.drain();
    expect([r.absorbed.used, r.valve.open]).toEqual([0, true]);
  });

  it.each([
    [50 * KIB, true],
    [50 * KIB + 1, false],
  ])('with %d bytes left of a limit of 100 KiB: its runner goes on: %s', (left, open) => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(KIB), bytes(60 * KIB), bytes(left));
    expect(r.valve.open).toBe(false);
    r.sink.drain();
    expect([r.absorbed.used, r.valve.open]).toEqual([left, open]);
  });

  it('slows its runner again only above the limit', () => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(KIB), bytes(60 * KIB), bytes(50 * KIB));
    r.sink.drain();
    r.say(bytes(50 * KIB));
    expect([r.absorbed.used, r.valve.open]).toEqual([100 * KIB, true]);
    r.say(bytes(1));
    expect(r.valve.open).toBe(false);
  });

  it('slows its runner at once while all calls together hold too much', () => {
    const absorbed = createBudget(10);
    absorbed.force(11);
    const r = responding({ sink: never, options, absorbed });
    r.say(START, bytes(1), bytes(1));
    expect(r.valve.open).toBe(false);
    r.sink.drain();
    expect([absorbed.used, r.valve.open]).toEqual([11, true]);
  });

  it('is cut after its idle limit once the verdict is there', () => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(2), bytes(3));
    advance(r.clock, 100 * SECOND);
    expect(r.verdicts).toEqual([]);
    r.say(DONE);
    advance(r.clock, 30 * SECOND - 1);
    expect(r.verdicts).toEqual([]);
    advance(r.clock, 1);
    expect(r.verdicts).toEqual([
      { outcome: 'canceled', code: 'client_idle', status: 200, bytesOut: 2 },
    ]);
    expect([r.sink.log.at(-1), r.absorbed.used, r.clock.pending]).toEqual(['cut', 0, 0]);
    r.sink.drain();
    expect([r.sink.log.at(-1), r.clock.pending]).toEqual(['cut', 0]);
  });

  it('has the whole idle limit again whenever it takes something', () => {
    const r = responding({ sink: never, options });
    r.say(START, bytes(1), bytes(1), bytes(1), DONE);
    advance(r.clock, 29 * SECOND);
    r.sink.drain();
    advance(r.clock, 29 * SECOND);
    r.sink.drain();
    expect(r.verdicts[0]?.outcome).toBe('ok');
  });

  it('is told of the end once, even if it drains after that', () => {
    const r = responding({ sink: { ...never, slowEnd: true }, options });
    r.say(START, bytes(1), DONE);
    expect(r.sink.ended).toBe(true);
    r.sink.drain();
    r.sink.taken();
    expect(r.verdicts[0]?.outcome).toBe('ok');
    expect(r.sink.log).toEqual(['head 200', 'write 1', 'end']);
  });

  it('stays idle-limited through its end', () => {
    const r = responding({ sink: { slowEnd: true } });
    r.say(START, DONE);
    drain(r.clock);
    expect(r.verdicts[0]?.code).toBe('client_idle');
  });

  it('gains no time by room that nobody waits for', () => {
    const r = responding({ sink: { slowEnd: true } });
    r.say(START, DONE);
    advance(r.clock, 20 * SECOND);
    r.sink.drain();
    advance(r.clock, 10 * SECOND);
    expect(r.verdicts[0]?.code).toBe('client_idle');
  });
});

describe('for any chunking and any pattern of taking', () => {
  it('bytes out are bytes in, and nothing is held afterwards', () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((chunk) => ({ chunk })),
      fc.constant('drain' as const),
      fc.integer({ min: 0, max: 10_000 }).map((us) => ({ us })),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        fc.boolean(),
        fc.integer({ min: 1, max: 60 }),
        (steps, takes, slowEnd, headHoldBytes) => {
          const sent: Uint8Array[] = [];
          const r = responding({
            sink: { slowEnd, takes: () => takes.next().value as boolean },
            options: { headHoldBytes, absorbMaxBytes: 64, absorbTotalBytes: 64 },
          });
          r.say(START);
          for (const each of steps) {
            if (each === 'drain') r.sink.drain();
            else if ('us' in each) advance(r.clock, each.us);
            else {
              sent.push(each.chunk);
              r.say(data(each.chunk));
            }
          }
          r.say(DONE);
          for (let i = 0; i <= sent.length && !r.sink.ended; i++) r.sink.drain();
          if (slowEnd) r.sink.taken();
          expect(r.sink.body).toEqual(joined(sent));
          const length = r.sink.header('content-length');
          if (length !== undefined) expect(Number(length)).toBe(r.sink.body.length);
          expect(r.verdicts).toEqual([
            { outcome: 'ok', code: '', status: 200, bytesOut: r.sink.body.length },
          ]);
          expect([r.absorbed.used, r.clock.pending, r.listening]).toEqual([0, 0, false]);
        },
      ),
    );
  });
});
