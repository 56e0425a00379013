/** Laws of an engagement: its grammar, what travels in it, and that leaving is the only cancel. */
import { strict as assert } from 'node:assert';
import { NEVER, Observable, concat, of } from 'rxjs';
import { pattern, sameBytes, utf8 } from './bytes.js';
import { callOf } from './call.js';
import { law } from './law.js';
import {
  DONE,
  START,
  answering,
  codeOf,
  data,
  engaged,
  failure,
  kinds,
  output,
  saying,
  type RunnerRig,
  type Seen,
} from './runner-rig.js';

const engage = (name: string, holds: (rig: RunnerRig) => Promise<void>) =>
  law<RunnerRig>(name, holds);

export const runnerEngageLaws = [
  engage(
    'nothing happens before subscription, and each subscription is an engagement',
    async (rig) => {
      const seen: Seen[] = [];
      rig.runs(answering(seen, () => of(START, DONE)));
      const engagement = rig.runner.engage(callOf(rig.clock), 1);
      await rig.settle();
      assert.equal(seen.length, 0);
      let completed = 0;
      for (let i = 0; i < 2; i++) engagement.subscribe({ complete: () => (completed += 1) });
      await rig.until(() => completed === 2);
      assert.equal(seen.length, 2);
    },
  ),

  engage('an answer is start, data, finished, complete', async (rig) => {
    const pieces = [pattern(40_000), pattern(1, 2), pattern(10_240, 3)];
    rig.runs(answering([], () => of(START, ...pieces.map(data), DONE)));
    const one = engaged(rig, { body: [utf8('ping')] });
    await rig.until(() => one.ends > 0);
    assert.match(kinds(one), /^start( data)+ finished$/);
    assert.deepEqual(one.events[0], START);
    sameBytes(output(one), new Uint8Array(Buffer.concat(pieces)));
    const last = one.events.at(-1);
    assert.ok(last?.kind === 'finished' && last.success && last.code === 0);
    await rig.settle();
    assert.deepEqual([one.ends, one.completed], [1, true]);
  }),

  engage('a success without a head has the head 200 before it', async (rig) => {
    rig.runs(saying(DONE));
    const one = engaged(rig);
    await rig.until(() => one.ends > 0);
    assert.equal(kinds(one), 'start finished');
    assert.deepEqual(one.events[0], { kind: 'start', status: 200, headers: [] });
  }),

  engage(
    'a failure is a value, with its code and its text, with or without a head',
    async (rig) => {
      for (const before of [[], [START]]) {
        rig.runs(saying(...before, failure(418, 'a: teapot')));
        const one = engaged(rig);
        await rig.until(() => one.ends > 0);
        const last = one.events.at(-1);
        assert.equal(one.completed, true);
        assert.equal(one.events.length, before.length + 1);
        assert.ok(last?.kind === 'finished' && !last.success);
        assert.deepEqual([last.code, last.message], [418, 'a: teapot']);
      }
    },
  ),

  engage('a NACK is a value alone, with its reason and its push-back', async (rig) => {
    for (const reason of ['busy', 'size', 'draining'] as const) {
      for (const more of [{}, { retryAfterUs: 250_000 }]) {
        rig.runs(saying({ kind: 'nack', reason, ...more }));
        const one = engaged(rig, { body: [pattern(100_000)] });
        await rig.until(() => one.ends > 0);
        assert.deepEqual(one.events, [{ kind: 'nack', reason, ...more }]);
        assert.equal(one.completed, true);
      }
    }
  }),

  engage('an execution that fails with 503 is never taken for a NACK', async (rig) => {
    for (const before of [[], [START]]) {
      rig.runs(saying(...before, failure(503, 'a registry said so')));
      const one = engaged(rig);
      await rig.until(() => one.ends > 0);
      assert.ok(!kinds(one).includes('nack'));
    }
  }),

  engage('the function reads the whole request, in whatever chunks it was kept', async (rig) => {
    const bodies = [
      [],
      [pattern(1)],
      [pattern(10_240)],
      [pattern(10_241)],
      [pattern(5), pattern(7, 2), pattern(200_000, 3)],
    ];
    for (const body of bodies) {
      const seen: Seen[] = [];
      rig.runs(answering(seen, (_offer, bytes) => of(START, data(bytes), DONE)));
      const one = engaged(rig, { body });
      await rig.until(() => one.ends > 0);
      sameBytes(output(one), new Uint8Array(Buffer.concat(body)));
      assert.equal(seen[0]?.read, true);
    }
  }),

  engage('the body is let go of once it is sent and the answer has begun', async (rig) => {
    rig.runs({ execute: () => concat(of(START), NEVER) });
    const one = engaged(rig, { body: [utf8('ping')] });
    await rig.until(() => one.events.length > 0);
    assert.equal([...one.call.body.chunks].length, 1);
    one.call.body.committed();
    assert.equal([...one.call.body.chunks].length, 0);
    one.leave();
  }),

  engage('the function learns what the call is, and which attempt', async (rig) => {
    const seen: Seen[] = [];
    rig.runs(answering(seen, () => of(START, DONE)));
    const one = engaged(rig, { id: 'call-7', fn: 'pay', timeoutMs: 12_000 }, 3);
    await rig.until(() => one.ends > 0);
    const { model, attempt, slotHashId, extensions } = seen[0]?.offer ?? assert.fail();
    assert.deepEqual([model.id, model.fn_id, model.timeout], ['call-7', 'pay', 12]);
    assert.deepEqual([attempt, slotHashId, { ...extensions }], [3, '6162', { a: 'b' }]);
    assert.deepEqual(model.headers['Content-Type'], ['text/plain']);
  }),

  engage('engagements of one runner do not mix', async (rig) => {
    rig.runs(answering([], (_offer, bytes) => of(START, data(bytes), DONE)));
    const all = Array.from({ length: 30 }, (_, index) =>
      engaged(rig, { id: `call-${index}`, body: [pattern(1 + index * 1000, index)] }),
    );
    await rig.until(() => all.every((one) => one.ends === 1));
    for (const [index, one] of all.entries()) {
      sameBytes(output(one), pattern(1 + index * 1000, index));
    }
  }),

  engage('leaving stops the function, and nothing is said any more', async (rig) => {
    let stopped = 0;
    let speak: (() => void) | undefined;
    rig.runs({
      execute: () =>
        new Observable((out) => {
          out.next(START);
          speak = () => out.next(data(pattern(10)));
          return () => (stopped += 1);
        }),
    });
    const one = engaged(rig);
    await rig.until(() => one.events.length === 1);
    speak?.();
    one.leave();
    await rig.until(() => stopped === 1);
    await rig.settle();
    assert.deepEqual([one.events.length, one.ends, stopped], [1, 0, 1]);
  }),

  engage('leaving in the turn of subscription leaves nothing behind', async (rig) => {
    const seen: Seen[] = [];
    rig.runs(answering(seen, () => NEVER));
    const one = engaged(rig);
    one.leave();
    await rig.settle();
    await rig.until(() => seen.every(({ stopped }) => stopped));
    assert.deepEqual([one.events.length, one.ends], [0, 0]);
  }),

  engage('a closed valve holds the answer back, and an open one brings all of it', async (rig) => {
    const body = pattern(300_000);
    rig.runs(saying(START, data(body), DONE));
    const one = engaged(rig);
    one.call.valve.set(false);
    await rig.settle();
    assert.equal(kinds(one).includes('finished'), false);
    one.call.valve.set(true);
    await rig.until(() => one.ends > 0);
    sameBytes(output(one), body);
  }),

  engage('a call whose deadline passes is expired, by its runner or without it', async (rig) => {
    let stopped = 0;
    rig.runs({ execute: () => new Observable(() => () => (stopped += 1)) });
    const one = engaged(rig, { timeoutMs: 100 });
    await rig.until(() => one.ends > 0);
    const last = one.events.at(-1);
    if (one.completed) assert.ok(last?.kind === 'finished' && last.code === 504);
    else assert.equal(codeOf(one), 'expired');
    await rig.until(() => stopped === 1);
  }),
];
