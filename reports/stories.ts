/**
 * Which calls of a flight are told in full: the slowest that were ok, and the first of each way to
 * go wrong. Only calls in flight and the chosen ones are held, each within limits, so memory does
 * not grow with the calls. It folds nothing; `story.ts` does, once the flight is over.
 */
import type { Outcome } from '../core/call.js';
import type { Ended } from '../core/probe.js';
import type { ClientLine, FlightEvent } from '../core/record.js';
import { answer, createFollowed, gatheredOf, keep, type Followed } from './followed.js';
import { foldStory, type CallEvent, type Story } from './story.js';
import { outcomeText } from './story-words.js';

/** Calls that went wrong in the same way. */
export interface Failures {
  readonly how: string;
  readonly calls: number;
  /** The first of them. */
  readonly story: Story;
}

/** What a report tells of single calls. */
export interface Stories {
  /** Slowest first. */
  readonly slowest: readonly Story[];
  /** In the order in which they first came up. */
  readonly failures: readonly Failures[];
  /** Calls that went wrong in further ways. */
  readonly otherFailures: number;
  /** Calls that were not followed: too many were in flight. */
  readonly unfollowed: number;
}

export const NO_STORIES: Stories = { slowest: [], failures: [], otherFailures: 0, unfollowed: 0 };

export interface Storyteller {
  see(event: FlightEvent): void;
  /** The flight is over. @param origin Instant of its first event, µs. */
  land(origin: number): Stories;
}

const SLOWEST_MAX = 10;
/** Ways to go wrong; a flight has a handful. */
const WAYS_MAX = 16;
/** Some 2 KB each. */
const FOLLOWED_MAX = 50_000;
interface Way {
  readonly how: string;
  calls: number;
  readonly first: Followed;
}

interface Telling {
  readonly open: Map<string, Followed>;
  /** The chosen ones: executors of a real flight tell of them when all is over. */
  readonly chosen: Map<string, Followed>;
  readonly slowest: { readonly call: Followed; readonly waitedUs: number }[];
  readonly ways: Map<string, Way>;
  otherFailures: number;
  unfollowed: number;
}

export function createStories(): Storyteller {
  const telling: Telling = {
    open: new Map(),
    chosen: new Map(),
    slowest: [],
    ways: new Map(),
    otherFailures: 0,
    unfollowed: 0,
  };
  return {
    see: (event) => see(telling, event),
    land: (origin) => land(telling, origin),
  };
}

function see(telling: Telling, event: FlightEvent): void {
  switch (event.kind) {
    case 'fault':
    case 'runner':
    // What a function read, and who heard of a call's end, is no part of its story.
    case 'exec-read':
    case 'call-end':
      return;
    case 'arrive':
      return follow(telling, event);
    case 'client':
      return answered(telling, event);
    case 'exec-start':
    case 'exec-end':
    case 'exec-nack':
      return keep(telling.open.get(event.call) ?? telling.chosen.get(event.call), event);
    case 'end': {
      const call = telling.open.get(event.call);
      if (call === undefined || call.end !== undefined) return;
      keep(call, event);
      return settle(telling, call);
    }
    default:
      return keep(telling.open.get(event.call), event);
  }
}

function follow(telling: Telling, event: CallEvent): void {
  if (telling.open.size >= FOLLOWED_MAX) telling.unfollowed++;
  else telling.open.set(event.call, createFollowed(event));
}

function answered(telling: Telling, line: ClientLine): void {
  const call = telling.open.get(line.call);
  if (call !== undefined) {
    if (call.client !== undefined) return;
    answer(call, line);
    return settle(telling, call);
  }
  // It was not followed, or it never reached a balancer.
  if (telling.unfollowed > 0) return;
  const lost = createFollowed(line);
  lost.client = line;
  wrong(telling, lost, line.how === 'left' ? 'its client left' : 'never reached the balancer');
}

/** Chooses, once both sides have told. */
function settle(telling: Telling, call: Followed): void {
  const { end, client } = call;
  if (end === undefined || client === undefined) return;
  telling.open.delete(call.call);
  if (end.outcome === 'ok') slow(telling, call, Math.max(0, client.at - client.sentAt));
  if (end.outcome !== 'ok' || client.how !== 'ended') wrong(telling, call, wayOf(call, end));
}

function slow(telling: Telling, call: Followed, waitedUs: number): void {
  const { slowest, chosen } = telling;
  const fastest = slowest[SLOWEST_MAX - 1];
  if (fastest !== undefined && waitedUs <= fastest.waitedUs) return;
  // Of equals the first stands first.
  const place = slowest.findIndex((other) => other.waitedUs < waitedUs);
  slowest.splice(place < 0 ? slowest.length : place, 0, { call, waitedUs });
  chosen.set(call.call, call);
  const [gone] = slowest.splice(SLOWEST_MAX);
  // One that was ok but cut for its client may be the first of that way to go wrong.
  if (gone?.call.client?.how === 'ended') chosen.delete(gone.call.call);
}

function wrong(telling: Telling, call: Followed, how: string): void {
  const way = telling.ways.get(how);
  if (way !== undefined) {
    way.calls++;
  } else if (telling.ways.size < WAYS_MAX) {
    telling.ways.set(how, { how, calls: 1, first: call });
    telling.chosen.set(call.call, call);
  } else {
    telling.otherFailures++;
  }
}

/** In words, and few of them: no text of a runner goes in, nor a name. */
function wayOf(call: Followed, { outcome, code, status }: Ended): string {
  const how = call.client?.how;
  const client = how === 'cut' ? ', cut for its client' : how === 'left' ? ', its client left' : '';
  return `${outcomeText(outcome, code, status)}${before(call, outcome)}${client}`;
}

/** What came before: nothing, NACKs only, or an attempt that may have run. */
function before({ attempts, nacks }: Followed, outcome: Outcome): string {
  if (outcome === 'ok') return '';
  if (attempts === 0) return ' without an attempt';
  return nacks === attempts ? ', NACKed to the end' : ' at a runner';
}

function land(telling: Telling, origin: number): Stories {
  for (const call of telling.open.values()) {
    const { end } = call;
    if (end === undefined) wrong(telling, call, 'never ended');
    else if (end.outcome !== 'ok') wrong(telling, call, wayOf(call, end));
  }
  const fold = (call: Followed): Story => foldStory(gatheredOf(call), origin);
  const { slowest, ways, otherFailures, unfollowed } = telling;
  return {
    slowest: slowest.map(({ call }) => fold(call)),
    failures: [...ways.values()].map(({ how, calls, first }) => {
      return { how, calls, story: fold(first) };
    }),
    otherFailures,
    unfollowed,
  };
}
