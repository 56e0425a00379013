/**
 * The search for a runner: order, offer, NACK → next runner; none → wait; commit. It decides the
 * one thing that matters: a NACK is offered elsewhere, anything else never is, save one second
 * chance for a call declared idempotent whose attempt broke before `start`.
 *
 * Hand-written for nine operators that would share this state (measured: a sixth of their cost).
 */
import { Observable, type Subscriber } from 'rxjs';
import { Attempt, type AttemptParts, type Attempting } from './attempt.js';
import type { Call } from './call.js';
import type { Timer } from './clock.js';
import { giveUpAt } from './deadline.js';
import { CallError } from './errors.js';
import type { Group } from './group.js';
import type { Groups } from './groups.js';
import type { HedgeDelays } from './hedge-delay.js';
import { guarded, invariant } from './invariant.js';
import type { BalancerOptions } from './options.js';
import type { Order } from './placer.js';
import type { RetryBudget } from './retry-budget.js';
import type { Seat } from './room.js';
import type { Nack, RunnerEvent } from './runner.js';
import type { Seeker } from './seeker.js';
import type { HeldStanding } from './standing.js';

export interface PlacementParts extends AttemptParts {
  readonly groups: Groups;
  readonly budget: RetryBudget;
  readonly hedges: HedgeDelays;
  readonly options: BalancerOptions;
}

/**
 * Emits the events of the one committed engagement: `start data* finished`, or `finished` alone.
 * Errors: `not_placed`, `full`, `broken`, `expired`. Cold; unsubscribing cancels what is open.
 */
export function place(parts: PlacementParts, call: Call): Observable<RunnerEvent> {
  return new Observable((out) => {
    const search = new Search(parts, call, out);
    search.guard(() => search.round());
    return () => search.stop();
  });
}

/** One call's search. A class, since they are made by the million. */
class Search implements Seeker, Attempting {
  readonly callId: string;
  readonly fn: string;
  readonly memoryMb: number;
  seated = false;
  private readonly group: Group;
  private readonly polls: boolean;
  /** When it stops looking for its first chance. */
  private readonly looksUntil: number;
  private order: Order<HeldStanding> | undefined;
  private rounds = 0;
  /** Ends the pause between two rounds, or the waiting. */
  private timer: Timer | undefined;
  private seat: Seat | undefined;
  private attempt: Attempt | undefined;
  /** A second attempt beside it. */
  private hedge: Attempt | undefined;
  private hedgeTimer: Timer | undefined;
  /** The runner that broke an idempotent call's first chance: the second goes elsewhere. */
  private spoiled: HeldStanding | undefined;
  /** What broke it: the verdict if there is no second chance to be had. */
  private broken: CallError | undefined;
  /** There is one second chance or one hedge. */
  private hadExtra = false;

  constructor(
    private readonly parts: PlacementParts,
    private readonly call: Call,
    private readonly out: Subscriber<RunnerEvent>,
  ) {
    this.polls = parts.options.wait === 'poll';
    this.callId = call.id;
    this.fn = call.fn.id;
    this.memoryMb = call.spec.memoryMb;
    this.group = parts.groups.of(call.spec.group);
    this.group.calls += 1;
    const { arrivedAt, deadline, placementUs } = call;
    const now = parts.clock.now();
    this.looksUntil = giveUpAt(now, arrivedAt, deadline - arrivedAt, placementUs);
  }

  /** A second chance may be had until the deadline. */
  get giveUpAt(): number {
    return this.broken === undefined ? this.looksUntil : this.call.deadline;
  }

  /** Cancels whatever is open. */
  stop(): void {
    this.group.calls -= 1;
    this.timer?.cancel();
    this.hedgeTimer?.cancel();
    this.seat?.leave();
    this.call.progress.attemptOpen = false;
    this.hedge?.stop();
    this.attempt?.stop();
  }

  /** Starts a pass over a fresh snapshot of the runners. */
  round(): void {
    this.rounds += 1;
    this.order = this.group.order(this.call);
    this.offer();
  }

  /** Offers the call to the next runner of the round that may take it. */
  private offer(): void {
    const { group, parts } = this;
    const { clock, probe } = parts;
    const now = clock.now();
    for (;;) {
      if (now >= this.giveUpAt) return this.giveUp();
      const standing = this.order?.next();
      if (standing === undefined) return this.roundOver();
      if (standing === this.spoiled) continue;
      if (!standing.runner.ready) {
        probe?.({ kind: 'skip', at: now, call: this.call.id, runner: standing.runner.id });
      } else if (
        this.polls ? now >= standing.ejectedUntil : group.admits(standing, this.memoryMb, now)
      ) {
        return this.engage(standing, false);
      }
    }
  }

  private roundOver(): void {
    this.order = undefined;
    if (!this.polls) return this.wait();
    const { clock, probe, options } = this.parts;
    const now = clock.now();
    const runners = this.group.standings().length;
    probe?.({ kind: 'round', at: now, call: this.call.id, round: this.rounds, runners });
    const wait = Math.min(options.roundPauseMs * 1000, this.giveUpAt - now);
    this.timer = clock.after(wait, () => this.guard(() => this.round()));
  }

  /** Takes what came free meanwhile, or a seat in the waiting room until it is called up. */
  private wait(): void {
    const { clock } = this.parts;
    const now = clock.now();
    if (now >= this.giveUpAt) return this.giveUp();
    const free = this.group.unspent(this);
    if (free !== undefined) return this.engage(free, true);
    this.seat = this.group.enter(this);
    this.seated = true;
    if (this.seat === undefined) {
      return this.fail(this.broken ?? new CallError('full', 'the waiting room is full'));
    }
    this.timer = clock.after(this.giveUpAt - now, () => this.guard(() => this.giveUp()));
  }

  mayUse(standing: HeldStanding): boolean {
    return standing !== this.spoiled;
  }

  /** Room: it is called up. */
  take(standing: HeldStanding): boolean {
    this.seat = undefined;
    this.timer?.cancel();
    if (this.parts.clock.now() >= this.giveUpAt) {
      this.giveUp();
      return false;
    }
    this.guard(() => this.engage(standing, true));
    return true;
  }

  private giveUp(): void {
    if (this.seat !== undefined) {
      this.seat.leave();
      this.group.inVain();
    }
    const { attempts } = this.call.progress;
    const text = `no runner accepted it while it looked for one, ${attempts} attempts`;
    this.fail(this.broken ?? new CallError('not_placed', text));
  }

  private engage(standing: HeldStanding, token: boolean): void {
    const { call, parts } = this;
    const { progress, spec } = call;
    invariant(!progress.committed, 'an attempt after commit');
    invariant(!progress.attemptOpen, 'two attempts of one call at once');
    progress.attempts += 1;
    progress.attemptOpen = true;
    this.attempt = new Attempt(parts, call, this.group, standing, this, progress.attempts, false);
    this.attempt.begin(token);
    if (parts.options.hedge === 'off' || !spec.idempotent || this.hadExtra) return;
    const delayUs = parts.hedges.delayUs(this.fn);
    if (delayUs === undefined || this.out.closed) return;
    this.hedgeTimer = parts.clock.after(delayUs, () => this.guard(() => this.runBeside()));
  }

  /** The first attempt is silent for longer than most: another one runs beside it, elsewhere. */
  private runBeside(): void {
    const { parts, call, group, attempt } = this;
    if (attempt?.open !== true || call.progress.committed) return;
    const now = parts.clock.now();
    const order = group.order(call);
    let standing = order.next();
    const fits = (one: HeldStanding): boolean =>
      one !== attempt.standing && group.admits(one, this.memoryMb, now);
    while (standing !== undefined && !fits(standing)) standing = order.next();
    if (standing === undefined || !this.affords('hedge')) return;
    call.progress.attempts += 1;
    const { attempts } = call.progress;
    this.hedge = new Attempt(parts, call, group, standing, this, attempts, true);
    this.hedge.begin(false);
  }

  /** Whether the retry budget has one more attempt that no NACK asked for. */
  private affords(what: 'hedge' | 'second-chance'): boolean {
    if (this.hadExtra) return false;
    if (this.parts.budget.spend()) return (this.hadExtra = true);
    const { clock, probe } = this.parts;
    probe?.({ kind: 'over-budget', at: clock.now(), call: this.call.id, what });
    return false;
  }

  onCommit(attempt: Attempt): void {
    const { call, parts } = this;
    this.hedgeTimer?.cancel();
    call.progress.committed = true;
    call.body.committed();
    // As long as it would have taken without a hedge, or at least so long.
    if (call.spec.idempotent) parts.hedges.saw(this.fn, (this.attempt ?? attempt).tookUs);
    const other = attempt === this.hedge ? this.attempt : this.hedge;
    this.attempt = attempt;
    this.hedge = undefined;
    if (other !== attempt) other?.stop();
  }

  onEvent(event: RunnerEvent): void {
    if (event.kind === 'finished') this.call.progress.attemptOpen = false;
    this.out.next(event);
  }

  onNack(attempt: Attempt, nack: Nack): void {
    const { call, parts } = this;
    if (this.goesOnWithout(attempt)) return;
    if (parts.options.retry === 'off') {
      const why = `refused by a runner (${nack.reason}), retry is off`;
      return this.fail(new CallError('not_placed', why));
    }
    call.progress.attemptOpen = false;
    this.goOn();
  }

  /** To the next runner of the round, or of the waiting room. */
  private goOn(): void {
    if (this.order === undefined) this.wait();
    else this.offer();
  }

  onBroken(attempt: Attempt, error: CallError): void {
    const { call, parts } = this;
    const silent = error.code === 'broken' && !call.progress.committed;
    if (silent && call.spec.idempotent && parts.options.retry === 'on') {
      call.progress.maybeExecuted = true;
      this.spoiled ??= attempt.standing;
      this.broken ??= error;
      // A hedge is the second chance already.
      if (this.goesOnWithout(attempt)) return;
      call.progress.attemptOpen = false;
      if (this.group.hasOther(this.spoiled) && this.affords('second-chance')) return this.goOn();
    }
    call.progress.attemptOpen = false;
    this.fail(error);
  }

  /** Of two attempts one has ended, and the other is now the only one. */
  private goesOnWithout(attempt: Attempt): boolean {
    this.hedgeTimer?.cancel();
    const other = attempt === this.hedge ? this.attempt : this.hedge;
    this.hedge = undefined;
    if (other?.open !== true) return false;
    this.attempt = other;
    return true;
  }

  onComplete(): void {
    this.out.complete();
  }

  fail(thrown: unknown): void {
    this.out.error(CallError.from(thrown));
  }

  guard(work: () => void): void {
    guarded(work, (thrown) => this.fail(thrown));
  }
}
