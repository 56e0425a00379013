/** Laws of a runner as a whole: its status, its death, and the ways to let go of it. */
import { strict as assert } from 'node:assert';
import { NEVER, Subject, concat, of } from 'rxjs';
import { CallError } from '../../core/errors.js';
import type { RunnerEvent } from '../../core/runner.js';
import { law } from './law.js';
import {
  DONE,
  START,
  answering,
  codeOf,
  engaged,
  kinds,
  saying,
  type RunnerRig,
  type Seen,
} from './runner-rig.js';

const whole = (name: string, holds: (rig: RunnerRig) => Promise<void>) =>
  law<RunnerRig>(name, holds);

export const runnerCloseLaws = [
  whole('a status is asked for by subscription, and answered once', async (rig) => {
    const status = rig.runner.status();
    for (let i = 0; i < 2; i++) {
      const answers: unknown[] = [];
      let completed = false;
      status.subscribe({
        next: (answer) => answers.push(answer),
        complete: () => (completed = true),
      });
      await rig.until(() => completed);
      assert.equal(answers.length, 1);
    }
    let told = 0;
    status.subscribe({ next: () => (told += 1), error: () => (told += 1) }).unsubscribe();
    await rig.settle();
    assert.equal(told, 0);
  }),

  whole(
    'a runner that dies breaks what is open, wherever it stood; then it is not ready',
    async (rig) => {
      if (rig.crash === undefined) return;
      rig.runs({ execute: () => NEVER });
      const silent = engaged(rig);
      await rig.settle();
      rig.runs({ execute: () => concat(of(START), NEVER) });
      const begun = engaged(rig);
      await rig.until(() => begun.events.length === 1);
      rig.crash();
      await rig.until(() => silent.ends === 1 && begun.ends === 1);
      assert.deepEqual([codeOf(silent), codeOf(begun)], ['broken', 'broken']);
      await rig.until(() => !rig.runner.ready);
      const late = engaged(rig);
      await rig.until(() => late.ends === 1);
      assert.deepEqual(late.events, [{ kind: 'nack', reason: 'unreachable' }]);
      let error: unknown;
      rig.runner.status().subscribe({ error: (told: unknown) => (error = told) });
      await rig.until(() => error !== undefined);
      assert.ok(error instanceof CallError && error.code === 'broken');
    },
  ),

  whole(
    'close begins at once, NACKs what comes, and completes when what is open has ended',
    async (rig) => {
      const says = new Subject<RunnerEvent>();
      const seen: Seen[] = [];
      rig.runs(answering(seen, () => concat(of(START), says)));
      const open = engaged(rig);
      await rig.until(() => open.events.length === 1);
      let closed = 0;
      const closing = rig.runner.close();
      assert.equal(rig.runner.ready, false);
      closing.subscribe({ complete: () => (closed += 1) });
      rig.runner.close().subscribe({ complete: () => (closed += 1) });
      const late = engaged(rig);
      await rig.until(() => late.ends === 1);
      assert.deepEqual(late.events, [{ kind: 'nack', reason: 'closed' }]);
      await rig.settle();
      assert.deepEqual([closed, open.ends], [0, 0]);
      says.next(DONE);
      says.complete();
      await rig.until(() => open.ends === 1 && closed === 2);
      assert.equal(kinds(open), 'start finished');
      // Whoever asks when it is over is told the same.
      rig.runner.close().subscribe({ complete: () => (closed += 1) });
      await rig.until(() => closed === 3);
      assert.equal(seen.length, 1);
    },
  ),

  whole('close waits for an engagement that is left, and not longer', async (rig) => {
    rig.runs({ execute: () => concat(of(START), NEVER) });
    const open = engaged(rig);
    await rig.until(() => open.events.length === 1);
    let closed = false;
    rig.runner.close().subscribe({ complete: () => (closed = true) });
    open.leave();
    await rig.until(() => closed);
  }),

  whole('cut breaks what is open, and close has its end when it returns', async (rig) => {
    rig.runs({ execute: () => NEVER });
    const open = engaged(rig);
    await rig.settle();
    let closed = false;
    rig.runner.close().subscribe({ complete: () => (closed = true) });
    rig.runner.cut();
    assert.equal(closed, true);
    rig.runner.cut();
    await rig.until(() => open.ends === 1);
    assert.equal(codeOf(open), 'broken');
    rig.runs(saying(DONE));
    const late = engaged(rig);
    await rig.until(() => late.ends === 1);
    assert.deepEqual(late.events, [{ kind: 'nack', reason: 'closed' }]);
  }),
];
