/**
 * The calls of a flight, from arrival to what their clients saw: counts by outcome, latencies, and
 * what each cost in attempts. A call is forgotten once both its `end` and its client line came.
 */
import type { Outcome } from '../core/call.js';
import type { ClientLine } from '../core/record.js';
import type { Grid } from './grid.js';
import { createLatencies } from './latency.js';
import type { FlightResult } from './result.js';
import { createSpread } from './spread.js';
import { createTimeline } from './timeline.js';

interface OpenCall {
  /** Of whose LB it is; undefined for a call that reached none. */
  readonly lb: LbCount | undefined;
  attempts: number;
  nacks: number;
  outcome: Outcome | undefined;
  /** What its client waited, µs; −1 until told. */
  waited: number;
  answeredAt: number;
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
    /** Over calls that ended. */
    spread: { n: 0, attempts: createSpread(), nacks: createSpread() },
  };
}

export function callArrived(calls: Calls, call: string, at: number, id?: string): OpenCall {
  const lb = id === undefined ? undefined : lbOf(calls, id);
  if (lb !== undefined) lb.offered++;
  calls.offered++;
  calls.timeline.counts.offered[calls.grid.index(at)]!++;
  const state = { lb, attempts: 0, nacks: 0, outcome: undefined, waited: -1, answeredAt: 0 };
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

export function callAttempted(calls: Calls, call: string, at: number): void {
  calls.attempts++;
  calls.timeline.counts.attempts[calls.grid.index(at)]!++;
  const state = calls.open.get(call);
  if (state !== undefined) state.attempts++;
}

export function callNacked(calls: Calls, call: string, at: number): void {
  calls.nacks++;
  calls.timeline.counts.nacks[calls.grid.index(at)]!++;
  const state = calls.open.get(call);
  if (state !== undefined) state.nacks++;
}

export function callEnded(calls: Calls, call: string, at: number, outcome: Outcome): void {
  const state = calls.open.get(call) ?? callArrived(calls, call, at);
  state.outcome = outcome;
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
  state.waited = Math.max(0, line.at - line.sentAt);
  state.answeredAt = line.at;
  settle(calls, line.call, state);
}

/** Takes the latency of a call once both sides have told, in either order. */
function settle(calls: Calls, call: string, state: OpenCall): void {
  if (state.outcome === undefined || state.waited < 0) return;
  calls.open.delete(call);
  if (state.outcome !== 'ok') return;
  calls.latencies.record(state.waited);
  calls.timeline.latency(state.answeredAt, state.waited);
}

/** A call that never ended counts as failed: it was offered, and nothing came of it. */
export function callOutcomes({ offered, ended }: Calls): FlightResult['calls'] {
  const known = Object.values(ended).reduce((sum, n) => sum + n, 0);
  return { offered, ...ended, failed: ended.failed + offered - known };
}
