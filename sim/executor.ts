/**
 * A simulated function behind a runner's end of the protocol: it takes a slot, reads its request,
 * takes its time, and answers. The same lines run in the simulated fleet and, on the system's
 * clock, in the real runner processes of a gRPC flight. Its log is the ground truth of a flight.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { createCapacity, parseCpu, type Capacity, type Place } from '../core/capacity.js';
import type { Clock, Timer } from '../core/clock.js';
import type { ExecEnded, ExecutorLine } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import { Roster, type Listed } from '../core/roster.js';
import type { NackReason, RunnerEvent } from '../core/runner.js';
import type { Executor, Offer } from '../proto/executor.js';
import { createAntagonist, nobody } from './antagonist.js';
import { EMPTY_HASH, hashBytes, responseContent } from './content.js';
import { draw } from './laws.js';
import { hashMarks, MARK, markHeaders, RESPONSE_MARKS } from './marks.js';
import type { ScenarioFunction, ScenarioRunner } from './scenario.js';
import { createSharing, type Work } from './sharing.js';
import { createWarm, type Warm } from './warm.js';

/** What a simulated runner is made of. */
export interface SimExecutorParts {
  readonly clock: Clock;
  /** Split by call id for service times: a call costs the same wherever it lands. */
  readonly service: Rng;
  /** Split by call and attempt for NACKs that a storm throws. */
  readonly chance: Rng;
  /** For what else runs on the machine. */
  readonly antagonist: Rng;
  readonly runner: ScenarioRunner;
  /** What all executions share beside the slots. Default: the runner's memory, no limit of cpu. */
  readonly machine?: { readonly memoryMb?: number; readonly cpuMilli?: number };
  readonly functions: readonly ScenarioFunction[];
  /** Called before the function starts; a real runner writes the line synchronously. */
  readonly log: (line: ExecutorLine) => void;
}

/** How a fault bends a runner; set while flying. */
export interface Bend {
  /** Service times of executions that start now are so many times longer. */
  slow: number;
  /** ... and then so much longer, µs. */
  addUs: number;
  /** Share of offers that are NACKed whatever the capacity. */
  nack: number;
}

export interface SimExecutor extends Executor {
  readonly bend: Bend;
  /** Executions that hold a slot now. */
  readonly active: number;
  /** Executions that run, or wait for a slot, though nobody waits for their answer. */
  readonly ignoring: number;
  /** NACKs whatever comes from now on; `idle` is told each time that nothing runs any more. */
  drain(idle: () => void): void;
  /** The process is gone, and so is all that nobody waited for. */
  halt(): void;
}

export function createSimExecutor(parts: SimExecutorParts): SimExecutor {
  const { slots, queue, memoryMb } = parts.runner;
  const memory = memoryMb === null ? {} : { memoryMb };
  const capacity = createCapacity({ slots, queue, ...memory, ...parts.machine });
  const functions = new Map(parts.functions.map((fn) => [fn.name, fn]));
  const bend: Bend = { slow: 1, addUs: 0, nack: 0 };
  const work = workOf(parts);
  const machine: Machine = {
    bend,
    capacity,
    work,
    warm: createWarm(parts.runner.warm),
    ignoring: new Roster(),
    draining: undefined,
  };
  return {
    bend,
    get active() {
      return capacity.active;
    },
    get ignoring() {
      return machine.ignoring.size;
    },
    drain(idle) {
      machine.draining = idle;
    },
    halt() {
      for (const execution of machine.ignoring.all()) execution.end();
    },
    execute: (offer) =>
      new Observable((out) => {
        const fn = functions.get(offer.model.fn_id);
        if (fn === undefined) {
          out.next(failed(404, `no function named "${offer.model.fn_id}" on this runner`));
          return out.complete();
        }
        const execution = new Execution(parts, machine, offer, fn, out);
        execution.begin();
        return () => execution.stop();
      }),
  };
}

/** Without a number of cores a function has one of its own. */
function workOf({ clock, runner, antagonist: rng }: SimExecutorParts): Work {
  const { cores, antagonist } = runner;
  if (cores === null) return (us, done) => clock.after(us, done);
  const others = antagonist === null ? nobody : createAntagonist(antagonist, rng);
  return createSharing(clock, cores, others);
}

/** What the executions of one runner share. */
interface Machine {
  readonly bend: Bend;
  readonly capacity: Capacity;
  readonly work: Work;
  readonly warm: Warm;
  /** Executions that were canceled and take no notice. */
  readonly ignoring: Roster<Execution>;
  /** Told when nothing runs any more, of a runner that takes nothing new. */
  draining: (() => void) | undefined;
}

class Execution implements Listed<Execution> {
  earlier: Execution | undefined;
  later: Execution | undefined;
  private place: Place | undefined;
  private reading: Subscription | undefined;
  private timer: Timer | undefined;
  private started = false;
  /** Its function has to be started first. */
  private cold = false;
  /** The whole request is read. */
  private whole = false;
  /** Nobody waits for its answer, and it runs on. */
  private ignored = false;
  private over = false;
  private bytes = 0;
  private hash = EMPTY_HASH;

  constructor(
    private readonly parts: SimExecutorParts,
    private readonly machine: Machine,
    private readonly offer: Offer,
    private readonly fn: ScenarioFunction,
    private readonly out: Subscriber<RunnerEvent>,
  ) {}

  begin(): void {
    const { bend, capacity, draining } = this.machine;
    if (draining !== undefined) return this.nack('draining');
    const { memory, cpus } = this.offer.model;
    const needs = { memoryMb: memory, cpuMilli: parseCpu(cpus) };
    // What is impossible is that in a storm too: the next runner could not either.
    const storm = bend.nack > 0 && capacity.possible(needs);
    if (storm && this.stormChance() < bend.nack) return this.nack('busy');
    // With a free slot, `run` is called before `enter` returns.
    const place = capacity.enter(needs, () => this.run());
    if (place === 'impossible') return this.refuse();
    if (typeof place === 'string') return this.nack(place);
    this.place = place;
    if (this.over) return this.leave();
    // Who runs on when its call is gone must have its request by then.
    if (!this.started && this.parts.runner.cancel === 'ignore') this.read();
  }

  /** Drawn by the offer: one that is left out of a flight changes no other's. */
  private stormChance(): number {
    const { call, attempt } = this.line();
    return this.parts.chance.split(`${call}/${attempt}`).float();
  }

  private nack(reason: NackReason): void {
    this.over = true;
    const { at, runner, call, attempt } = this.line();
    this.parts.log({ kind: 'exec-nack', at, runner, call, attempt, reason });
    this.out.next({ kind: 'nack', reason });
    this.out.complete();
  }

  /** No runner of this size could: a NACK would send it to the next one, and so on. */
  private refuse(): void {
    this.over = true;
    this.out.next(failed(400, 'Requested CPU/Memory cannot be allocated'));
    this.out.complete();
  }

  private run(): void {
    this.offer.begin();
    const { active, slots } = this.machine.capacity;
    this.started = true;
    this.cold = !this.machine.warm.use(this.fn.name);
    const { cold } = this;
    const { remainingUs = -1 } = this.offer;
    const { at, runner, call, attempt } = this.line();
    const kind = 'exec-start';
    this.parts.log({ kind, at, runner, call, attempt, active, slots, cold, remainingUs });
    if (this.reading === undefined) this.read();
    else if (this.whole) this.work();
  }

  private read(): void {
    this.reading = this.offer.body.subscribe({
      next: (bytes) => {
        this.bytes += bytes.length;
        this.hash = hashBytes(this.hash, bytes);
      },
      error: (error: unknown) => this.out.error(error),
      complete: () => {
        this.whole = true;
        if (this.started) this.work();
      },
    });
  }

  /** The request is read: the function works for its time. */
  private work(): void {
    const { parts, offer, fn, machine, bytes, hash } = this;
    const { at, runner, call, attempt } = this.line();
    const marks = hashMarks(offer.model.headers[MARK]);
    parts.log({ kind: 'exec-read', at, runner, call, attempt, bytes, hash, marks });
    if (fn.head === 'early') this.out.next(START);
    const service = draw(fn.service, parts.service.split(offer.model.id));
    const startUs = this.cold ? fn.coldStartUs : 0;
    const { slow, addUs } = machine.bend;
    const us = Math.round(((startUs + service) * slow) / parts.runner.speed) + addUs;
    this.timer = machine.work(us, () => this.answer(parts.clock.now() - at));
  }

  private answer(executionUs: number): void {
    const { fn, offer, out } = this;
    if (this.ignored) return this.end();
    const body = responseContent(offer.model.id, fn.responseBytes);
    this.over = true;
    this.ended('ok', body.length, hashBytes(EMPTY_HASH, body), WRITTEN_MARKS);
    // The slot is free before the LB can know, so its next offer finds it.
    this.leave();
    if (fn.head === 'late') out.next(START);
    if (body.length > 0) out.next({ kind: 'data', bytes: body });
    out.next({ ...DONE, executionUs });
    out.complete();
  }

  /** Canceled, or its runner's deadline is near. Without its request no function runs on. */
  stop(): void {
    if (this.over) return;
    if (this.parts.runner.cancel === 'stop' || !this.whole) return this.end();
    this.ignored = true;
    this.machine.ignoring.join(this);
  }

  /** It stops, or is done and nobody hears of it: its slot is free. */
  end(): void {
    this.over = true;
    if (this.ignored) this.machine.ignoring.leave(this);
    this.timer?.cancel();
    this.reading?.unsubscribe();
    if (this.started) this.ended('canceled', 0, EMPTY_HASH, 0);
    this.leave();
  }

  private leave(): void {
    const { capacity, draining } = this.machine;
    this.place?.leave();
    if (capacity.active === 0) draining?.();
  }

  private ended(outcome: ExecEnded['outcome'], bytes: number, hash: number, marks: number): void {
    const { at, runner, call, attempt } = this.line();
    this.parts.log({ kind: 'exec-end', at, runner, call, attempt, outcome, bytes, hash, marks });
  }

  /** What all lines have. Not spread into them: measured, 0.2 µs a line. */
  private line(): { at: number; runner: string; call: string; attempt: number } {
    const { parts, offer } = this;
    const { attempt } = offer;
    return { at: parts.clock.now(), runner: parts.runner.id, call: offer.model.id, attempt };
  }
}

const START: RunnerEvent = {
  kind: 'start',
  status: 200,
  headers: [...markHeaders(RESPONSE_MARKS), ['Content-Type', 'application/octet-stream']],
};

const WRITTEN_MARKS = hashMarks(RESPONSE_MARKS);

const DONE = { kind: 'finished', success: true, code: 0, message: '', userError: false } as const;

const failed = (code: number, message: string): RunnerEvent => ({
  kind: 'finished',
  success: false,
  code,
  message,
  userError: true,
});
