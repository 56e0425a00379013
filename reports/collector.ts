/**
 * Turns a flight's events, as they are told, into what its report needs: O(1) an event, bins rather
 * than samples. It judges the SLO at landing; it checks no law (the checkers do).
 *
 * Events may come late and out of order (a gRPC flight's executor lines come last); only an
 * `arrive` must come before the `end` of its call.
 */
import type { Outcome } from '../core/call.js';
import type {
  ClientLine,
  FaultLine,
  FlightEnd,
  FlightEvent,
  FlightHeader,
} from '../core/record.js';
import type { Flight } from './flight.js';
import { createGrid } from './grid.js';
import { createResult, faultSpan, loadRows } from './landing.js';
import { createLatencies } from './latency.js';
import { createLoad } from './load.js';
import { roundTo } from './result.js';
import { createSpread } from './spread.js';
import { createTimeline } from './timeline.js';

export interface Collector {
  event(event: FlightEvent): void;
  /** The flight is over. Call it once; no event may follow. */
  land(end: FlightEnd): Flight;
}

/** Lines of broken laws, and of stuck calls, that a report shows; the rest is only counted. */
const TROUBLE_LINES_MAX = 50;
/** Faults a report shows; the rest is only counted. */
const FAULTS_MAX = 200;

/** What is known of a call until both its `end` and its `client` line are there. */
interface OpenCall {
  attempts: number;
  nacks: number;
  outcome: Outcome | undefined;
  /** What its client waited, µs; −1 until told. */
  waited: number;
  answeredAt: number;
}

/** @example const { event, land } = createCollector(header); fly(event); report(land(end)); */
export function createCollector(header: FlightHeader): Collector {
  const grid = createGrid();
  const timeline = createTimeline(grid);
  const { counts } = timeline;
  const load = createLoad(grid, header.runners);
  const latencies = createLatencies(3);
  const spread = { n: 0, attempts: createSpread(), nacks: createSpread() };
  const totals = { offered: 0, attempts: 0, nacks: 0 };
  const ended = { ok: 0, failed: 0, refused: 0, expired: 0, canceled: 0 };
  const open = new Map<string, OpenCall>();
  const faults: FaultLine[] = [];
  let faultsOmitted = 0;
  let unended = 0;
  let executorsTold = false;

  const arrive = (call: string, at: number): OpenCall => {
    totals.offered++;
    unended++;
    counts.offered[grid.index(at)]!++;
    const state = { attempts: 0, nacks: 0, outcome: undefined, waited: -1, answeredAt: 0 };
    open.set(call, state);
    return state;
  };
  const settle = (call: string, state: OpenCall): void => {
    if (state.outcome === undefined || state.waited < 0) return;
    open.delete(call);
    if (state.outcome !== 'ok') return;
    latencies.record(state.waited);
    timeline.latency(state.answeredAt, state.waited);
  };
  const end = (call: string, at: number, outcome: Outcome): void => {
    const state = open.get(call) ?? arrive(call, at);
    state.outcome = outcome;
    unended--;
    ended[outcome]++;
    counts[outcome][grid.index(at)]!++;
    spread.n++;
    spread.attempts.add(state.attempts);
    spread.nacks.add(state.nacks);
    settle(call, state);
  };
  const answer = (line: ClientLine): void => {
    let state = open.get(line.call);
    if (state === undefined) {
      // It never reached the LB. Its client still made the call, so it counts.
      state = arrive(line.call, line.sentAt);
      end(line.call, line.at, line.how === 'left' ? 'canceled' : 'failed');
    }
    state.waited = Math.max(0, line.at - line.sentAt);
    state.answeredAt = line.at;
    settle(line.call, state);
  };
  const fault = (line: FaultLine): void => {
    if (line.fault === 'crash') {
      for (const target of line.target.split(',')) load.crashed(target.trim(), line.at);
    }
    if (faults.length < FAULTS_MAX) faults.push(line);
    else faultsOmitted++;
  };

  return {
    event(event) {
      switch (event.kind) {
        case 'attempt': {
          totals.attempts++;
          counts.attempts[grid.index(event.at)]!++;
          const state = open.get(event.call);
          if (state !== undefined) state.attempts++;
          return;
        }
        case 'nack': {
          totals.nacks++;
          counts.nacks[grid.index(event.at)]!++;
          load.nacked(event.runner);
          const state = open.get(event.call);
          if (state !== undefined) state.nacks++;
          return;
        }
        case 'exec-start':
          executorsTold = true;
          return load.started(event.runner, event.call, event.attempt, event.at, event.slots);
        case 'exec-end':
          return load.ended(event.runner, event.call, event.attempt, event.at);
        case 'commit':
          return load.committed(event.runner);
        case 'arrive':
          arrive(event.call, event.at);
          return;
        case 'end':
          return end(event.call, event.at, event.outcome);
        case 'client':
          return answer(event);
        case 'fault':
          return fault(event);
        default:
          return;
      }
    },
    land(landed) {
      load.land();
      grid.coarsenFor(totals.offered);
      const calls = { offered: totals.offered, ...ended, failed: ended.failed + unended };
      const measured = { calls, totals, latencies, load, executorsTold, grid };
      const result = createResult(header, landed, measured);
      return {
        header,
        end: {
          ...landed,
          violations: landed.violations.slice(0, TROUBLE_LINES_MAX),
          stuck: landed.stuck.slice(0, TROUBLE_LINES_MAX),
        },
        result,
        trouble: { violations: landed.violations.length, stuck: landed.stuck.length },
        bins: timeline.bins(),
        percentiles: {
          n: latencies.count,
          points: latencies.curve().map(([x, us]) => [roundTo(x, 3), roundTo(us / 1000, 3)]),
        },
        spread: { n: spread.n, attempts: spread.attempts.bars, nacks: spread.nacks.bars },
        load: executorsTold ? loadRows(load, grid) : [],
        faults: faults.map((line) => faultSpan(line, grid.origin)),
        faultsOmitted,
      };
    },
  };
}
