/**
 * The calls of a flight, from arrival to what their clients saw: counts by outcome, latencies, and
 * what each cost in attempts. A call is forgotten once both its `end` and its client line came.
 */
import type { Outcome } from '../core/call.js';
import type { AttemptNacked, AttemptOpened, Committed } from '../core/probe.js';
import type { ClientLine, ExecEnded, ExecStarted } from '../core/record.js';
import type { Grid } from './grid.js';
import { createLatencies } from './latency.js';
import {
  createPhaseBook,
  createTrail,
  trailAttempted,
  trailEnded,
  trailNacked,
  type Trail,
} from './phases.js';
import type { FlightResult } from './result.js';
import { createSpread } from './spread.js';
import { createTimeline } from './timeline.js';
import { createWaitingRoom } from './waiting.js';

interface OpenCall {
  /** Of whose LB it is; undefined for a call that reached none. */
  readonly lb: LbCount | undefined;
  attempts: number;
  nacks: number;
  outcome: Outcome | undefined;
  /** What its client told; undefined until then. */
  client: ClientLine | undefined;
  /** In a waiting room, so that it counts there. */
  waiting: boolean;
  readonly trail: Trail;
}

/** What one load balancer had. */
export interface LbCount {
  readonly id: string;
  offered: number;
  ok: number;
}

/** What is known of all calls so far. */
export type Calls = ReturnType<typeof createCalls>;

export function createCalls(grid: Grid) {
  return {
    grid,
    timeline: createTimeline(grid),
    open: new Map<string, OpenCall>(),
    offered: 0,
    lbs: new Map<string, LbCount>(),
    attempts: 0,
    nacks: 0,
    ended: { ok: 0, failed: 0, refused: 0, expired: 0, canceled: 0 },
    /** Of ok calls, intended send to answer. */
    latencies: createLatencies(3),
    phases: createPhaseBook(),
    room: createWaitingRoom(grid),
    /** Over calls that ended. */
    spread: { n: 0, attempts: createSpread(), nacks: createSpread() },
  };
}

export function callArrived(calls: Calls, call: string, at: number, id?: string): OpenCall {
  const lb = id === undefined ? undefined : lbOf(calls, id);
  if (lb !== undefined) lb.offered++;
  calls.offered++;
  calls.timeline.counts.offered[calls.grid.index(at)]!++;
  const counts = { attempts: 0, nacks: 0, outcome: undefined, client: undefined };
  const state = { lb, ...counts, waiting: false, trail: createTrail(at) };
  calls.open.set(call, state);
  return state;
}

function lbOf({ lbs }: Calls, id: string): LbCount {
  let lb = lbs.get(id);
  if (lb === undefined) {
    lb = { id, offered: 0, ok: 0 };
    lbs.set(id, lb);
  }
  return lb;
}

export function callAttempted(calls: Calls, { call, at, attempt, hedge }: AttemptOpened): void {
  calls.attempts++;
  calls.timeline.counts.attempts[calls.grid.index(at)]!++;
  const state = calls.open.get(call);
  if (state === undefined) return;
  state.attempts++;
  if (!hedge) stopWaiting(calls, state, at);
  trailAttempted(state.trail, attempt, at);
}

export function callNacked(calls: Calls, { call, at, attempt }: AttemptNacked): void {
  calls.nacks++;
  calls.timeline.counts.nacks[calls.grid.index(at)]!++;
  const state = calls.open.get(call);
  if (state === undefined) return;
  state.nacks++;
  trailNacked(state.trail, attempt);
}

export function callWaits(calls: Calls, call: string, at: number): void {
  const state = calls.open.get(call);
  if (state === undefined || state.waiting) return;
  state.waiting = true;
  calls.room.entered(at);
}

/** It was called up, or it is over. */
function stopWaiting(calls: Calls, state: OpenCall, at: number): void {
  if (!state.waiting) return;
  state.waiting = false;
  calls.room.left(at);
}

export function callCommitted({ open }: Calls, { call, attempt }: Committed): void {
  const state = open.get(call);
  if (state !== undefined) state.trail.committed = attempt;
}

export function callExecuting(calls: Calls, line: ExecStarted): void {
  const state = calls.open.get(line.call);
  if (state === undefined) return calls.phases.started(line);
  state.trail.executions.push({ attempt: line.attempt, startedAt: line.at, us: -1 });
}

export function callExecuted(calls: Calls, line: ExecEnded): void {
  const state = calls.open.get(line.call);
  if (state === undefined) return calls.phases.ended(line);
  trailEnded(state.trail, line);
}

export function callEnded(calls: Calls, call: string, at: number, outcome: Outcome): void {
  const state = calls.open.get(call) ?? callArrived(calls, call, at);
  // A record that was pieced together may say it twice: more ends than calls would be no share.
  if (state.outcome !== undefined) return;
  state.outcome = outcome;
  stopWaiting(calls, state, at);
  calls.ended[outcome]++;
  if (outcome === 'ok' && state.lb !== undefined) state.lb.ok++;
  calls.timeline.counts[outcome][calls.grid.index(at)]!++;
  calls.spread.n++;
  calls.spread.attempts.add(state.attempts);
  calls.spread.nacks.add(state.nacks);
  settle(calls, call, state);
}

export function callAnswered(calls: Calls, line: ClientLine): void {
  let state = calls.open.get(line.call);
  if (state === undefined) {
    // It never reached the LB. Its client still made the call, so it counts.
    state = callArrived(calls, line.call, line.sentAt);
    callEnded(calls, line.call, line.at, line.how === 'left' ? 'canceled' : 'failed');
  }
  state.client = line;
  settle(calls, line.call, state);
}

/** Takes the latency of a call once both sides have told, in either order. */
function settle(calls: Calls, call: string, state: OpenCall): void {
  const { outcome, client } = state;
  if (outcome === undefined || client === undefined) return;
  calls.open.delete(call);
  if (outcome !== 'ok') return;
  const waited = Math.max(0, client.at - client.sentAt);
  calls.latencies.record(waited);
  calls.timeline.latency(client.at, waited);
  calls.phases.settled(call, state.trail, client.sentAt, client.at);
}

/** A call that never ended counts as failed: it was offered, and nothing came of it. */
export function callOutcomes({ offered, ended }: Calls): FlightResult['calls'] {
  const known = Object.values(ended).reduce((sum, n) => sum + n, 0);
  return { offered, ...ended, failed: ended.failed + offered - known };
}
