/**
 * Laws that are exact where time is virtual: what is told arrives in the instant that it is told,
 * and a cancel one way later. They take the three logs in the order in which things happened, and
 * know the limits that the scenario sets; flights on real clocks can be held to none of that.
 */
import { balancerDefaults } from '../core/options.js';
import type { AttemptEnded, AttemptOpened, ProbeEvent } from '../core/probe.js';
import type { ClientLine, ExecStarted, ExecutorLine, FlightEvent } from '../core/record.js';
import { START_US } from './clock.js';
import type { Promised } from './promised.js';

export interface Exact {
  see(event: FlightEvent): void;
}

type Breaks = (law: string, call: string, at: number) => void;

/** Faults that hold up a cancel, or swallow it. */
const DEAF: ReadonlySet<string> = new Set(['pause', 'half-open']);

interface Attempt {
  readonly runner: string;
  readonly openedAt: number;
  startedAt: number;
  endedAt: number;
  /** Its executor refused it, whatever became of that on its way. */
  refused: boolean;
}

/** A call, from its arrival until its client and all of its executions are done with it. */
interface Flying {
  readonly lb: Lb;
  readonly arrivedAt: number;
  deadline: number;
  admitted: boolean;
  waits: boolean;
  headed: boolean;
  /** Attempts that are open, or were executed. */
  readonly attempts: Map<number, Attempt>;
  /** Attempts that were no hedges. */
  rounds: number;
  /** The runner that broke an attempt. */
  broke: string | undefined;
  /** It broke the only one that was open: the next attempt is a second chance. */
  again: boolean;
  /** Second chances and hedges that it had. */
  extra: number;
  outcome: string | undefined;
  answered: boolean;
  running: number;
}

interface Lb {
  inFlight: number;
  arrived: number;
  /** Second chances and hedges so far. */
  extra: number;
}

export function createExact(promised: Promised, breaks: Breaks): Exact {
  const calls = new Map<string, Flying>();
  const lbs = new Map<string, Lb>();
  /** Runners that hear of a cancel late, being deaf for a while. */
  const excused = new Set(promised.ignoring);

  const lbOf = (name: string): Lb => {
    let lb = lbs.get(name);
    if (lb === undefined) {
      lb = { inFlight: 0, arrived: 0, extra: 0 };
      lbs.set(name, lb);
    }
    return lb;
  };

  const forgetIfOver = (id: string, { outcome, answered, running }: Flying): void => {
    if (outcome !== undefined && answered && running === 0) calls.delete(id);
  };

  const onAttempt = (call: Flying, event: AttemptOpened): void => {
    const { at, runner, attempt, hedge } = event;
    const must = (holds: boolean, law: string): void => {
      if (!holds) breaks(law, event.call, at);
    };
    call.waits = false;
    const half = call.arrivedAt + Math.floor((call.deadline - call.arrivedAt) / 2);
    must(hedge || call.broke !== undefined || at < half, 'half of the time is kept for running');
    must(!call.headed, 'no attempt when the head has gone out');
    must(runner !== call.broke, 'a second chance is not where the first one broke');
    for (const open of call.attempts.values()) {
      must(open.endedAt !== -1 || open.runner !== runner, 'a hedge is with another runner');
    }
    call.attempts.set(attempt, {
      runner,
      openedAt: at,
      startedAt: -1,
      endedAt: -1,
      refused: false,
    });
    if (!hedge) call.rounds += 1;
    must(call.rounds <= 1 || promised.retry, 'without retry there is one attempt');
    if (!hedge && !call.again) return;
    const { lb } = call;
    call.again = false;
    call.extra += 1;
    must(call.extra === 1, 'a call has one second chance, or one hedge');
    lb.extra += 1;
    const { retryBudgetRatio, retryBudgetPerSec } = balancerDefaults;
    const seconds = (at - START_US) / 1_000_000;
    const budget = retryBudgetPerSec * (1 + seconds) + retryBudgetRatio * lb.arrived;
    must(lb.extra <= budget, 'second chances and hedges stay within their budget');
  };

  const onAttemptEnd = (call: Flying, event: AttemptEnded): void => {
    const { at, runner, outcome } = event;
    const attempt = call.attempts.get(event.attempt);
    if (attempt === undefined) return;
    attempt.endedAt = at;
    if (outcome === 'broken') {
      call.broke ??= runner;
      call.again = [...call.attempts.values()].every(({ endedAt }) => endedAt !== -1);
    }
    const judged = outcome === 'ok' || outcome === 'failed';
    if (judged && attempt.refused) breaks('a NACK is no verdict', event.call, at);
  };

  const onProbe = (event: ProbeEvent): void => {
    if (event.kind === 'arrive') {
      const lb = lbOf(event.lb);
      lb.arrived += 1;
      calls.set(event.call, arrived(lb, event.at));
      return;
    }
    const call = calls.get(event.call);
    if (call === undefined) return;
    switch (event.kind) {
      case 'cached':
        call.deadline = event.deadline;
        call.admitted = true;
        call.lb.inFlight += 1;
        if (call.lb.inFlight <= promised.inFlightMax) return;
        return breaks('no more calls are in flight than may be', event.call, event.at);
      case 'wait':
        call.waits = true;
        return;
      case 'head':
        call.headed = true;
        return;
      case 'attempt':
        return onAttempt(call, event);
      case 'nack':
        call.attempts.delete(event.attempt);
        return;
      case 'attempt-end':
        return onAttemptEnd(call, event);
      case 'end':
        call.outcome = event.outcome;
        if (call.admitted) call.lb.inFlight -= 1;
        onEnd(call, event.call, event.at, breaks);
        return forgetIfOver(event.call, call);
      default:
        return;
    }
  };

  /** `exec-end` of what nobody waits for any more: a cancel takes one way. */
  const onExecEnd = (call: Flying, attempt: Attempt | undefined, id: string, at: number): void => {
    if (attempt === undefined || excused.has(attempt.runner)) return;
    const { startedAt, endedAt } = attempt;
    const until = call.deadline + promised.oneWayUs - promised.headroomUs;
    if (at > Math.max(startedAt, until)) {
      breaks('a function ends so early that its verdict arrives by the deadline', id, at);
    }
    if (endedAt === -1 || at <= endedAt + promised.oneWayUs) return;
    breaks('no function goes on when nobody waits for it', id, at);
  };

  const onExecutor = (event: ExecutorLine): void => {
    const call = calls.get(event.call);
    if (call === undefined) return;
    const attempt = call.attempts.get(event.attempt);
    switch (event.kind) {
      case 'exec-start':
        call.running += 1;
        return onStart(call, attempt, event, breaks);
      case 'exec-nack':
        if (attempt !== undefined) attempt.refused = true;
        return;
      case 'exec-read':
        return;
      case 'exec-end':
        call.running -= 1;
        onExecEnd(call, attempt, event.call, event.at);
        return forgetIfOver(event.call, call);
    }
  };

  const onClient = (event: ClientLine): void => {
    const call = calls.get(event.call);
    if (call === undefined) return;
    call.answered = true;
    if (event.how === 'left' && call.outcome !== 'canceled') {
      breaks('a call whose client left is canceled', event.call, event.at);
    }
    forgetIfOver(event.call, call);
  };

  return {
    see(event) {
      switch (event.kind) {
        case 'exec-start':
        case 'exec-read':
        case 'exec-end':
        case 'exec-nack':
          return onExecutor(event);
        case 'client':
          return onClient(event);
        case 'fault':
          if (DEAF.has(event.fault)) for (const id of event.target.split(',')) excused.add(id);
          return;
        default:
          return onProbe(event);
      }
    },
  };
}

function arrived(lb: Lb, at: number): Flying {
  return {
    lb,
    arrivedAt: at,
    deadline: Number.MAX_SAFE_INTEGER,
    admitted: false,
    waits: false,
    headed: false,
    attempts: new Map(),
    rounds: 0,
    broke: undefined,
    again: false,
    extra: 0,
    outcome: undefined,
    answered: false,
    running: 0,
  };
}

function onStart(
  call: Flying,
  attempt: Attempt | undefined,
  event: ExecStarted,
  breaks: Breaks,
): void {
  if (attempt === undefined) return;
  attempt.startedAt = event.at;
  const left = Math.max(1, call.deadline - attempt.openedAt);
  if (event.remainingUs === left) return;
  breaks('a runner is told what is left of the time of its call', event.call, event.at);
}

/** Who waits in vain gives up by half of its time, unless it waits for a second chance. */
function onEnd(call: Flying, id: string, at: number, breaks: Breaks): void {
  const half = call.arrivedAt + Math.floor((call.deadline - call.arrivedAt) / 2);
  if (!call.waits || call.broke !== undefined || at <= half) return;
  breaks('no call waits for longer than half of its time', id, at);
}
