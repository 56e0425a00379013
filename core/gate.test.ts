/** Laws of admission, against a model: it counts tickets, and close always comes to its end. */
import fc from 'fast-check';
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import {
  SECOND,
  advance,
  createVirtualClock,
  drain,
  type VirtualClock,
} from '../test/support/virtual.js';
import { CallError } from './errors.js';
import { createGate, type Gate, type Ticket } from './gate.js';
import { InvariantError } from './invariant.js';

const ignore = (): void => undefined;

/** Responds, and gives back. */
const over = (ticket: Ticket): void => {
  ticket.responded();
  ticket.release();
};
const ticketOf = (admitted: Ticket | CallError): Ticket => {
  if (admitted instanceof CallError) throw admitted;
  return admitted;
};

/** So many calls in flight, and no cap on ends that matters. */
const limits = (inFlightMax: number) => ({ inFlightMax, callEndBacklogMax: 1000 });

describe('a gate', () => {
  it('admits up to its limit exactly, and again when a ticket comes back', () => {
    const gate = createGate(createVirtualClock(), limits(2));
    const first = ticketOf(gate.admit(ignore));
    ticketOf(gate.admit(ignore));
    expect(gate.admit(ignore)).toMatchObject({ code: 'full', outcome: 'refused', status: 503 });
    over(first);
    expect(gate.admit(ignore)).not.toBeInstanceOf(CallError);
  });

  it('takes a ticket back once', () => {
    const ticket = ticketOf(createGate(createVirtualClock(), limits(1)).admit(ignore));
    over(ticket);
    expect(() => over(ticket)).toThrow(InvariantError);
  });

  it('refuses from the moment close is called, subscribed or not', () => {
    const gate = createGate(createVirtualClock(), limits(2));
    gate.close(SECOND);
    expect(gate.admit(ignore)).toMatchObject({ code: 'closed', status: 503 });
  });

  it('forces what is left at the grace limit, not before, and leaves no timer', () => {
    const clock = createVirtualClock();
    const gate = createGate(clock, limits(3));
    const forced = sinon.spy();
    const quick = ticketOf(gate.admit(forced));
    const slow = ticketOf(
      gate.admit(() => {
        forced();
        over(slow);
      }),
    );
    const complete = sinon.spy();
    gate.close(SECOND).subscribe({ complete });
    over(quick);
    advance(clock, SECOND - 1);
    sinon.assert.notCalled(forced);
    advance(clock, 1);
    sinon.assert.calledOnce(forced);
    sinon.assert.calledOnce(complete);
    expect(clock.pending).toBe(0);
  });

  it('drops its grace timer when the last ticket comes back, even if nobody waits', () => {
    const clock = createVirtualClock();
    const gate = createGate(clock, limits(1));
    const ticket = ticketOf(gate.admit(ignore));
    gate.close(SECOND);
    over(ticket);
    expect(clock.pending).toBe(0);
  });

  it('does not reopen when whoever waited for the close goes away', () => {
    const gate = createGate(createVirtualClock(), limits(1));
    const ticket = ticketOf(gate.admit(ignore));
    const complete = sinon.spy();
    gate.close(SECOND).subscribe({ complete }).unsubscribe();
    over(ticket);
    sinon.assert.notCalled(complete);
    expect([gate.closed, gate.inFlight]).toEqual([true, 0]);
  });
});

interface Model {
  held: number;
  closed: boolean;
  forced: boolean;
}
interface Real {
  readonly clock: VirtualClock;
  readonly gate: Gate;
  readonly tickets: Ticket[];
  forces: number;
  completions: number;
  closes: number;
}
const LIMIT = 3;

const admit = {
  check: () => true,
  toString: () => 'admit',
  run(model: Model, real: Real) {
    const admitted = real.gate.admit(() => (real.forces += 1));
    const code = model.closed ? 'closed' : model.held >= LIMIT ? 'full' : undefined;
    if (code !== undefined) return expect(admitted).toMatchObject({ code });
    real.tickets.push(ticketOf(admitted));
    model.held += 1;
  },
};
const release = (index: number) => ({
  check: (model: Model) => model.held > 0,
  toString: () => `release ${index}`,
  run(model: Model, real: Real) {
    const [ticket] = real.tickets.splice(index % real.tickets.length, 1);
    if (ticket !== undefined) over(ticket);
    model.held -= 1;
    expect(real.gate.inFlight).toBe(model.held);
    expect(real.completions).toBe(model.closed && model.held === 0 ? real.closes : 0);
  },
});
const close = {
  check: () => true,
  toString: () => 'close',
  run(model: Model, real: Real) {
    const drained = model.closed && model.held === 0;
    if (!drained) model.closed = true;
    real.closes += 1;
    real.gate.close(SECOND).subscribe({ complete: () => (real.completions += 1) });
    expect(real.completions).toBe(model.held === 0 ? real.closes : 0);
  },
};
const grace = {
  check: (model: Model) => model.closed && !model.forced,
  toString: () => 'grace',
  run(model: Model, real: Real) {
    const before = real.forces;
    drain(real.clock);
    expect(real.forces - before).toBeGreaterThanOrEqual(model.held);
    model.forced = true;
  },
};

describe('for any order of admit, release, close and force', () => {
  it('a gate does what a counter would', () => {
    const command = fc.oneof(
      fc.constant(admit),
      fc.nat(9).map(release),
      fc.constant(close),
      fc.constant(grace),
    );
    const commands = fc.commands<Model, Real>([command], { maxCommands: 40 });
    fc.assert(
      fc.property(commands, (all) => {
        const clock = createVirtualClock();
        const gate = createGate(clock, limits(LIMIT));
        fc.modelRun(
          () => ({
            model: { held: 0, closed: false, forced: false },
            real: { clock, gate, tickets: [], forces: 0, completions: 0, closes: 0 },
          }),
          all,
        );
      }),
    );
  });
});
