/** Laws of how a runner is let go of: drained by close, or cut. */
import fc from 'fast-check';
import { NEVER, Observable, concat, of } from 'rxjs';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import type { Runner, RunnerEvent } from '../core/runner.js';
import { testCall } from '../test/support/calls.js';
import { linked, type Linked } from '../test/support/linked.js';
import { DONE, START } from '../test/support/scripted-runner.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';
import type { Executor } from './executor.js';
import { createRunner } from './runner.js';
import type { Channel } from './wire.js';

const silent: Executor = { execute: () => NEVER };

/** Ends each call after a second. */
const slow = (l: () => Linked): Executor => ({
  execute: () =>
    concat(
      of(START),
      new Observable<RunnerEvent>((out) => {
        const timer = l().clock.after(SECOND, () => {
          out.next(DONE);
          out.complete();
        });
        return () => timer.cancel();
      }),
    ),
});
const slowlyLinked = (): Linked => {
  const l: Linked = linked(slow(() => l));
  return l;
};

const engageOn = ({ clock, runner }: Linked) => {
  const kinds: string[] = [];
  const next = (event: RunnerEvent): void => void kinds.push(event.kind);
  const spies = { error: sinon.spy(), complete: sinon.spy() };
  const subscription = runner.engage(testCall(clock), 1).subscribe({ next, ...spies });
  return { kinds, leave: () => subscription.unsubscribe(), ...spies };
};
const closing = (runner: Runner) => {
  const told = { complete: sinon.spy(), error: sinon.spy() };
  runner.close().subscribe(told);
  return told;
};

describe('a runner that is closed', () => {
  it('refuses at once, lets open calls end well, and is let go of after the last', () => {
    const l = slowlyLinked();
    const calls = [engageOn(l), engageOn(l)];
    advance(l.clock, MS);
    const told = closing(l.runner);
    expect(l.runner.ready).toBe(false);
    const late = engageOn(l);
    advance(l.clock, 100 * MS);
    expect(late.kinds).toEqual(['nack']);
    sinon.assert.notCalled(told.complete);
    expect(l.link.channel.ready).toBe(true);
    advance(l.clock, SECOND);
    for (const { kinds, error } of calls) {
      expect(kinds).toEqual(['start', 'finished']);
      sinon.assert.notCalled(error);
    }
    sinon.assert.calledOnce(told.complete);
    expect([l.link.channel.ready, l.link.open, l.clock.pending]).toEqual([false, 0, 0]);
  });

  it('begins at once, subscribed or not', () => {
    const l = slowlyLinked();
    const end = l.runner.close();
    drain(l.clock);
    expect(l.link.channel.ready).toBe(false);
    const complete = sinon.spy();
    end.subscribe({ complete });
    sinon.assert.calledOnce(complete);
  });

  it('again waits for the same end, and who leaves stops nothing', () => {
    const l = slowlyLinked();
    engageOn(l);
    advance(l.clock, MS);
    l.runner.close().subscribe().unsubscribe();
    const [one, other] = [closing(l.runner), closing(l.runner)];
    drain(l.clock);
    sinon.assert.calledOnce(one.complete);
    sinon.assert.calledOnce(other.complete);
    sinon.assert.calledOnce(closing(l.runner).complete);
  });

  it('decides when an offer is subscribed to, not when it is made', () => {
    const l = slowlyLinked();
    const offer = l.runner.engage(testCall(l.clock), 1);
    l.runner.close();
    const kinds: string[] = [];
    offer.subscribe((event) => void kinds.push(event.kind));
    drain(l.clock);
    expect(kinds).toEqual(['nack']);
  });

  it('cut has its end at once, however many are open', () => {
    const l = linked(silent);
    const calls = [engageOn(l), engageOn(l), engageOn(l)];
    advance(l.clock, SECOND);
    const told = closing(l.runner);
    advance(l.clock, SECOND);
    sinon.assert.notCalled(told.complete);
    l.runner.cut();
    sinon.assert.calledOnce(told.complete);
    for (const { error } of calls) sinon.assert.calledOnceWithMatch(error, { code: 'broken' });
    l.runner.cut();
    drain(l.clock);
    expect([l.link.open, l.clock.pending, l.runner.abandoned]).toEqual([0, 0, 0]);
  });

  it('is held up by nobody that has left, even above the pace of cancels', () => {
    let running = 0;
    const l = linked({
      execute: () =>
        new Observable(() => {
          running += 1;
          return () => void (running -= 1);
        }),
    });
    const all = Array.from({ length: 510 }, () => engageOn(l));
    advance(l.clock, SECOND);
    const told = closing(l.runner);
    for (const each of all) each.leave();
    expect(l.runner.abandoned).toBe(10);
    advance(l.clock, MS);
    sinon.assert.calledOnce(told.complete);
    expect([running, l.runner.abandoned, l.link.open, l.clock.pending]).toEqual([0, 0, 0, 0]);
  });

  it('says why it could not let go, to all who ask', () => {
    const clock = createVirtualClock();
    const channel: Channel = {
      ready: true,
      watch: () => () => undefined,
      wire: () => {
        throw new Error('no wire is wanted here');
      },
      status: () => () => undefined,
      close: () => {
        throw new Error('the socket is stuck');
      },
    };
    const runner = createRunner(clock, 'a', channel);
    const first = closing(runner);
    drain(clock);
    for (const told of [first, closing(runner)]) {
      sinon.assert.calledOnceWithMatch(told.error, { message: 'the socket is stuck' });
    }
  });

  it('whatever happened before, it ends once nobody waits, and holds nothing then', () => {
    const step = fc.oneof(
      fc.constant('engage' as const),
      fc.constant('leave' as const),
      fc.constant('close' as const),
      fc.nat({ max: 600 * MS }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, cut) => {
        const l = slowlyLinked();
        const calls: ReturnType<typeof engageOn>[] = [];
        for (const one of steps) {
          if (one === 'engage') calls.push(engageOn(l));
          else if (one === 'leave') calls.pop()?.leave();
          else if (one === 'close') l.runner.close();
          else advance(l.clock, one);
        }
        if (cut) l.runner.cut();
        const told = closing(l.runner);
        drain(l.clock);
        sinon.assert.calledOnce(told.complete);
        for (const { complete, error } of calls) {
          expect(complete.callCount + error.callCount).toBe(1);
          if (!cut) sinon.assert.calledOnce(complete);
        }
        expect([l.link.open, l.clock.pending, l.runner.abandoned]).toEqual([0, 0, 0]);
      }),
      { numRuns: 200 },
    );
  });
});
