/**
 * The laws of a flight, checked over what it left behind: the probe's events, the executors' log and
 * the clients' lines. It reads records only, in any interleaving of the three, so the same laws are
 * checked on simulated and on gRPC flights.
 */
import type { ClientLine, ExecEnded, ExecRead, ExecStarted, FlightEvent } from '../core/record.js';
import type { AttemptEnded, Ended, ProbeEvent } from '../core/probe.js';

export interface Checkers {
  see(event: FlightEvent): void;
  /** Broken laws and calls that never ended, one line each; at most MOST lines of either. */
  land(): { readonly violations: string[]; readonly stuck: string[] };
}

/** Lines of each kind that are kept: one bug breaks a law for thousands of calls. */
const MOST = 20;

/** What is known of one call. */
interface Seen {
  readonly id: string;
  arrived: boolean;
  deadline: number;
  attempts: number;
  attemptOpen: boolean;
  committed: boolean;
  end: Ended | undefined;
  client: ClientLine | undefined;
  /** Attempts that ended in another way than by a NACK: none to two. */
  kept: AttemptEnded[] | undefined;
  starts: ExecStarted[] | undefined;
  read: ExecRead | undefined;
  answer: ExecEnded | undefined;
}

/**
 * @param options.executorsLog whether the flight has an executors' log; a fleet that somebody else
 * runs has none, and then the laws that need it are left out. Default true.
 */
export function createCheckers(
  options: { readonly executorsLog: boolean } = { executorsLog: true },
): Checkers {
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
      call = {
        id,
        arrived: false,
        deadline: Number.POSITIVE_INFINITY,
        attempts: 0,
        attemptOpen: false,
        committed: false,
        end: undefined,
        client: undefined,
        kept: undefined,
        starts: undefined,
        read: undefined,
        answer: undefined,
      };
      calls.set(id, call);
    }
    return call;
  };

  const onProbe = (event: ProbeEvent): void => {
    const call = seen(event.call);
    const check = (holds: boolean, law: string): void => {
      if (!holds) breaks(law, call.id, event.at);
    };
    check(event.at >= lastAt, 'time never goes back');
    lastAt = event.at;
    check(call.end === undefined, 'nothing happens to a call after its end');
    probeLaws(call, event, check);
  };

  const onExecutor = (event: ExecStarted | ExecRead | ExecEnded): void => {
    const call = seen(event.call);
    if (event.kind === 'exec-start') {
      (call.starts ??= []).push(event);
      if (event.active > event.slots) {
        breaks(`runner ${event.runner} never runs more than its slots`, call.id, event.at);
      }
    } else if (event.kind === 'exec-read') call.read = event;
    else if (event.outcome === 'ok') call.answer = event;
  };

  return {
    see(event) {
      switch (event.kind) {
        case 'exec-start':
        case 'exec-read':
        case 'exec-end':
          return onExecutor(event);
        case 'client': {
          const call = seen(event.call);
          if (call.client !== undefined) breaks('a client is answered once', call.id, event.at);
          call.client = event;
          return;
        }
        case 'exec-nack':
        case 'fault':
          return;
        default:
          return onProbe(event);
      }
    },
    land() {
      const stuck: string[] = [];
      let left = 0;
      for (const call of calls.values()) {
        if (call.end === undefined || call.client === undefined) {
          left += 1;
          if (stuck.length < MOST) stuck.push(stuckLine(call));
        }
        for (const law of finalLaws(call, options.executorsLog))
          breaks(law, call.id, call.end?.at ?? lastAt);
      }
      if (broken > violations.length) violations.push(`... ${broken - MOST} more like these`);
      if (left > stuck.length) stuck.push(`... ${left - MOST} more calls`);
      return { violations, stuck };
    },
  };
}

/** The laws that the order of the probe's events must keep. */
function probeLaws(
  call: Seen,
  event: ProbeEvent,
  check: (holds: boolean, law: string) => void,
): void {
  switch (event.kind) {
    case 'arrive':
      check(!call.arrived, 'a call id is used once');
      call.arrived = true;
      return;
    case 'cached':
      call.deadline = event.deadline;
      return;
    case 'attempt':
      check(!call.attemptOpen, 'one attempt at a time');
      check(!call.committed, 'no attempt after commit');
      check(event.at <= call.deadline, 'no attempt after the deadline');
      call.attempts += 1;
      check(event.attempt === call.attempts, 'attempts are counted from 1');
      call.attemptOpen = true;
      return;
    case 'nack':
      check(call.attemptOpen, 'a NACK belongs to an open attempt');
      check(!call.committed, 'no NACK after commit');
      call.attemptOpen = false;
      return;
    case 'commit':
      check(!call.committed, 'at most one commit');
      check(call.attemptOpen, 'a commit belongs to an open attempt');
      call.committed = true;
      return;
    case 'attempt-end':
      check(call.attemptOpen, 'an attempt ends once');
      call.attemptOpen = false;
      (call.kept ??= []).push(event);
      return;
    case 'end':
      check(!call.attemptOpen, 'no attempt outlives its call');
      check(event.attempts === call.attempts, 'attempts = NACKs + attempts that ended otherwise');
      check(event.code !== 'internal', 'no invariant of the core breaks');
      call.end = event;
      return;
    case 'head':
    case 'skip':
    case 'round':
      return;
  }
}

/** The laws between what the LB believed, what the executors did, and what the client saw. */
function finalLaws(call: Seen, executorsLog: boolean): string[] {
  const laws: string[] = [];
  const must = (holds: boolean, law: string): void => {
    if (!holds) laws.push(law);
  };
  const { starts = [], kept = [], client, end, read, answer } = call;
  const chances = client?.idempotent === true ? 2 : 1;
  must(
    starts.length <= chances,
    `a call starts at most ${chances} times, this one ${starts.length}`,
  );
  for (const start of starts) {
    const own = kept.some((attempt) => attempt.attempt === start.attempt);
    must(own || end === undefined, `attempt ${start.attempt} was NACKed, yet it started`);
  }
  if (client === undefined || end === undefined) return laws;
  if (read !== undefined) {
    const same = read.bytes === client.sentBytes && read.hash === client.sentHash;
    must(same, 'an executor reads the bytes that its client sent');
  }
  if (end.outcome === 'refused') {
    must(starts.length === 0, 'a refused call never started');
  }
  if (end.outcome !== 'ok') {
    const clean = client.how === 'ended' && client.status >= 200 && client.status < 300;
    must(!clean, 'a call that is not ok is no clean success to its client');
    return laws;
  }
  must(client.how !== 'cut', 'a call that is ok is not cut');
  if (client.how === 'ended') {
    must(end.bytesOut === client.bytes, 'the client gets the bytes that the LB sent');
  }
  if (!executorsLog) return laws;
  must(answer !== undefined, 'a call that is ok was executed to its end');
  if (answer === undefined || client.how !== 'ended') return laws;
  const same = answer.bytes === client.bytes && answer.hash === client.hash;
  must(same, 'the client gets the bytes that the executor wrote');
  return laws;
}

function stuckLine(call: Seen): string {
  const where = call.attemptOpen
    ? `in attempt ${call.attempts}`
    : `after ${call.attempts} attempts`;
  const what = call.end === undefined ? 'never ended' : 'ended, but its client was never told';
  return `call ${call.id} ${what} (${where})`;
}
