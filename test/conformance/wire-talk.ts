/** Laws of a wire while it lasts: what is said at one end is told at the other, whole, in order. */
import { strict as assert } from 'node:assert';
import type { ClientMessage, RunnerMessage } from '../../proto/wire.js';
import { pattern } from './bytes.js';
import { law } from './law.js';
import {
  ENOUGH_US,
  EOF,
  OK,
  START,
  TRY,
  failed,
  frame,
  open,
  piece,
  take,
  type WireRig,
} from './wire-rig.js';

/** Messages sent where the other end does not read: far more than any window holds. */
const FLOOD = 200;
const CHUNK = 10_240;

const talk = (name: string, holds: (rig: WireRig) => Promise<void>) => law<WireRig>(name, holds);

/** A model may be one that works its fields out when they are read: their values are compared. */
const plain = (message: ClientMessage | undefined): unknown =>
  message?.kind === 'try' ? { ...message, model: { ...message.model } } : message;

export const wireTalkLaws = [
  talk('messages to the runner arrive whole and in order', async (rig) => {
    const { ears } = take(rig);
    const { wire } = open(rig);
    const said: ClientMessage[] = [TRY, frame(pattern(CHUNK)), frame(pattern(7, 2)), EOF];
    for (const message of said) wire.send(message);
    await rig.until(() => ears[0]?.messages.length === said.length);
    assert.deepEqual(ears[0]?.messages.map(plain), said.map(plain));
    wire.cancel();
  }),

  talk('messages to the LB arrive whole and in order, then the status', async (rig) => {
    const said: RunnerMessage[] = [START, piece(pattern(CHUNK)), piece(pattern(9, 3)), OK];
    take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      for (const one of said) wire.send(one);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    assert.deepEqual(ear.messages, said);
    assert.equal(ear.ends[0]?.kind, 'status');
    assert.equal(ear.ends[0]?.kind === 'status' && ear.ends[0].code, 0);
  }),

  talk('a failure keeps its code and its text', async (rig) => {
    const verdict = failed(503, 'Timed out - server too busy: really');
    take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.send(verdict);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    assert.deepEqual(ear.messages, [verdict]);
  }),

  talk('a message that says nothing arrives, and says nothing', async (rig) => {
    const { ears } = take(rig, (_message, wire) => {
      wire.send({ kind: 'unknown' });
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send({ kind: 'unknown' });
    await rig.until(() => ear.ends.length > 0);
    assert.deepEqual(ears[0]?.messages, [{ kind: 'unknown' }]);
    assert.deepEqual(ear.messages, [{ kind: 'unknown' }, OK]);
  }),

  talk('nothing is told during open or listen', async (rig) => {
    let duringListen = -1;
    rig.accept((wire) => {
      let told = 0;
      const count = (): void => void (told += 1);
      wire.listen({ onMetadata: count, onMessage: count, onDrain: count, onEnd: count });
      duringListen = told;
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    assert.equal(ear.told, 0);
    await rig.until(() => ear.ends.length > 0);
    assert.equal(duringListen, 0);
  }),

  talk('metadata travels both ways, the runner’s before its first message', async (rig) => {
    const order: string[] = [];
    const { wires } = take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.sendMetadata({ 'windtunnel-nack-reason': 'size', 'x-more': 'a b' });
      wire.send(failed(503, 'busy'));
      wire.finish(0, '');
    });
    const wire = rig.channel.wire();
    const metadata = { fn_request_id: 'r1', 'windtunnel-attempt': '3' };
    let received: Readonly<Record<string, string>> = {};
    wire.open(metadata, ENOUGH_US, {
      onMetadata(told) {
        received = told;
        order.push('metadata');
      },
      onMessage: () => void order.push('message'),
      onDrain: () => undefined,
      onEnd: () => void order.push('end'),
    });
    wire.send(TRY);
    await rig.until(() => order.includes('end'));
    assert.deepEqual(order, ['metadata', 'message', 'end']);
    assert.equal(received['windtunnel-nack-reason'], 'size');
    assert.equal(received['x-more'], 'a b');
    assert.equal(wires[0]?.metadata['fn_request_id'], 'r1');
    assert.equal(wires[0]?.metadata['windtunnel-attempt'], '3');
  }),

  talk('the runner learns what is left of the deadline, and never more', async (rig) => {
    const { wires } = take(rig);
    const { wire } = open(rig, {}, 7_000_000);
    wire.send(TRY);
    await rig.until(() => wires.length === 1);
    const remaining = wires[0]?.remainingUs ?? Infinity;
    assert.ok(remaining <= 7_000_000 && remaining > 5_000_000, `${remaining} µs`);
    wire.cancel();
  }),

  talk('wires of one channel do not mix', async (rig) => {
    take(rig, (message, wire) => {
      if (message.kind !== 'data') return;
      wire.send(START);
      wire.send(piece(message.bytes));
      wire.send(OK);
      wire.finish(0, '');
    });
    const all = Array.from({ length: 20 }, () => open(rig));
    for (const { wire } of all) wire.send(TRY);
    for (const [index, { wire }] of [...all.entries()].reverse()) {
      wire.send(frame(pattern(100 + index, index), true));
    }
    await rig.until(() => all.every(({ ear }) => ear.ends.length > 0));
    for (const [index, { ear }] of all.entries()) {
      assert.deepEqual(ear.messages, [START, piece(pattern(100 + index, index)), OK]);
    }
  }),

  talk('an LB that is told "enough" loses nothing, and is told when to go on', async (rig) => {
    const { wires, ears } = take(rig);
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ears[0]?.messages.length === 1);
    wires[0]?.pause();
    let sent = 0;
    while (sent < FLOOD && wire.send(frame(pattern(CHUNK, sent)))) sent += 1;
    assert.ok(sent < FLOOD, 'a wire that nobody reads takes everything');
    assert.equal(ear.drains, 0);
    wires[0]?.resume();
    await rig.until(() => ear.drains > 0);
    // The one that was answered with "enough" was taken all the same.
    await rig.until(() => ears[0]?.messages.length === 1 + sent + 1);
    assert.deepEqual(ears[0]?.messages.at(-1), frame(pattern(CHUNK, sent)));
    wire.cancel();
  }),

  talk('a runner that is told "enough" loses nothing, and is told when to go on', async (rig) => {
    let sent = 0;
    const { ears } = take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.send(START);
      while (sent < FLOOD && wire.send(piece(pattern(CHUNK, sent)))) sent += 1;
    });
    const { wire, ear } = open(rig);
    wire.pause();
    wire.send(TRY);
    await rig.until(() => sent > 0);
    assert.ok(sent < FLOOD, 'a wire that nobody reads takes everything');
    wire.resume();
    await rig.until(() => (ears[0]?.drains ?? 0) > 0);
    await rig.until(() => ear.messages.length === 1 + sent + 1);
    assert.deepEqual(ear.messages.at(-1), piece(pattern(CHUNK, sent)));
    wire.cancel();
  }),

  talk('a paused LB is told neither messages nor the end, and then both', async (rig) => {
    take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.send(START);
      wire.send(piece(pattern(5)));
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.pause();
    wire.send(TRY);
    await rig.settle();
    assert.deepEqual([ear.messages.length, ear.ends.length], [0, 0]);
    wire.resume();
    await rig.until(() => ear.ends.length > 0);
    assert.deepEqual(ear.messages, [START, piece(pattern(5)), OK]);
  }),

  talk('resume of a wire that is not paused does nothing', async (rig) => {
    take(rig, (message, wire) => {
      wire.resume();
      if (message.kind !== 'try') return;
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.resume();
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    wire.resume();
    await rig.settle();
    assert.deepEqual([ear.messages, ear.ends.length], [[OK], 1]);
  }),
];
