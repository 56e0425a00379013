/**
 * The laws of a flight, checked over what it left behind: the probe's events, the executors' log
 * and the clients' lines. It reads records only, in any interleaving of the three, so the same laws
 * are checked on simulated and on gRPC flights.
 */
import type { ProbeEvent } from '../core/probe.js';
import type { ClientLine, ExecRead, ExecStarted, FlightEvent } from '../core/record.js';
import { createConservation } from './conservation.js';
import { createDuty } from './duty.js';
import { createExact } from './exact.js';
import { createIdentities } from './identities.js';
import type { Promised } from './promised.js';
import { Seen } from './seen.js';

export interface Checkers {
  see(event: FlightEvent): void;
  /** Whether a law is broken already; some are only judged at the end. */
  readonly broken: boolean;
  /** Broken laws and calls that never ended, one line each; at most MOST lines of either. */
  land(): { readonly violations: string[]; readonly stuck: string[] };
}

/** Lines of each kind that are kept: one bug breaks a law for thousands of calls. */
const MOST = 20;

export interface CheckersOptions {
  /**
   * Whether the flight has an executors' log; a fleet that somebody else runs has none, and then
   * the laws that need it are left out. Default true.
   */
  readonly executorsLog?: boolean;
  /** Of a flight in virtual time, which is held to more (`exact.ts`). Default: of a real one. */
  readonly promised?: Promised;
}

export function createCheckers(options: CheckersOptions = {}): Checkers {
  const { executorsLog = true, promised } = options;
  const calls = new Map<string, Seen>();
  const violations: string[] = [];
  let broken = 0;
  let lastAt = Number.NEGATIVE_INFINITY;

  const breaks = (law: string, call: string, at: number): void => {
    broken += 1;
    if (violations.length < MOST) violations.push(`${law} (call ${call}, at ${at} µs)`);
  };

  const seen = (id: string): Seen => {
    let call = calls.get(id);
    if (call === undefined) {
      call = new Seen(id);
      calls.set(id, call);
    }
    return call;
  };

  const memoryOf = (fn: string): number => promised?.memoryMb.get(fn) ?? 0;
  const conservation = createConservation(breaks, memoryOf, promised !== undefined);
  const exact = promised === undefined ? undefined : createExact(promised, breaks);
  const duty = promised === undefined ? undefined : createDuty(promised, breaks);
  const identities = promised === undefined ? undefined : createIdentities();

  const onProbe = (event: ProbeEvent): void => {
    if (event.at < lastAt) breaks('time never goes back', event.call, event.at);
    lastAt = event.at;
    conservation.see(event);
    duty?.see(event);
    // What happens to a runner happens to no call.
    if (event.kind === 'runner') return;
    const call = seen(event.call);
    if (call.outcome !== undefined && !(call.ending && event.kind === 'call-end')) {
      breaks('nothing happens to a call after its end', call.id, event.at);
    }
    probeLaws(call, event, breaks);
  };

  return {
    see(event) {
      exact?.see(event);
      identities?.see(event);
      switch (event.kind) {
        case 'exec-start':
          return onStart(seen(event.call), event, breaks);
        case 'exec-read':
          return onRead(seen(event.call), event);
        case 'exec-end': {
          if (event.outcome !== 'ok') return;
          const call = seen(event.call);
          call.answerBytes = event.bytes;
          call.answerHash = event.hash | 0;
          call.answerMarks = event.marks | 0;
          return;
        }
        case 'client':
          return onClient(seen(event.call), event, breaks);
        case 'exec-nack':
        case 'fault':
          return;
        default:
          return onProbe(event);
      }
    },
    get broken() {
      return broken > 0;
    },
    land() {
      const stuck: string[] = [];
      let left = 0;
      for (const call of calls.values()) {
        if (call.outcome === undefined || call.how === undefined) {
          left += 1;
          if (stuck.length < MOST) stuck.push(stuckLine(call));
        }
        for (const law of finalLaws(call, executorsLog)) {
          breaks(law, call.id, call.endedAt === -1 ? lastAt : call.endedAt);
        }
      }
      for (const line of identities?.land() ?? []) breaks(line, '', lastAt);
      if (broken > violations.length) violations.push(`... ${broken - MOST} more like these`);
      if (left > stuck.length) stuck.push(`... ${left - MOST} more calls`);
      return { violations, stuck };
    },
  };
}

/** Says that a law broke, for a call, at an instant. */
type Breaks = (law: string, call: string, at: number) => void;

function onStart(call: Seen, event: ExecStarted, breaks: Breaks): void {
  call.starts += 1;
  call.startedBefore = call.started;
  call.started = event.attempt;
  if (event.active <= event.slots) return;
  breaks(`runner ${event.runner} never runs more than its slots`, call.id, event.at);
}

function onRead(call: Seen, { bytes, hash, marks }: ExecRead): void {
  const same = call.readBytes === bytes && call.readHash === (hash | 0);
  if (call.readBytes !== -1 && !same) call.readsDiffer = true;
  const marked = call.readBytes === -1 || call.readMarks === (marks | 0);
  call.readBytes = bytes;
  call.readHash = hash | 0;
  call.readMarks = marked ? marks | 0 : Number.NaN;
}

function onClient(call: Seen, line: ClientLine, breaks: Breaks): void {
  if (call.how !== undefined) breaks('a client is answered once', call.id, line.at);
  call.how = line.how;
  call.status = line.status;
  call.idempotent = line.idempotent;
  call.sentBytes = line.sentBytes;
  call.sentHash = line.sentHash | 0;
  call.sentMarks = line.sentMarks | 0;
  call.gotBytes = line.bytes;
  call.gotHash = line.hash | 0;
  call.gotMarks = line.marks | 0;
}

/** The laws that the order of the probe's events must keep. */
function probeLaws(call: Seen, event: ProbeEvent, breaks: Breaks): void {
  const must = (holds: boolean, law: string): void => {
    if (!holds) breaks(law, call.id, event.at);
  };
  switch (event.kind) {
    case 'arrive':
      must(!call.arrived, 'a call id is used once');
      call.arrived = true;
      return;
    case 'cached':
      call.deadline = event.deadline;
      return;
    case 'attempt':
      must(call.open === (event.hedge ? 1 : 0), 'one attempt at a time, and a hedge beside it');
      must(!call.committed, 'no attempt after commit');
      must(event.at <= call.deadline, 'no attempt after the deadline');
      call.attempts += 1;
      must(event.attempt === call.attempts, 'attempts are counted from 1');
      call.open = Math.min(call.open + 1, event.hedge ? 2 : 1);
      return;
    case 'nack':
      must(call.open > 0, 'a NACK belongs to an open attempt');
      must(!call.committed, 'no NACK after commit');
      call.open = Math.max(0, call.open - 1);
      return;
    case 'commit':
      must(!call.committed, 'at most one commit');
      must(call.open === 1, 'a commit belongs to the one attempt that is open');
      call.committed = true;
      return;
    case 'attempt-end':
      must(call.open > 0, 'an attempt ends once');
      call.open = Math.max(0, call.open - 1);
      call.keptBefore = call.kept;
      call.kept = event.attempt;
      return;
    case 'end':
      must(call.open === 0, 'no attempt outlives its call');
      must(event.attempts === call.attempts, 'attempts = NACKs + attempts that ended otherwise');
      must(event.code !== 'internal', 'no invariant of the core breaks');
      call.outcome = event.outcome;
      call.endedAt = event.at;
      call.ending = event.callEnd;
      call.bytesOut = event.bytesOut;
      return;
    case 'head':
    case 'skip':
    case 'round':
    case 'wait':
    case 'over-budget':
    case 'runner':
      return;
    case 'call-end':
      must(call.outcome !== undefined, 'the end of a call is behind its response');
      call.ending = false;
      return;
  }
}

/** The laws between what the LB believed, what the executors did, and what the client saw. */
function finalLaws(call: Seen, executorsLog: boolean): string[] {
  const laws: string[] = [];
  const must = (holds: boolean, law: string): void => {
    if (!holds) laws.push(law);
  };
  const { outcome, how, starts } = call;
  // Until its client has spoken, nobody knows whether the call was declared idempotent.
  const chances = call.idempotent || how === undefined ? 2 : 1;
  must(starts <= chances, `a call starts at most ${chances} times, this one ${starts}`);
  if (outcome === undefined || how === undefined) return laws;
  for (const attempt of [call.started, call.startedBefore]) {
    const kept = attempt === -1 || attempt === call.kept || attempt === call.keptBefore;
    must(kept, `attempt ${attempt} was NACKed, yet it started`);
  }
  if (call.readBytes !== -1) {
    const same = call.readBytes === call.sentBytes && call.readHash === call.sentHash;
    must(same && !call.readsDiffer, 'an executor reads the bytes that its client sent');
    const marked = call.readMarks === call.sentMarks;
    must(marked, 'an executor gets the headers that its client sent');
  }
  must(outcome !== 'refused' || starts === 0, 'a refused call never started');
  must(outcome !== 'canceled' || how === 'left', 'a call is canceled only if its client left');
  const clean = how === 'ended' && call.status >= 200 && call.status < 300;
  if (outcome !== 'ok') {
    must(!clean, 'a call that is not ok is no clean success to its client');
    must(how !== 'ended' || call.gotMarks === 0, 'an error has no header of the function');
    return laws;
  }
  must(how !== 'cut', 'a call that is ok is not cut');
  must(!executorsLog || call.answerBytes !== -1, 'a call that is ok was executed to its end');
  if (how !== 'ended') return laws;
  must(call.bytesOut === call.gotBytes, 'the client gets the bytes that the LB sent');
  if (!executorsLog || call.answerBytes === -1) return laws;
  const same = call.answerBytes === call.gotBytes && call.answerHash === call.gotHash;
  must(same, 'the client gets the bytes that the executor wrote');
  const marked = call.answerMarks === call.gotMarks;
  must(marked, 'the client gets the headers that the executor wrote');
  return laws;
}

function stuckLine(call: Seen): string {
  const where = call.open > 0 ? `in attempt ${call.attempts}` : `after ${call.attempts} attempts`;
  const ended = call.outcome !== undefined;
  return `call ${call.id} ${ended ? 'ended, but its client was never told' : 'never ended'} (${where})`;
}
