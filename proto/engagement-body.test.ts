/** Laws of a body on its way out: the time that is left goes with it, nothing outlives it. */
import { describe, expect, it } from 'vitest';
import type { Call } from '../core/call.js';
import { CallError } from '../core/errors.js';
import { testCall, utf8 } from '../test/support/calls.js';
import { scriptedClientWire } from '../test/support/scripted-wire.js';
import { SECOND, advance, createVirtualClock } from '../test/support/virtual.js';
import { engage } from './engagement.js';

/** Chunks, and then a disk that is gone. */
const failing = (chunks: number): Iterable<Uint8Array> => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < chunks; i++) yield utf8('x'.repeat(10_000));
    throw new CallError('body_broken', 'disk gone');
  },
});

function engaged(chunks: Iterable<Uint8Array> | undefined, window: number, agoUs = 0) {
  const clock = createVirtualClock();
  const arrivedAt = clock.now();
  advance(clock, agoUs);
  const wire = scriptedClientWire(window);
  const whole = testCall(clock, { arrivedAt, fn: { timeoutMs: 10_000 } });
  const free = { replay: () => undefined, sent: () => undefined };
  const body = chunks === undefined ? whole.body : { ...whole.body, ...free, chunks };
  const call: Call = { ...whole, body };
  const errors: CallError[] = [];
  const parts = { clock, wire: () => wire, mayCancel: () => true, onAbandoned: () => undefined };
  engage(parts, call, 1).subscribe({
    error: (error: unknown) => errors.push(CallError.from(error)),
  });
  return { clock, wire, errors };
}

describe('an attempt', () => {
  it.each([0, 3, 9])('sends what is left of the deadline, %d s after the arrival', (seconds) => {
    const { wire } = engaged(undefined, 1e9, seconds * SECOND);
    expect(wire.opened?.remainingUs).toBe((10 - seconds) * SECOND);
  });

  it.each([
    ['at once', 1e9, 0],
    ['after the wire said "enough"', 3, 1e9],
  ])('whose body breaks %s fails, and its stream is let go of', (_when, window, more) => {
    const { wire, errors } = engaged(failing(6), window);
    if (more > 0) {
      expect(errors).toEqual([]);
      expect(() => wire.drain(more)).not.toThrow();
    }
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['body_broken', 'disk gone'],
    ]);
    expect(wire.cancels).toBe(1);
  });

  it('whose runner says what cannot be read is broken, and its stream is let go of', () => {
    const { wire, errors } = engaged(undefined, 1e9);
    wire.peer({ kind: 'unreadable', cause: 'undecodable RunnerMsg' });
    expect([errors[0]?.code, wire.cancels]).toEqual(['broken', 1]);
  });

  it('whose runner does so behind the deadline has expired', () => {
    const { clock, wire, errors } = engaged(undefined, 1e9);
    advance(clock, 10 * SECOND);
    wire.peer({ kind: 'unreadable', cause: 'undecodable RunnerMsg' });
    expect(errors[0]?.code).toBe('expired');
  });
});
