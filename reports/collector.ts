/**
 * Turns a flight's events, as they are told, into what its report needs: O(1) an event, bins rather
 * than samples. It judges the SLO at landing; it checks no law (the checkers do).
 *
 * Events may come late and out of order (a gRPC flight's executor lines come last); only an
 * `arrive` must come before the `end` of its call.
 */
import type { FaultLine, FlightEnd, FlightEvent, FlightHeader } from '../core/record.js';
import {
  callAnswered,
  callArrived,
  callAttempted,
  callCommitted,
  callEnded,
  callExecuted,
  callExecuting,
  callNacked,
  callOutcomes,
  callWaits,
  createCalls,
  type Calls,
} from './calls.js';
import type { Flight } from './flight.js';
import { createGrid, type Grid } from './grid.js';
import { createResult, faultSpan, loadRows } from './landing.js';
import { curveIntervals, squaresOf } from './latency-intervals.js';
import { createLoad, type Load } from './load.js';
import { loadSpread } from './load-spread.js';
import { roundTo } from './result.js';
import { createStories, NO_STORIES, type Storyteller } from './stories.js';
import { togetherness } from './together.js';

export interface CollectorOptions {
  /** Whether single calls are told in full; only a report shows them. Default true. */
  readonly stories?: boolean;
}

export interface Collector {
  event(event: FlightEvent): void;
  /** The flight is over. Call it once; no event may follow. */
  land(end: FlightEnd): Flight;
}

/** Lines of broken laws, and of stuck calls, that a report shows; the rest is only counted. */
const TROUBLE_LINES_MAX = 50;
/** lb10 comes behind lb9. */
const NUMERIC: Intl.CollatorOptions = { numeric: true };
/** Faults a report shows; the rest is only counted. */
const FAULTS_MAX = 200;

/** All that is gathered while a flight lasts. */
interface Gathered {
  readonly grid: Grid;
  readonly calls: Calls;
  readonly load: Load;
  readonly stories: Storyteller | undefined;
  readonly faults: FaultLine[];
  faultsOmitted: number;
  /** Without any executor's line nothing is known of utilization. */
  executorsTold: boolean;
}

/**
 * Gathers one flight.
 *
 * @example
 * const collector = createCollector(header);
 * for (const event of events) collector.event(event);
 * const flight = collector.land(end);
 */
export function createCollector(
  header: FlightHeader,
  { stories = true }: CollectorOptions = {},
): Collector {
  const grid = createGrid();
  const gathered: Gathered = {
    grid,
    calls: createCalls(grid),
    load: createLoad(grid, header.runners),
    stories: stories ? createStories() : undefined,
    faults: [],
    faultsOmitted: 0,
    executorsTold: false,
  };
  return {
    event: (event) => take(gathered, event),
    land: (end) => land(gathered, header, end),
  };
}

function take(gathered: Gathered, event: FlightEvent): void {
  const { calls, load } = gathered;
  gathered.stories?.see(event);
  switch (event.kind) {
    case 'attempt':
      return callAttempted(calls, event);
    case 'nack':
      load.nacked(event.runner);
      return callNacked(calls, event);
    case 'exec-nack':
      gathered.executorsTold = true;
      return;
    case 'exec-start':
      gathered.executorsTold = true;
      callExecuting(calls, event);
      return load.started(event);
    case 'exec-end':
      callExecuted(calls, event);
      return load.ended(event);
    case 'commit':
      callCommitted(calls, event);
      return load.committed(event.runner);
    case 'wait':
      return callWaits(calls, event.call, event.at);
    case 'arrive':
      callArrived(calls, event.call, event.at, event.lb);
      return;
    case 'end':
      return callEnded(calls, event.call, event.at, event.outcome);
    case 'client':
      return callAnswered(calls, event);
    case 'fault':
      return takeFault(gathered, event);
    case 'cached':
    case 'skip':
    case 'round':
    case 'runner':
    case 'over-budget':
    case 'attempt-end':
    case 'head':
    case 'call-end':
    case 'exec-read':
      return;
    default:
      event satisfies never;
  }
}

function takeFault(gathered: Gathered, line: FaultLine): void {
  if (line.fault === 'crash') {
    for (const target of line.target.split(',')) gathered.load.crashed(target.trim(), line.at);
  }
  if (gathered.faults.length < FAULTS_MAX) gathered.faults.push(line);
  else gathered.faultsOmitted++;
}

function land(gathered: Gathered, header: FlightHeader, end: FlightEnd): Flight {
  const { grid, calls, load, faults, faultsOmitted, executorsTold } = gathered;
  load.land();
  calls.room.land();
  grid.coarsenFor(calls.offered);
  const { spread, latencies, attempts, nacks } = calls;
  const outcomes = callOutcomes(calls);
  const lbs = [...calls.lbs.values()].sort((a, b) => a.id.localeCompare(b.id, 'en', NUMERIC));
  const bars = spread.attempts.bars;
  const told = { outcomes, lbs, attempts, nacks, latencies, spread: bars };
  const together = togetherness(calls.timeline.latencyBatches(), squaresOf(latencies));
  const attemptBatches = calls.timeline.attemptBatches();
  const measured = { ...told, together, attemptBatches, load, executorsTold, grid };
  const curve = latencies.curve();
  return {
    header,
    end: {
      ...end,
      violations: end.violations.slice(0, TROUBLE_LINES_MAX),
      stuck: end.stuck.slice(0, TROUBLE_LINES_MAX),
    },
    result: createResult(header, end, measured),
    trouble: { violations: end.violations.length, stuck: end.stuck.length },
    bins: calls.timeline.bins(),
    percentiles: {
      n: latencies.count,
      points: curve.map(([x, us]) => [roundTo(x, 3), roundTo(us / 1000, 3)]),
      intervals: curveIntervals(latencies, curve, together).map(
        (of) => of && [roundTo(of[0] / 1000, 3), roundTo(of[1] / 1000, 3)],
      ),
    },
    latencies: latencies.packed(),
    spread: { n: spread.n, attempts: bars, nacks: spread.nacks.bars },
    latencyMap: calls.timeline.latencyMap(),
    phases: calls.phases.land(),
    waiting: calls.room.bins(),
    load: executorsTold ? loadRows(load, grid) : [],
    loadSpread: executorsTold ? loadSpread(load, grid) : null,
    stories: gathered.stories?.land(grid.origin) ?? NO_STORIES,
    faults: faults.map((line) => faultSpan(line, grid.origin)),
    faultsOmitted,
  };
}
