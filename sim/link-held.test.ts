/** Whatever both ends, the network and the process do, the link holds nothing at the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START, frame, piece, type Opened } from '../test/conformance/wire-rig.js';
import { linkEnds } from '../test/support/link-ends.js';
import { advance, drain } from '../test/support/virtual.js';
import type { Fate } from './link.js';

describe('a stream that the LB has canceled', () => {
  function canceled() {
    const ends = linkEnds();
    const { wire } = ends.open();
    drain(ends.clock);
    return { ends, cancel: () => wire.cancel(), server: ends.taken[0] };
  }

  it('is held by a runner that cannot hear of it, until that is done', () => {
    const { ends, cancel, server } = canceled();
    ends.link.rules.add(() => 'drop');
    cancel();
    drain(ends.clock);
    expect([server?.ear.ends, ends.link.open]).toEqual([[], 1]);
    server?.wire.finish(0, '');
    expect(ends.link.open).toBe(0);
  });

  it('canceled twice is one reset to its runner, also where that hears of it late', () => {
    const ends = linkEnds();
    const streams = Array.from({ length: 600 }, () => ends.open().wire);
    const { wire: innocent, ear } = ends.open();
    drain(ends.clock);
    expect(innocent).toBeDefined();
    for (let twice = 0; twice < 2; twice++) for (const wire of streams) wire.cancel();
    drain(ends.clock);
    // 1200 resets would be more than a connection stands.
    expect(ear.ends).toEqual([]);
  });

  it('is held no longer than its runner lives', () => {
    const { ends, cancel, server } = canceled();
    cancel();
    ends.crash();
    expect([server?.ear.ends.length, ends.link.open]).toEqual([1, 0]);
  });
});

describe('after any sequence of what both ends, the network and the process do', () => {
  const STEPS = [
    'open',
    'frame',
    'cancel',
    'pause',
    'resume',
    'answer',
    'finish',
    'reset',
  ] as const;
  const FAULTS = ['crash', 'back', 'stop', 'go', 'reset all'] as const;
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...STEPS) },
    { weight: 2, arbitrary: fc.constantFrom<Fate | (typeof FAULTS)[number]>(...FAULTS) },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('pass', 'drop', 'break') },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 500 }) },
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  function fly(steps: readonly { readonly does: Step; readonly nth: number }[]): void {
    const ends = linkEnds({ jitterUs: 100 });
    let fate: Fate = 'pass';
    let alive = true;
    const rule = (): Fate => fate;
    ends.link.rules.add(rule);
    const clients: Opened[] = [];
    const act = (does: Step, nth: number): void => {
      const client = clients[nth % clients.length];
      const server = ends.taken[nth % ends.taken.length];
      const end = nth % 2 === 0 ? client : server;
      if (typeof does === 'number') advance(ends.clock, does);
      else if (does === 'open') clients.push(ends.open());
      else if (does === 'frame') client?.wire.send(frame(new Uint8Array(40_000)));
      else if (does === 'answer')
        server?.wire.send(nth < 9 ? START : piece(new Uint8Array(40_000)));
      else if (does === 'finish') server?.wire.finish(0, '');
      else if (does === 'cancel') client?.wire.cancel();
      else if (does === 'reset') server?.wire.cancel();
      else if (does === 'pause') end?.wire.pause();
      else if (does === 'resume') end?.wire.resume();
      else if (does === 'reset all') ends.link.resetStreams();
      else if (does === 'stop' && alive) ends.stop();
      else if (does === 'go') ends.go();
      else if (does === 'crash' || does === 'back') {
        if (alive === (does === 'back')) return;
        alive = does === 'back';
        ends[does]();
      } else if (does !== 'stop') fate = does;
    };
    for (const { does, nth } of steps) act(does, nth);
    ends.go();
    drain(ends.clock);
    ends.link.rules.clear();
    for (const { wire } of clients) wire.cancel();
    for (const { wire } of ends.taken) wire.finish(0, '');
    drain(ends.clock);
    for (const { wire } of ends.taken) wire.finish(0, '');
    drain(ends.clock);
    expect([ends.link.open, ends.clock.pending]).toEqual([0, 0]);
    for (const { ear } of [...clients, ...ends.taken]) {
      expect(ear.ends.length).toBeLessThanOrEqual(1);
    }
  }

  it('each end is told of its end at most once, and nothing is held', () => {
    const steps = fc.array(fc.record({ does: step, nth: fc.nat(20) }), { maxLength: 60 });
    fc.assert(fc.property(steps, fly), { numRuns: 500 });
  });
});
