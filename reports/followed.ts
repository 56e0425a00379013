/**
 * One call while it is in flight: its events as they were told, within limits whatever it does, and
 * counts of what has no room. It chooses nothing.
 */
import type { Ended } from '../core/probe.js';
import type { ClientLine } from '../core/record.js';
import type { CallEvent, Gathered } from './story.js';

/** Attempts of a call that are kept: the first ones, and the latest two (a hedge has a twin). */
const FIRST_ATTEMPTS = 30;
const LATEST_ATTEMPTS = 2;
/** Waits, rounds, runners passed over. */
const ASIDES_MAX = 60;
/** An attempt has seven events at most; only a record that is none has more. */
const EVENTS_MAX = 400;

/** A call that is in flight, or told in full. */
export interface Followed {
  readonly call: string;
  readonly events: CallEvent[];
  /** Of attempts beyond the first ones. */
  latest: CallEvent[];
  attempts: number;
  nacks: number;
  asides: number;
  omittedOthers: number;
  waitingSince: number;
  waitedUs: number;
  end: Ended | undefined;
  client: ClientLine | undefined;
}

export const createFollowed = (event: CallEvent): Followed => ({
  call: event.call,
  events: [event],
  latest: [],
  attempts: 0,
  nacks: 0,
  asides: 0,
  omittedOthers: 0,
  waitingSince: -1,
  waitedUs: 0,
  end: undefined,
  client: undefined,
});

/** O(1), and nothing is copied: the events are there anyway. */
export function keep(call: Followed | undefined, event: CallEvent): void {
  if (call === undefined) return;
  switch (event.kind) {
    case 'round':
    case 'wait':
      if (call.waitingSince < 0) call.waitingSince = event.at;
      return aside(call, event);
    case 'skip':
    case 'over-budget':
      return aside(call, event);
    case 'attempt':
      call.attempts++;
      waited(call, event.at);
      if (event.attempt > FIRST_ATTEMPTS) forget(call, event.attempt - LATEST_ATTEMPTS);
      return push(call, attemptEvents(call, event.attempt), event);
    case 'nack':
      call.nacks++;
      return push(call, attemptEvents(call, event.attempt), event);
    case 'commit':
    case 'attempt-end':
    case 'exec-start':
    case 'exec-end':
    case 'exec-nack':
      return push(call, attemptEvents(call, event.attempt), event);
    case 'end':
      waited(call, event.at);
      call.events.push(event);
      call.end = event;
      return;
    default:
      return push(call, call.events, event);
  }
}

const attemptEvents = (call: Followed, attempt: number): CallEvent[] =>
  attempt > FIRST_ATTEMPTS ? call.latest : call.events;

function push(call: Followed, into: CallEvent[], event: CallEvent): void {
  if (into.length < EVENTS_MAX) into.push(event);
  else call.omittedOthers++;
}

function aside(call: Followed, event: CallEvent): void {
  if (++call.asides <= ASIDES_MAX) call.events.push(event);
  else call.omittedOthers++;
}

function waited(call: Followed, at: number): void {
  if (call.waitingSince >= 0) call.waitedUs += Math.max(0, at - call.waitingSince);
  call.waitingSince = -1;
}

/** Of attempts beyond the first ones only the latest stay. */
function forget(call: Followed, upTo: number): void {
  call.latest = call.latest.filter((event) => 'attempt' in event && event.attempt > upTo);
}

/** Its client has told. */
export function answer(call: Followed, line: ClientLine): void {
  call.events.push(line);
  call.client = line;
}

/** What its story is made of. */
export function gatheredOf(followed: Followed): Gathered {
  const { call, events, latest, attempts, nacks, waitedUs, omittedOthers } = followed;
  const omitted = Math.max(0, attempts - FIRST_ATTEMPTS - LATEST_ATTEMPTS);
  return {
    call,
    events: [...events, ...latest],
    attempts,
    nacks,
    waitedUs,
    omitted: { attempts: omitted, others: omittedOthers },
  };
}
