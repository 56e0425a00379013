/** Laws of how a wire ends: exactly once, for a cause that says whether a stream ever was. */
import { strict as assert } from 'node:assert';
import { law } from './law.js';
import { EOF, OK, START, TRY, frame, open, take, type WireRig } from './wire-rig.js';

const end = (name: string, holds: (rig: WireRig) => Promise<void>) => law<WireRig>(name, holds);

const SECOND_US = 1_000_000;

/** Codes a runner may end a stream with that no library makes up: they are statuses of its own. */
const STATUSES = [2, 3, 4, 7, 503];

export const wireEndLaws = [
  end(
    'a status that is not OK arrives as it was, with or without messages before it',
    async (rig) => {
      for (const code of STATUSES) {
        for (const messages of [[], [START]]) {
          take(rig, (message, wire) => {
            if (message.kind !== 'try') return;
            for (const one of messages) wire.send(one);
            wire.finish(code, 'why: not');
          });
          const { wire, ear } = open(rig);
          wire.send(TRY);
          await rig.until(() => ear.ends.length > 0);
          assert.deepEqual(ear.ends, [{ kind: 'status', code, message: 'why: not' }]);
          assert.deepEqual(ear.messages, messages);
        }
      }
    },
  ),

  end('after its status a runner is told nothing', async (rig) => {
    const { ears } = take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    const told = ears[0]?.told;
    wire.send(frame(new Uint8Array(10)));
    wire.send(EOF);
    wire.cancel();
    await rig.settle();
    assert.equal(ears[0]?.told, told);
    assert.equal(ear.ends.length, 1);
  }),

  end('a runner that finishes or cancels again is not heard, and not punished', async (rig) => {
    const { wires } = take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.send(OK);
      wire.finish(0, '');
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    wires[0]?.finish(2, 'again');
    wires[0]?.cancel();
    wires[0]?.send(OK);
    wires[0]?.pause();
    wires[0]?.resume();
    await rig.settle();
    assert.deepEqual([ear.messages.length, ear.ends.length], [1, 1]);
  }),

  end(
    'a cancel by the LB reaches the runner once, and the LB is told nothing more',
    async (rig) => {
      const { ears, wires } = take(rig);
      const { wire, ear } = open(rig);
      wire.send(TRY);
      await rig.until(() => ears[0]?.messages.length === 1);
      wire.cancel();
      wire.cancel();
      wire.send(EOF);
      await rig.until(() => ears[0]?.ends.length === 1);
      assert.equal(ears[0]?.ends[0]?.kind, 'lost');
      // What the runner says to nobody goes nowhere.
      wires[0]?.send(OK);
      wires[0]?.finish(0, '');
      await rig.settle();
      // HTTP/2 ends what can be read before it resets: that may show as a half-close first.
      const messages = ears[0]?.messages.filter((message) => message.kind !== 'unknown') ?? [];
      assert.deepEqual([ear.told, messages.length, ears[0]?.ends.length], [0, 1, 1]);
    },
  ),

  end('a cancel in the turn of the open reaches a runner that hears of the wire', async (rig) => {
    const { ears } = take(rig);
    const { wire, ear } = open(rig);
    wire.send(TRY);
    wire.cancel();
    await rig.settle();
    await rig.until(() => ears.every(({ ends }) => ends.length === 1));
    assert.equal(ear.told, 0);
  }),

  end('a cancel reaches a runner that has paused its wire', async (rig) => {
    const { ears, wires } = take(rig);
    const { wire } = open(rig);
    wire.send(TRY);
    await rig.until(() => ears[0]?.messages.length === 1);
    wires[0]?.pause();
    wire.send(frame(new Uint8Array(10)));
    wire.cancel();
    await rig.until(() => ears[0]?.ends.length === 1);
  }),

  end('a wire that was canceled before it was opened is quiet', async (rig) => {
    rig.channel.wire().cancel();
    await rig.settle();
    assert.equal(rig.channel.ready, true);
  }),

  end('a cancel by the runner is lost to the LB, and the runner is told nothing', async (rig) => {
    const { ears } = take(rig, (message, wire) => {
      if (message.kind !== 'try') return;
      wire.cancel();
      wire.cancel();
    });
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ear.ends.length > 0);
    await rig.settle();
    assert.deepEqual(
      ear.ends.map((one) => one.kind),
      ['lost'],
    );
    assert.equal(ears[0]?.ends.length, 0);
    assert.equal(rig.channel.ready, true);
  }),

  end('a stream that is reset is lost to both ends, and only it', async (rig) => {
    if (rig.resetStreams === undefined) return;
    const { ears } = take(rig);
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ears[0]?.messages.length === 1);
    rig.resetStreams();
    await rig.until(() => ear.ends.length > 0 && ears[0]?.ends.length === 1);
    assert.deepEqual([ear.ends[0]?.kind, ears[0]?.ends[0]?.kind], ['lost', 'lost']);
    const next = open(rig);
    next.wire.send(TRY);
    await rig.until(() => ears[1]?.messages.length === 1);
    next.wire.cancel();
  }),

  end(
    'a runner that dies loses every wire; then nothing is ready, and a wire refused',
    async (rig) => {
      if (rig.crash === undefined) return;
      const { ears } = take(rig);
      const all = [open(rig), open(rig)];
      for (const { wire } of all) wire.send(TRY);
      await rig.until(() => ears.length === 2);
      rig.crash();
      await rig.until(() => all.every(({ ear }) => ear.ends.length === 1));
      for (const { ear } of all) assert.equal(ear.ends[0]?.kind, 'lost');
      await rig.until(() => !rig.channel.ready);
      const late = open(rig);
      late.wire.send(TRY);
      assert.equal(late.ear.told, 0);
      await rig.until(() => late.ear.ends.length === 1);
      assert.equal(late.ear.ends[0]?.kind, 'refused');
      assert.equal(ears.length, 2);
    },
  ),

  end('closing a channel loses its wires at both ends and refuses the next', async (rig) => {
    const { ears } = take(rig);
    const { wire, ear } = open(rig);
    wire.send(TRY);
    await rig.until(() => ears[0]?.messages.length === 1);
    rig.channel.close();
    rig.channel.close();
    assert.equal(rig.channel.ready, false);
    await rig.until(() => ear.ends.length === 1 && ears[0]?.ends.length === 1);
    assert.deepEqual([ear.ends[0]?.kind, ears[0]?.ends[0]?.kind], ['lost', 'lost']);
    const late = open(rig);
    assert.equal(late.ear.told, 0);
    await rig.until(() => late.ear.ends.length === 1);
    assert.equal(late.ear.ends[0]?.kind, 'refused');
    const answers: unknown[] = [];
    rig.channel.status(SECOND_US, (answer) => answers.push(answer));
    assert.equal(answers.length, 0);
    await rig.until(() => answers.length === 1);
    assert.equal(typeof answers[0], 'string');
  }),

  end('the Status RPC has one answer, and none once it is canceled', async (rig) => {
    const answers: unknown[] = [];
    const canceled: unknown[] = [];
    rig.channel.status(SECOND_US, (answer) => answers.push(answer));
    rig.channel.status(SECOND_US, (answer) => canceled.push(answer))();
    assert.equal(answers.length, 0);
    await rig.until(() => answers.length === 1);
    await rig.settle();
    assert.deepEqual([answers, canceled], [[rig.status], []]);
  }),
];
