/**
 * One offer of a call to one runner: it opens an engagement, tells the probe and the group what
 * became of it, and hands the events on. What follows from them is the search's (`placement.ts`).
 */
import { throwError, type Observable, type Subscription } from 'rxjs';
import { underTrace, type TraceOf } from './attempt-trace.js';
import type { AttemptOutcome, Call } from './call.js';
import type { Clock } from './clock.js';
import { CallError } from './errors.js';
import type { Group } from './group.js';
import type { Verdicts } from './health.js';
import { guarded, invariant } from './invariant.js';
import type { Lag } from './lag.js';
import type { Probe } from './probe.js';
import {
  RUNNER_EXPIRED,
  type Finished,
  type Nack,
  type Runner,
  type RunnerEvent,
} from './runner.js';
import type { HeldStanding } from './standing.js';

/** Characters of a runner's text that the probe is told: records keep one for every attempt. */
const MESSAGE_MAX = 256;

export interface AttemptParts {
  readonly clock: Clock;
  readonly probe: Probe | undefined;
  readonly lag: Lag;
  readonly trace?: TraceOf | undefined;
}

/** Who is told of an attempt. */
export interface Attempting {
  /** The first event that is not a NACK, before it is handed on. */
  onCommit(attempt: Attempt): void;
  onEvent(event: RunnerEvent): void;
  onNack(attempt: Attempt, nack: Nack): void;
  /** It broke, or expired, without a verdict. */
  onBroken(attempt: Attempt, error: CallError): void;
  /** Its stream has ended behind the verdict. */
  onComplete(): void;
  /** An invariant did not hold. */
  fail(thrown: unknown): void;
}

/** A class, since they are made by the million. */
export class Attempt {
  /** Its end is still to come: no NACK, verdict or failure was told of it. */
  open = true;
  private readonly openedAt: number;
  private engagement: Subscription | undefined;
  private nack: Nack | undefined;
  private committed = false;

  constructor(
    private readonly parts: AttemptParts,
    private readonly call: Call,
    private readonly group: Group,
    readonly standing: HeldStanding,
    private readonly search: Attempting,
    /** From 1, within the call. */
    readonly number: number,
    /** It runs beside another one. */
    readonly hedge: boolean,
  ) {
    this.openedAt = parts.clock.now();
  }

  /** `token`: it spends the sign that its runner may have room for one call. */
  begin(token: boolean): void {
    const { call, standing, group, parts, number, hedge } = this;
    const { runner } = standing;
    call.body.replay();
    parts.lag.enter();
    const at = this.openedAt;
    parts.probe?.({
      kind: 'attempt',
      at,
      call: call.id,
      attempt: number,
      runner: runner.id,
      hedge,
      token,
    });
    group.opened(standing, token);
    const trace = parts.trace?.(call.id, number);
    const offered = trace === undefined ? call : underTrace(call, trace);
    let subscribing = true;
    this.engagement = engagementOf(runner, offered, number).subscribe({
      next: (event) =>
        this.guard(() => {
          invariant(!subscribing, `runner ${runner.id} emitted during subscribe`);
          this.onEvent(event);
        }),
      error: (error: unknown) => this.guard(() => this.onError(CallError.from(error))),
      complete: () => this.guard(() => this.onComplete()),
    });
    subscribing = false;
    // What was emitted too early ended the search before there was an engagement to let go of.
    if (!this.open) this.engagement.unsubscribe();
  }

  /** Lets go of it; where it is still open it was cut by its deadline, or nobody wants it. */
  stop(): void {
    if (this.open) {
      const late = this.parts.clock.now() >= this.call.deadline;
      this.close(late ? 'expired' : 'canceled', '', undefined);
    }
    // Open all the same where a runner gave its verdict and has not completed.
    this.engagement?.unsubscribe();
  }

  /** From being opened until now, µs. */
  get tookUs(): number {
    return this.parts.clock.now() - this.openedAt;
  }

  private onEvent(event: RunnerEvent): void {
    if (event.kind === 'nack') {
      invariant(!this.committed, 'a nack after commit');
      this.nack = event;
      return;
    }
    invariant(this.nack === undefined, 'an event after a nack');
    if (!this.committed) {
      this.committed = true;
      this.search.onCommit(this);
      this.parts.probe?.({
        kind: 'commit',
        at: this.parts.clock.now(),
        call: this.call.id,
        attempt: this.number,
        runner: this.standing.runner.id,
      });
    }
    if (event.kind === 'finished') {
      this.close(verdictOf(event), event.success ? '' : String(event.code), event);
    }
    this.search.onEvent(event);
  }

  private onComplete(): void {
    const { nack, call, parts, standing } = this;
    if (nack === undefined) {
      invariant(!this.open, 'an engagement completed without a verdict');
      return this.search.onComplete();
    }
    this.open = false;
    parts.lag.leave();
    parts.probe?.({
      kind: 'nack',
      at: parts.clock.now(),
      call: call.id,
      attempt: this.number,
      runner: standing.runner.id,
      reason: nack.reason,
    });
    this.group.nacked(standing, nack, this.tookUs, call.spec.memoryMb);
    this.search.onNack(this, nack);
  }

  private onError(error: CallError): void {
    // After the verdict a broken stream changes nothing: the answer is complete.
    if (!this.open) return this.search.onComplete();
    this.close(error.code === 'expired' ? 'expired' : 'broken', error.message, undefined);
    this.search.onBroken(this, error);
  }

  private close(
    outcome: Exclude<AttemptOutcome, 'nacked'>,
    cause: string,
    verdict: Finished | undefined,
  ): void {
    const { call, parts, standing } = this;
    invariant(this.open, 'an attempt ended twice');
    this.open = false;
    // A deadline says itself how late it is.
    const overdueUs = outcome === 'expired' ? parts.clock.now() - call.deadline : 0;
    const lateUs = Math.max(parts.lag.us, overdueUs);
    parts.lag.leave();
    parts.probe?.({
      kind: 'attempt-end',
      at: parts.clock.now(),
      call: call.id,
      attempt: this.number,
      runner: standing.runner.id,
      outcome,
      cause,
      message: verdict?.message.slice(0, MESSAGE_MAX) ?? '',
      userError: verdict?.userError ?? false,
      schedulerUs: verdict?.schedulerUs ?? 0,
      executionUs: verdict?.executionUs ?? 0,
    });
    // What this process was late by is no time of the runner's.
    const tookUs = Math.max(0, this.tookUs - lateUs);
    const late = lateUs > LATE_US || overdueUs > OVERDUE_US;
    this.group.ended(standing, this.judge(outcome, verdict, late), tookUs);
  }

  /** What this end says of the runner. */
  private judge(outcome: AttemptOutcome, verdict: Finished | undefined, late: boolean): Verdicts {
    if (verdict !== undefined) return 'healthy';
    if (outcome === 'canceled' || late) return 'unsaid';
    // It was at work when its time was up, for all that one can tell.
    return outcome === 'expired' && this.committed ? 'unsaid' : 'failing';
  }

  private guard(work: () => void): void {
    guarded(work, (thrown) => this.search.fail(thrown));
  }
}

/** A runner that throws instead is one whose attempt fails, and nothing of it is left behind. */
function engagementOf(runner: Runner, call: Call, number: number): Observable<RunnerEvent> {
  try {
    return runner.engage(call, number);
  } catch (thrown) {
    return throwError(() => CallError.from(thrown));
  }
}

/** This process was busy with itself for longer than that: what it saw says nothing of others. */
const LATE_US = 100_000;
/** A deadline that is so late was not waited for: the answer may lie there, unread. */
const OVERDUE_US = 10_000;

function verdictOf(finished: Finished): 'ok' | 'failed' | 'expired' {
  if (finished.success) return 'ok';
  return finished.code === RUNNER_EXPIRED ? 'expired' : 'failed';
}
