/**
 * One call as slices of a trace: what its balancer did with it, on a lane of its own. Attempts that
 * run beside each other get further lanes. It is written once it is over.
 */
import type {
  Arrived,
  AttemptEnded,
  AttemptNacked,
  AttemptOpened,
  Ended,
  RoundOver,
  Waiting,
} from '../core/probe.js';
import type { ClientLine } from '../core/record.js';
import type { Args, Lane, Slice, TraceProcess } from './trace.js';

/** Slices of one call: the first ones and the latest, the others are only counted. */
const CALL_SLICES_MAX = 100;
interface Attempt {
  readonly opened: AttemptOpened;
  /** Of its own when it runs beside another: two that overlap need two lanes. */
  readonly own: Lane | undefined;
}

export interface TracedCall {
  readonly arrive: Arrived;
  readonly lane: Lane;
  readonly inside: Slice[];
  readonly beside: { readonly lane: Lane; readonly slice: Slice }[];
  readonly attempts: Map<number, Attempt>;
  /** The attempt on the call's own lane. */
  current: number | undefined;
  waiting: RoundOver | Waiting | undefined;
  omitted: number;
  end: Ended | undefined;
  client: ClientLine | undefined;
}

export const createTracedCall = (arrive: Arrived, lane: Lane): TracedCall => ({
  arrive,
  lane,
  inside: [],
  beside: [],
  attempts: new Map(),
  current: undefined,
  waiting: undefined,
  omitted: 0,
  end: undefined,
  client: undefined,
});

export function inside(
  call: TracedCall,
  name: string,
  category: string,
  from: number,
  until: number,
  args: Args,
): void {
  // The latest one always stays: it may be the one that ran.
  if (call.inside.length === CALL_SLICES_MAX) {
    call.inside.pop();
    call.omitted++;
  }
  call.inside.push({ name, category, from, until: Math.max(from, until), args });
}

export function endWait(call: TracedCall, at: number): void {
  const { waiting } = call;
  call.waiting = undefined;
  if (waiting === undefined) return;
  const { runners } = waiting;
  if (waiting.kind === 'round') inside(call, 'between rounds', 'wait', waiting.at, at, { runners });
  else {
    const { group, waiting: calls } = waiting;
    inside(call, 'waiting for room', 'wait', waiting.at, at, { runners, group, waiting: calls });
  }
}

export function open(call: TracedCall, opened: AttemptOpened, balancer: TraceProcess): void {
  endWait(call, opened.at);
  const beside = call.current !== undefined;
  if (!beside) call.current = opened.attempt;
  const own = beside ? balancer.lane(opened.at) : undefined;
  call.attempts.set(opened.attempt, { opened, own });
}

/** @param how undefined for one that was open when its call ended. */
export function ended(
  call: TracedCall,
  n: number,
  at: number,
  how?: AttemptNacked | AttemptEnded,
): void {
  const attempt = call.attempts.get(n);
  if (attempt === undefined) return;
  call.attempts.delete(n);
  const { opened, own } = attempt;
  const { runner, hedge, token } = opened;
  const why = { ...(hedge ? { hedge } : {}), ...(token ? { calledUp: token } : {}) };
  const args = { call: opened.call, attempt: n, runner, ...why, ...endOf(how) };
  const name = args.end === 'ok' ? runner : `${runner}: ${args.end}`;
  if (own === undefined) {
    call.current = undefined;
    return inside(call, name, 'attempt', opened.at, at, args);
  }
  const until = Math.max(opened.at, at);
  own.free(until);
  const slice = { name: `beside: ${name}`, category: 'attempt', from: opened.at, until, args };
  call.beside.push({ lane: own, slice });
}

/** What says nothing is left out: a trace has thousands of these. */
function endOf(how: AttemptNacked | AttemptEnded | undefined): { readonly end: string } & Args {
  if (how === undefined) return { end: 'not told' };
  if (how.kind === 'nack') return { end: `NACK ${how.reason}` };
  const { outcome, cause, message, schedulerUs, executionUs } = how;
  return {
    end: outcome,
    ...(cause === '' ? {} : { cause }),
    ...(message === '' ? {} : { message }),
    ...(schedulerUs === 0 ? {} : { schedulerUs }),
    ...(executionUs === 0 ? {} : { executionUs }),
  };
}

/** Whatever is open ends with its call; returns when that was. */
export function close(call: TracedCall, at: number): number {
  endWait(call, at);
  for (const n of [...call.attempts.keys()]) ended(call, n, at);
  return Math.max(call.arrive.at, at);
}

/** What holds the others is written first. */
export function draw(call: TracedCall, last: number): void {
  const { arrive, end, client, omitted, lane } = call;
  const until = end === undefined ? close(call, last) : Math.max(arrive.at, end.at);
  const outcome = end?.outcome ?? 'never ended';
  const args = {
    call: arrive.call,
    outcome,
    ...(end === undefined ? {} : { code: end.code, status: end.status, attempts: end.attempts }),
    ...(client === undefined
      ? {}
      : { client: client.how, clientSentAt: client.sentAt, clientDoneAt: client.at }),
    ...(omitted === 0 ? {} : { slicesLeftOut: omitted }),
  };
  const name = outcome === 'ok' ? arrive.fn : `${arrive.fn}: ${outcome}`;
  lane.slice({ name, category: 'call', from: arrive.at, until, args });
  for (const slice of call.inside) lane.slice(slice);
  for (const { lane, slice } of call.beside) lane.slice(slice);
}
