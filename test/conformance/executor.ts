/** The laws of PORT Executor: a slot is taken and given back once, and a NACK executes nothing. */
import { strict as assert } from 'node:assert';
import { Observable, Subject, type Subscription } from 'rxjs';
import type { RunnerEvent } from '../../core/runner.js';
import { createValve } from '../../core/valve.js';
import type { Executor } from '../../proto/executor.js';
import type { CallModel } from '../../proto/model.js';
import { utf8 } from './bytes.js';
import { law, type Law, type Make, type Rig } from './law.js';

/** An executor under test, idle when the law begins. */
export interface ExecutorRig extends Rig {
  readonly executor: Executor;
  /** A call that it runs, which reads its request and takes some time. */
  readonly model: CallModel;
  /** How many of these it takes at once; the next one is NACKed. */
  readonly slots: number;
  /** A call for a function that it does not have, where that can be. */
  readonly unknown?: CallModel;
  /** A call that would not fit it if it were empty, where that can be. */
  readonly impossible?: CallModel;
}

interface Execution {
  readonly events: RunnerEvent[];
  ends: number;
  error: unknown;
  /** Times its body was read, and is being read now. */
  reads: number;
  reading: number;
  begins: number;
  /** What had been said when it told that it began. */
  saidBefore: number;
  /** The LB has sent all of the body. */
  eof(): void;
  leave(): void;
}

function offered(
  { executor, model: known }: ExecutorRig,
  given: { model?: CallModel; onEvent?: (event: RunnerEvent) => void } = {},
): Execution {
  const model = { ...(given.model ?? known) };
  const body = new Subject<Uint8Array>();
  let running: Subscription | undefined = undefined;
  const self: Execution = {
    events: [],
    ends: 0,
    error: undefined,
    reads: 0,
    reading: 0,
    begins: 0,
    saidBefore: 0,
    eof() {
      body.next(utf8('ping'));
      body.complete();
    },
    leave: () => running?.unsubscribe(),
  };
  const offer = {
    model,
    attempt: 1,
    remainingUs: undefined,
    slotHashId: '',
    extensions: {},
    valve: createValve(),
    begin() {
      self.begins += 1;
      self.saidBefore = self.events.length;
    },
    body: new Observable<Uint8Array>((reader) => {
      self.reads += 1;
      self.reading += 1;
      const reading = body.subscribe(reader);
      return () => {
        self.reading -= 1;
        reading.unsubscribe();
      };
    }),
  };
  running = executor.execute(offer).subscribe({
    next(event) {
      self.events.push(event);
      given.onEvent?.(event);
    },
    error(error: unknown) {
      self.ends += 1;
      self.error = error;
    },
    complete: () => void (self.ends += 1),
  });
  return self;
}

const kinds = ({ events }: Execution): string => events.map(({ kind }) => kind).join(' ');

/** Fills every slot. */
const filled = (rig: ExecutorRig): Execution[] =>
  Array.from({ length: rig.slots }, () => offered(rig));

/** That exactly so many slots are free: as many are taken, and the next offer is NACKed. */
async function free(rig: ExecutorRig): Promise<void> {
  const all = filled(rig);
  const next = offered(rig);
  await rig.until(() => next.ends === 1);
  assert.equal(kinds(next), 'nack', 'more than its slots were taken');
  for (const one of all) assert.ok(!kinds(one).includes('nack'), 'a slot was not given back');
  for (const one of all) one.leave();
}

const executes = (name: string, holds: (rig: ExecutorRig) => Promise<void>) =>
  law<ExecutorRig>(name, holds);

export const executorLaws: readonly Law<Make<ExecutorRig>>[] = [
  executes('nothing is taken before subscription', async (rig) => {
    const what = { model: rig.model, slotHashId: '', extensions: {} };
    const offer = { ...what, attempt: 1, remainingUs: undefined };
    const body = new Observable<never>(() => assert.fail('it read before it was subscribed to'));
    const begin = (): void => assert.fail('it began before it was subscribed to');
    for (let i = 0; i < rig.slots + 1; i++) {
      rig.executor.execute({ ...offer, body, begin, valve: createValve() });
    }
    await free(rig);
  }),

  executes(
    'an execution is start, data, finished, complete, and reads its body once',
    async (rig) => {
      const one = offered(rig);
      one.eof();
      await rig.until(() => one.ends > 0);
      assert.match(kinds(one), /^start( data)* finished$/);
      const last = one.events.at(-1);
      assert.ok(last?.kind === 'finished' && last.success && last.code === 0);
      await rig.settle();
      assert.deepEqual([one.ends, one.error, one.reads <= 1, one.reading], [1, undefined, true, 0]);
    },
  ),

  executes(
    'it tells when the function begins: once at most, and before any output',
    async (rig) => {
      const one = offered(rig);
      one.eof();
      await rig.until(() => one.ends > 0);
      assert.ok(one.begins <= 1);
      assert.equal(one.saidBefore, 0);
    },
  ),

  executes('when it is full it says one NACK, and neither reads nor begins', async (rig) => {
    const all = filled(rig);
    const next = offered(rig);
    await rig.until(() => next.ends === 1);
    assert.equal(kinds(next), 'nack');
    assert.deepEqual([next.reads, next.begins], [0, 0]);
    for (const one of all) one.eof();
    await rig.until(() => all.every(({ ends }) => ends === 1));
    for (const one of all) assert.ok(kinds(one).endsWith('finished'));
  }),

  executes('leaving stops it, frees its slot, and it says nothing any more', async (rig) => {
    const all = filled(rig);
    all[0]?.eof();
    for (const one of all) one.leave();
    const said = all.map(({ events }) => events.length);
    await free(rig);
    await rig.settle();
    assert.deepEqual(
      all.map(({ events }) => events.length),
      said,
    );
    for (const one of all) assert.deepEqual([one.ends, one.reading], [0, 0]);
  }),

  executes('its slot is free when its verdict is said', async (rig) => {
    const taken: Execution[] = [];
    const all = Array.from({ length: rig.slots }, () =>
      offered(rig, {
        onEvent(event) {
          if (event.kind === 'finished') taken.push(offered(rig));
        },
      }),
    );
    for (const one of all) one.eof();
    await rig.until(() => all.every(({ ends }) => ends === 1));
    assert.equal(taken.length, rig.slots);
    for (const one of taken) assert.ok(!kinds(one).includes('nack'));
    for (const one of taken) one.leave();
    await free(rig);
  }),

  executes('leaving twice, or after the end, gives back nothing twice', async (rig) => {
    const all = filled(rig);
    all[0]?.leave();
    all[0]?.leave();
    for (const one of all.slice(1)) one.eof();
    await rig.until(() => all.slice(1).every(({ ends }) => ends === 1));
    for (const one of all) one.leave();
    await free(rig);
  }),

  executes('what it does not have is a failure, no NACK, and takes no slot', async (rig) => {
    if (rig.unknown === undefined) return;
    const one = offered(rig, { model: rig.unknown });
    await rig.until(() => one.ends === 1);
    const last = one.events.at(-1);
    assert.ok(last?.kind === 'finished' && !last.success && last.code >= 400);
    await free(rig);
  }),

  executes('what could never fit is a failure with code 400, full or empty', async (rig) => {
    const model = rig.impossible;
    if (model === undefined) return;
    const refused = async (): Promise<void> => {
      const one = offered(rig, { model });
      await rig.until(() => one.ends === 1);
      const last = one.events.at(-1);
      assert.ok(last?.kind === 'finished' && !last.success && last.code === 400);
    };
    await refused();
    const all = filled(rig);
    await refused();
    for (const one of all) one.leave();
    await free(rig);
  }),
];
