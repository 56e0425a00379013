/** Laws of one direction of a stream: order, instants, silence, the window, and what is unread. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { seededRng } from '../core/rng.js';
import type { RunnerMessage } from '../proto/wire.js';
import { ear, piece, type Ear } from '../test/conformance/wire-rig.js';
import { advance, createVirtualClock, drain, type VirtualClock } from '../test/support/virtual.js';
import { Pipe, Signal, type Item } from './pipe.js';

const ONE_WAY_US = 100;
const WINDOW = 65_535;
const END = { kind: 'status', code: 2, message: 'why' } as const;
const over = (): Signal => new Signal(undefined, END);
const sized = (bytes: number): RunnerMessage => piece(new Uint8Array(bytes));

/** A message that is told from others by its status. */
const said = (status: number): RunnerMessage => ({ kind: 'start', status, headers: [] });

interface Piped {
  readonly clock: VirtualClock;
  readonly pipe: Pipe<RunnerMessage>;
  readonly ear: Ear<RunnerMessage>;
  /** When each batch arrived, since the beginning, and what it held. */
  readonly batches: { readonly at: number; readonly items: readonly Item<RunnerMessage>[] }[];
  /** When the sender was told that it may go on. */
  readonly room: number[];
}

/** A pipe whose receiver takes what arrives, and hears of an end past what is unread. */
function piped(delay: () => number = () => ONE_WAY_US, react?: (pipe: Piped) => void): Piped {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const pipe = new Pipe<RunnerMessage>(clock, delay, (batch) => {
    self.batches.push({ at: clock.now() - startedAt, items: [...batch] });
    pipe.deliver(batch);
    pipe.overtake(batch);
  });
  const self: Piped = { clock, pipe, ear: ear(() => react?.(self)), batches: [], room: [] };
  pipe.listener = self.ear;
  pipe.onRoom = () => void self.room.push(clock.now() - startedAt);
  return self;
}

const statuses = ({ ear: { messages } }: Piped): number[] =>
  messages.map((message) => (message.kind === 'start' ? message.status : NaN));
const upTo = (count: number): number[] => [...Array(count).keys()];

describe('on the way', () => {
  test('no later message overtakes an earlier one, whatever the delays', () => {
    const sending = fc.record({ gapUs: fc.nat(200), delayUs: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(sending, { maxLength: 30 }), (sendings) => {
        let delayUs = 0;
        const p = piped(() => delayUs);
        for (const [index, sent] of sendings.entries()) {
          advance(p.clock, sent.gapUs);
          delayUs = sent.delayUs;
          p.pipe.send(said(index));
        }
        drain(p.clock);
        expect(statuses(p)).toEqual(upTo(sendings.length));
      }),
    );
  });

  test('a batch takes its own delay, or arrives with the one before it', () => {
    const delays = [100, 20, 50, 100];
    const p = piped(() => delays.shift() ?? 0);
    for (const index of upTo(4)) {
      p.pipe.send(said(index));
      advance(p.clock, 40);
    }
    drain(p.clock);
    expect(p.batches.map(({ at }) => at)).toEqual([100, 100, 130, 220]);
  });

  test('what was sent in one instant is one event, what was sent later another', () => {
    const p = piped();
    p.pipe.push(new Signal({ a: '1' }, undefined));
    p.pipe.send(said(0));
    p.pipe.send(said(1));
    advance(p.clock, 1);
    p.pipe.send(said(2));
    p.pipe.push(over());
    const before = p.clock.events;
    drain(p.clock);
    expect(p.clock.events - before).toBe(2);
    expect(p.batches.map(({ at, items }) => [at, items.length])).toEqual([
      [100, 3],
      [101, 2],
    ]);
    expect([p.ear.metadata, statuses(p), p.ear.ends]).toEqual([[{ a: '1' }], [0, 1, 2], [END]]);
  });

  test('with no latency, what is sent in the instant of an arrival travels on its own', () => {
    const p = piped(
      () => 0,
      () => {
        if (p.ear.messages.length < 3) p.pipe.send(said(p.ear.messages.length));
      },
    );
    p.pipe.send(said(0));
    drain(p.clock);
    expect(statuses(p)).toEqual([0, 1, 2]);
    expect(p.batches.map(({ at }) => at)).toEqual([0, 0, 0]);
  });

  test('an arrival in the midst of an instant does not split what is sent in it', () => {
    const p = piped();
    p.clock.after(ONE_WAY_US, () => p.pipe.send(said(1)));
    p.pipe.send(said(0));
    p.clock.after(ONE_WAY_US, () => p.pipe.send(said(2)));
    drain(p.clock);
    expect(p.batches.map(({ items }) => items.length)).toEqual([1, 2]);
  });

  test.each(['silenced', 'closed'] as const)('nothing passes a pipe that is %s', (how) => {
    const p = piped();
    p.pipe.send(said(0));
    advance(p.clock, ONE_WAY_US);
    p.pipe.send(said(1));
    advance(p.clock, 1);
    // One message is under way, one has not left.
    p.pipe[how] = true;
    p.pipe.send(said(2));
    p.pipe.push(over());
    expect(p.clock.pending).toBe(1);
    drain(p.clock);
    expect([statuses(p), p.ear.ends, p.batches.length]).toEqual([[0], [], 1]);
  });
});

describe('the window', () => {
  /** A receiver that stops after each message, so that the test says how much is read. */
  const reading = (): Piped => {
    const p = piped(undefined, ({ pipe }) => pipe.pause());
    p.pipe.pause();
    return p;
  };
  const read = ({ clock, pipe }: Piped): void => {
    pipe.resume(() => undefined);
    advance(clock, 0);
  };

  it('is full above 65 535 unread bytes, and counts data alone', () => {
    const p = reading();
    expect(p.pipe.send(said(0))).toBe(true);
    expect(p.pipe.send(sized(WINDOW))).toBe(true);
    expect(p.pipe.send(said(1))).toBe(true);
    expect(p.pipe.send(sized(1))).toBe(false);
  });

  it('has room again once half of it is read, told once and one way later', () => {
    const p = reading();
    for (const bytes of [WINDOW - 32_767, 1, 32_767, 5]) p.pipe.send(sized(bytes));
    advance(p.clock, ONE_WAY_US);
    read(p);
    // 32 773 bytes are unread: less than a window, more than its half.
    expect(p.pipe.send(sized(0))).toBe(false);
    read(p);
    advance(p.clock, ONE_WAY_US);
    expect([p.room, p.pipe.send(sized(0))]).toEqual([[], false]);
    read(p);
    expect([p.room, p.pipe.send(sized(0))]).toEqual([[], true]);
    advance(p.clock, ONE_WAY_US - 1);
    expect(p.room).toEqual([]);
    for (let i = 0; i < 10; i += 1) read(p);
    drain(p.clock);
    expect(p.room).toEqual([3 * ONE_WAY_US]);
  });

  it.each([
    [32_767, 1],
    [32_768, 0],
  ])('with %d bytes unread tells of room %d times', (unread, times) => {
    const p = reading();
    p.pipe.send(sized(WINDOW));
    p.pipe.send(sized(unread));
    advance(p.clock, ONE_WAY_US);
    read(p);
    drain(p.clock);
    expect(p.room).toHaveLength(times);
  });
});

describe('a receiver', () => {
  it('that pauses and resumes at any time reads all of it, in order', () => {
    const step = fc.oneof(
      fc.constantFrom('send', 'send', 'pause', 'resume'),
      fc.integer({ min: 0, max: 150 }),
    );
    const steps = fc.array(step, { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.boolean()), fc.nat(99), (all, stops, seed) => {
        let sent = 0;
        let pausing = false;
        const rng = seededRng(seed);
        const p = piped(
          () => rng.int(100),
          ({ pipe }) => {
            expect(pausing).toBe(false);
            pausing = stops.next().value as boolean;
            if (pausing) pipe.pause();
          },
        );
        const resume = (): void => {
          pausing = false;
          p.pipe.resume(() => undefined);
        };
        for (const each of all) {
          if (typeof each === 'number') advance(p.clock, each);
          else if (each === 'send') p.pipe.send(said(sent++));
          else if (each === 'resume') resume();
          else {
            pausing = true;
            p.pipe.pause();
          }
        }
        for (let i = 0; i <= sent; i += 1) {
          drain(p.clock);
          resume();
        }
        expect(statuses(p)).toEqual(upTo(sent));
      }),
    );
  });

  it('is told nothing within resume, and says once when it was handed what waited', () => {
    const p = piped();
    let handed = 0;
    const resume = (): void => p.pipe.resume(() => (handed += 1));
    resume();
    p.pipe.pause();
    resume();
    drain(p.clock);
    expect(handed).toBe(0);
    p.pipe.pause();
    p.pipe.send(said(0));
    drain(p.clock);
    resume();
    resume();
    expect([p.ear.told, handed, p.clock.pending]).toEqual([0, 0, 1]);
    drain(p.clock);
    expect([statuses(p), handed]).toEqual([[0], 1]);
  });

  it('that is handed more while it reads, reads that after the rest', () => {
    const p = piped(undefined, () => {
      if (p.ear.messages.length === 1) p.pipe.deliver([said(2)]);
    });
    p.pipe.deliver([said(0), said(1)]);
    expect(statuses(p)).toEqual([0, 1, 2]);
  });

  it('that has gone in the midst of a batch hears nothing more of it', () => {
    const p = piped(undefined, ({ pipe }) => (pipe.closed = true));
    p.pipe.send(said(0));
    p.pipe.send(said(1));
    p.pipe.push(over());
    drain(p.clock);
    expect([statuses(p), p.ear.ends]).toEqual([[0], []]);
  });

  it('that has paused hears of the end at once, and of what it left unread never', () => {
    const p = piped();
    p.pipe.pause();
    p.pipe.send(said(0));
    drain(p.clock);
    expect(p.ear.told).toBe(0);
    p.pipe.send(said(1));
    p.pipe.push(over());
    advance(p.clock, ONE_WAY_US);
    expect([statuses(p), p.ear.ends, p.pipe.closed]).toEqual([[], [END], true]);
    p.pipe.resume(() => undefined);
    drain(p.clock);
    expect([statuses(p), p.ear.ends]).toEqual([[], [END]]);
  });

  it('that reads hears of the end last, and once', () => {
    const p = piped();
    p.pipe.send(said(0));
    p.pipe.push(over());
    drain(p.clock);
    p.pipe.end(END);
    expect([statuses(p), p.ear.ends]).toEqual([[0], [END]]);
  });

  it('that has paused hears of metadata in its turn only', () => {
    const p = piped();
    p.pipe.pause();
    p.pipe.push(new Signal({ a: '1' }, undefined));
    drain(p.clock);
    expect([p.ear.told, p.pipe.closed]).toEqual([0, false]);
    p.pipe.resume(() => undefined);
    drain(p.clock);
    expect(p.ear.metadata).toEqual([{ a: '1' }]);
  });
});
