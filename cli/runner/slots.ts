/**
 * The executor of a real runner: places, the time of a call, the log and the drain, in front of one
 * kind of function. It executes nothing itself.
 */
import { Observable, type Subscriber } from 'rxjs';
import {
  createCapacity,
  type Clock,
  type Data,
  type Finished,
  type Nack,
  type NackReason,
  type Place,
  type RunnerEvent,
  type Start,
  type Timer,
} from '../../core/index.js';
import type { Executor, Offer } from '../../proto/index.js';
import { failed, type FunctionKind, type Told } from './function-kind.js';

/** A line of the log, the ground truth of what ran. `at` is µs on the machine's monotonic clock. */
export type LogLine =
  | {
      readonly kind: 'exec-start';
      readonly at: number;
      readonly call: string;
      /** From 1; 0 from an LB that does not say. */
      readonly attempt: number;
      /** Slots taken, this one included. */
      readonly active: number;
      readonly slots: number;
      /** What the LB said is left of the call, µs; -1 for no deadline. */
      readonly remainingUs: number;
    }
  | {
      readonly kind: 'exec-end';
      readonly at: number;
      readonly call: string;
      readonly attempt: number;
      /** `expired` by the runner's own limit; `canceled` by the LB, whose deadlines count here. */
      readonly outcome: 'ok' | 'failed' | 'expired' | 'canceled';
      /** Bytes of the response that the function wrote. */
      readonly bytes: number;
    };

export interface SlotsParts {
  readonly clock: Clock;
  readonly kind: FunctionKind;
  readonly slots: number;
  /** MB for all calls at once, by what each call says that it takes; undefined for no limit. */
  readonly memoryMb: number | undefined;
  /** The longest that a call holds its slot, µs. Behind it is 504, and the function is stopped. */
  readonly timeoutUs: number;
  /** Writes a line before it returns. False: it could not, and a call must not start. */
  readonly log: (line: LogLine) => boolean;
}

export interface Slots extends Executor {
  /** Slots that are taken. A function that was stopped holds its slot until it is really gone. */
  readonly active: number;
  /** NACKs whatever comes from now on. `idle` is told once nothing runs: perhaps at once. */
  drain(idle: () => void): void;
}

/** Throws a RangeError that names a limit that is none. */
export function createSlots(parts: SlotsParts): Slots {
  const { slots, memoryMb } = parts;
  // No queue: a call that waits here could run elsewhere.
  const capacity = createCapacity({
    slots,
    queue: 0,
    ...(memoryMb === undefined ? {} : { memoryMb }),
  });
  let draining: (() => void) | undefined;
  const onEnd = (): void => {
    if (capacity.active === 0) draining?.();
  };
  return {
    get active() {
      return capacity.active;
    },
    drain(idle) {
      draining = idle;
      onEnd();
    },
    execute: (offer) =>
      new Observable((out) => {
        if (draining !== undefined) return nack(out, 'draining');
        const needs = { memoryMb: offer.model.memory, cpuMilli: 0 };
        // A free slot is taken before this returns, and nobody waits for one.
        const place = capacity.enter(needs, () => undefined);
        if (place === 'impossible') {
          // No runner of this size could: a NACK would send it to the next one, and so on.
          out.next(failed(400, 'Requested Memory cannot be allocated'));
          return out.complete();
        }
        if (typeof place === 'string') return nack(out, place);
        const execution = new Execution(parts, offer, place, out, onEnd);
        execution.run(capacity.active);
        return () => execution.stop();
      }),
  };
}

function nack(out: Subscriber<RunnerEvent>, reason: NackReason): void {
  out.next({ kind: 'nack', reason });
  out.complete();
}

class Execution implements Told {
  private active = 0;
  private begun = false;
  /** Nobody listens any more. */
  private over = false;
  private ended = false;
  private outcome: 'expired' | 'canceled' | undefined;
  private bytes = 0;
  private timer: Timer | undefined;
  private stopFunction: (() => void) | undefined;

  constructor(
    private readonly parts: SlotsParts,
    private readonly offer: Offer,
    private readonly place: Place,
    private readonly out: Subscriber<RunnerEvent>,
    private readonly onEnd: () => void,
  ) {}

  run(active: number): void {
    const { clock, timeoutUs, kind } = this.parts;
    this.active = active;
    this.timer = clock.after(timeoutUs, () => this.expire());
    const stop = kind.run(this.offer, this);
    if (this.ended) return;
    this.stopFunction = stop;
    // Its first output may have been too much already.
    if (this.over) stop();
  }

  begin(): boolean {
    if (this.over) return false;
    const { clock, slots, log } = this.parts;
    const { model, attempt, remainingUs = -1 } = this.offer;
    const { active } = this;
    const at = clock.now();
    // A start that is not on record proves nothing, so there is none: the call may run elsewhere.
    if (!log({ kind: 'exec-start', at, call: model.id, attempt, active, slots, remainingUs })) {
      return false;
    }
    this.begun = true;
    this.offer.begin();
    return true;
  }

  output(event: Start | Data): void {
    if (this.over) return;
    if (event.kind === 'data') this.bytes += event.bytes.length;
    this.out.next(event);
  }

  end(how: Finished | Nack): void {
    if (this.ended) return;
    this.ended = true;
    this.timer?.cancel();
    if (this.begun) this.logEnd(how.kind === 'finished' && how.success ? 'ok' : 'failed');
    // The slot is free before the LB can know, so its next offer finds it.
    this.place.leave();
    if (!this.over) {
      this.over = true;
      this.out.next(how);
      this.out.complete();
    }
    this.onEnd();
  }

  /** The LB has canceled, or said that the time is over. */
  stop(): void {
    this.halt('canceled');
  }

  private expire(): void {
    if (this.over) return;
    this.halt('expired');
    this.out.next(failed(504, 'Timed out'));
    this.out.complete();
  }

  private halt(outcome: 'expired' | 'canceled'): void {
    if (this.over) return;
    this.over = true;
    this.outcome = outcome;
    this.timer?.cancel();
    this.stopFunction?.();
  }

  private logEnd(outcome: 'ok' | 'failed'): void {
    const { bytes } = this;
    const { model, attempt } = this.offer;
    const at = this.parts.clock.now();
    const said = this.outcome ?? outcome;
    this.parts.log({ kind: 'exec-end', at, call: model.id, attempt, outcome: said, bytes });
  }
}
