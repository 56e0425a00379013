/** Laws of the waiting room, against a model that sorts and searches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptedRunner } from '../test/support/scripted-runner.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { Room, type RoomLimits, type Seat, type Waiter } from './room.js';
import { HeldStanding } from './standing.js';

const memory = { busyUs: 0, pushBackMaxUs: 0, slowStartUs: 0 };
const aRunner = (): HeldStanding =>
  new HeldStanding(scriptedRunner(createVirtualClock(), 'r', []), memory, Number.NaN);
const NO_LIMITS = { perFunctionMax: 1e9, totalMax: 1e9 };
const RUNNERS = 3;

/** Two functions are as large as each other. */
const MEMORY_MB: Readonly<Record<string, number>> = { a: 100, b: 200, c: 200 };

/** A call that would not go where it broke. */
class Waits implements Waiter {
  readonly broke = new Set<HeldStanding>();

  constructor(
    readonly id: number,
    readonly fn: string,
    readonly giveUpAt: number,
    readonly seated: boolean,
  ) {}

  get memoryMb(): number {
    return MEMORY_MB[this.fn] ?? 0;
  }

  mayUse(standing: HeldStanding): boolean {
    return !this.broke.has(standing);
  }
}

/** All calls that are reachable from here. */
function heldBy(root: object): number {
  const seen = new Set<unknown>([root]);
  let held = 0;
  for (const part of seen) {
    if (part instanceof Waits) held += 1;
    else if (part instanceof Map) for (const value of part.values()) seen.add(value);
    else if (typeof part === 'object' && part !== null) {
      for (const value of Object.values(part)) seen.add(value);
    }
  }
  return held;
}

/** Who waits, in the order of coming; functions in the order of their turns. */
class Model {
  waiting: Waits[] = [];
  turns: string[] = [];
  /** How often the last one has left. */
  emptied = 0;
  /** For each runner the least that is too large for it, MB. */
  readonly tooLarge = Array.from({ length: RUNNERS }, () => Infinity);

  constructor(private readonly limits: RoomLimits) {}

  enter(waits: Waits): boolean {
    const { perFunctionMax, totalMax } = this.limits;
    const full = this.waiting.length >= totalMax || this.of(waits.fn).length >= perFunctionMax;
    if (full && !waits.seated) return false;
    this.waiting.push(waits);
    if (!this.turns.includes(waits.fn)) this.turns.push(waits.fn);
    return true;
  }

  leave(waits: Waits): void {
    if (!this.waiting.includes(waits)) return;
    this.waiting = this.waiting.filter((one) => one !== waits);
    if (this.of(waits.fn).length === 0) this.turns = this.turns.filter((fn) => fn !== waits.fn);
    if (this.waiting.length === 0) this.emptied += 1;
  }

  next(runner: number, standing: HeldStanding): Waits | undefined {
    for (const fn of this.turns) {
      if ((MEMORY_MB[fn] ?? 0) >= (this.tooLarge[runner] ?? 0)) continue;
      const may = this.of(fn).filter((waits) => waits.mayUse(standing));
      const [first] = may.sort((a, b) => a.giveUpAt - b.giveUpAt || a.id - b.id);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  served(fn: string): void {
    this.turns = [...this.turns.filter((one) => one !== fn), fn];
  }

  private of(fn: string): Waits[] {
    return this.waiting.filter((waits) => waits.fn === fn);
  }
}

class Real {
  readonly room: Room<Waits>;
  readonly runners = Array.from({ length: RUNNERS }, aRunner);
  /** All that ever came in. */
  readonly came: { readonly waits: Waits; readonly seat: Seat }[] = [];
  calls = 0;
  emptied = 0;

  constructor(limits: RoomLimits) {
    this.room = new Room(limits, () => (this.emptied += 1));
  }
}

const FNS = ['a', 'b', 'c'];
/** Of who has left a function keeps as many as wait, or so few. */
const FEW = 16;

const command = (name: string, run: (model: Model, real: Real) => void) => ({
  check: () => true,
  toString: () => name,
  run(model: Model, real: Real) {
    run(model, real);
    const { room, emptied } = real;
    expect([room.size, emptied]).toEqual([model.waiting.length, model.emptied]);
    const most = room.size === 0 ? 0 : 2 * room.size + FEW * FNS.length;
    expect(heldBy(room)).toBeLessThanOrEqual(most);
  },
});
const enter = (fn: string, giveUpAt: number, count: number, seated: boolean) =>
  command(`${count} enter ${fn} ${giveUpAt}${seated ? ' again' : ''}`, (model, real) => {
    for (let i = 0; i < count; i++) {
      const waits = new Waits(real.calls++, fn, giveUpAt, seated);
      const seat = real.room.enter(waits);
      expect(seat !== undefined).toBe(model.enter(waits));
      if (seat !== undefined) real.came.push({ waits, seat });
    }
  });
/** So many of all that ever came, also those that have left. */
const leave = (nth: number, count: number) =>
  command(`${count} leave ${nth}`, (model, { came }) => {
    for (const { waits, seat } of came.slice(nth % (came.length + 1)).slice(0, count)) {
      seat.leave();
      model.leave(waits);
    }
  });
const breaks = (nth: number, runner: number) =>
  command(`breaks ${nth} ${runner}`, (model, { runners }) => {
    const standing = runners[runner];
    if (standing !== undefined) model.waiting[nth % model.waiting.length]?.broke.add(standing);
  });
const tooBig = (runner: number, fn: string) =>
  command(`tooBig ${runner} ${fn}`, (model, real) => {
    const memoryMb = MEMORY_MB[fn] ?? 0;
    real.runners[runner]?.refusedForSize(memoryMb, undefined, 0);
    model.tooLarge[runner] = Math.min(model.tooLarge[runner] ?? 0, memoryMb);
  });
const free = (runner: number) =>
  command(`free ${runner}`, (model, real) => {
    real.runners[runner]?.free();
    model.tooLarge[runner] = Infinity;
  });
const next = (runner: number) =>
  command(`next ${runner}`, (model, { room, runners }) => {
    const standing = runners[runner] as HeldStanding;
    const want = model.next(runner, standing);
    expect(room.wants(standing)).toBe(want !== undefined);
    expect(room.next(standing)?.id).toBe(want?.id);
    if (want === undefined) return;
    model.served(want.fn);
    model.leave(want);
  });

const fn = fc.constantFrom(...FNS);
const runner = fc.nat(RUNNERS - 1);
const most = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(1e9));
const limits = fc.record({ perFunctionMax: most, totalMax: most });
const commands = fc.commands<Model, Real>(
  [
    fc.tuple(fn, fc.nat(20), fc.constant(1), fc.boolean()).map((given) => enter(...given)),
    fc.tuple(fn, fc.nat(20), fc.nat(40), fc.constant(false)).map((given) => enter(...given)),
    fc.tuple(fc.nat(200), fc.constant(1)).map((given) => leave(...given)),
    fc.tuple(fc.nat(200), fc.nat(60)).map((given) => leave(...given)),
    fc.tuple(fc.nat(50), runner).map((given) => breaks(...given)),
    fc.tuple(runner, fn).map((given) => tooBig(...given)),
    runner.map(free),
    runner.map(next),
    runner.map(next),
  ],
  { maxCommands: 60, size: 'max' },
);

describe('a waiting room', () => {
  it('calls up in turns by function, and of one function who gives up first', () => {
    fc.assert(
      fc.property(limits, commands, (of, all) => {
        fc.modelRun(() => ({ model: new Model(of), real: new Real(of) }), all);
      }),
      { numRuns: 300 },
    );
  });

  it('has so many places for a function, and so many in all', () => {
    const room = new Room<Waits>({ perFunctionMax: 2, totalMax: 3 }, () => undefined);
    const taken = ['a', 'a', 'a', 'b', 'b'].map((of, id) =>
      room.enter(new Waits(id, of, 0, false)),
    );
    expect(taken.map((seat) => seat !== undefined)).toEqual([true, true, false, true, false]);
    taken[0]?.leave();
    expect(room.enter(new Waits(5, 'b', 0, false))).toBeDefined();
  });

  it('forgets who has left: thousands that give up leave no pile behind', () => {
    const room = new Room<Waits>(NO_LIMITS, () => undefined);
    const last = room.enter(new Waits(-1, 'a', 1e9, false));
    for (let id = 0; id < 10_000; id++) room.enter(new Waits(id, 'a', id, false))?.leave();
    expect(heldBy(room)).toBeLessThan(20);
    expect(room.next(aRunner())?.id).toBe(-1);
    last?.leave();
    expect([room.size, heldBy(room)]).toEqual([0, 0]);
  });
});
