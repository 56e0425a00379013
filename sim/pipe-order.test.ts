/**
 * Laws of one direction of a stream on a clock that draws the order of each instant: what is sent
 * first is read first, all of it, and then the end.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../core/rng.js';
import type { RunnerMessage, WireListener } from '../proto/wire.js';
import { createVirtualClock, drain, type VirtualClock } from '../test/support/virtual.js';
import { Pipe, Signal } from './pipe.js';

const END = { kind: 'status', code: 2, message: 'why' } as const;
const said = (status: number): RunnerMessage => ({ kind: 'start', status, headers: [] });

interface Piped {
  readonly clock: VirtualClock;
  readonly pipe: Pipe<RunnerMessage>;
  /** What the receiver was told: numbers of messages, and of ends. */
  readonly told: (number | 'end')[];
}

/** `delaysUs`, round and round: shorter ones behind a longer one arrive all in its instant. */
function piped(seed: number, delaysUs: readonly number[]): Piped {
  const clock = createVirtualClock(seededRng(seed));
  let drawn = 0;
  const pipe = new Pipe<RunnerMessage>(
    clock,
    () => delaysUs[drawn++ % delaysUs.length] ?? 0,
    (batch) => {
      pipe.deliver(batch);
      pipe.overtake(batch);
    },
  );
  const told: Piped['told'] = [];
  const listener: WireListener<RunnerMessage> = {
    onMetadata: () => undefined,
    onMessage: (message) => void told.push(message.kind === 'start' ? message.status : NaN),
    onDrain: () => undefined,
    onEnd: () => void told.push('end'),
  };
  pipe.listener = listener;
  return { clock, pipe, told };
}

const upTo = (count: number): number[] => [...Array(count).keys()];
const seed = fc.nat();
const delays = fc.array(fc.nat(8), { minLength: 1, maxLength: 8 });
/** When each message leaves: so near that they share instants, with each other and arrivals. */
const departures = fc.array(fc.nat(8), { minLength: 1, maxLength: 60, size: 'max' });
const pauses = fc.array(fc.record({ atUs: fc.nat(16), forUs: fc.nat(8) }), { maxLength: 5 });

/** Sends a message at each departure, in what order ever, and `last` with the last of them. */
function send({ clock, pipe }: Piped, departuresUs: readonly number[], last: () => void): void {
  let sent = 0;
  for (const us of departuresUs) {
    clock.after(us, () => {
      pipe.send(said(sent));
      sent += 1;
      if (sent === departuresUs.length) last();
    });
  }
}

/** A receiver that does not read for a while. */
function pause({ clock, pipe }: Piped, { atUs, forUs }: { atUs: number; forUs: number }): void {
  clock.after(atUs, () => pipe.pause());
  clock.after(atUs + forUs, () => pipe.resume(() => undefined));
}

describe('in whatever order the timers of an instant run', () => {
  test('messages are read as they were sent, and then the end', () => {
    fc.assert(
      fc.property(seed, delays, departures, (drawnBy, delaysUs, departuresUs) => {
        const p = piped(drawnBy, delaysUs);
        send(p, departuresUs, () => p.pipe.push(new Signal(undefined, END)));
        drain(p.clock);
        expect(p.told).toEqual([...upTo(departuresUs.length), 'end']);
      }),
    );
  });

  test('... and so they are by a receiver that stops and goes on', () => {
    fc.assert(
      fc.property(seed, delays, departures, pauses, (drawnBy, delaysUs, departuresUs, all) => {
        const p = piped(drawnBy, delaysUs);
        send(p, departuresUs, () => undefined);
        for (const one of all) pause(p, one);
        drain(p.clock);
        // Of one instant the stop may have come behind its own end.
        p.pipe.resume(() => undefined);
        drain(p.clock);
        expect(p.told).toEqual(upTo(departuresUs.length));
      }),
    );
  });

  test('one that has stopped hears of the end all the same, once, and nothing more', () => {
    fc.assert(
      fc.property(seed, delays, departures, pauses, (drawnBy, delaysUs, departuresUs, all) => {
        const p = piped(drawnBy, delaysUs);
        send(p, departuresUs, () => p.pipe.push(new Signal(undefined, END)));
        for (const one of all) pause(p, one);
        drain(p.clock);
        expect(p.told).toEqual([...upTo(p.told.length - 1), 'end']);
      }),
    );
  });
});
