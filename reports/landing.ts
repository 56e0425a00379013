/** What a collector has gathered, turned into a result and the rows of its charts at landing. */
import type { FaultLine, FlightEnd, FlightHeader } from '../core/record.js';
import type { FaultSpan, LoadRow } from './flight.js';
import { BINS_MAX, type Grid } from './grid.js';
import type { Latencies } from './latency.js';
import type { Load, RunnerLoad } from './load.js';
import { judge, roundTo, type FlightResult, type Unjudged } from './result.js';
import { intervalsOf } from './result-intervals.js';
import type { SpreadBar } from './spread.js';
import type { Batch } from './together.js';

/** Rows of the load map; more runners than this are averaged with their neighbours. */
const LOAD_ROWS_MAX = 100;

export interface Measured {
  readonly outcomes: FlightResult['calls'];
  readonly lbs: FlightResult['lbs'];
  readonly attempts: number;
  readonly nacks: number;
  readonly latencies: Latencies;
  readonly together: number;
  readonly attemptBatches: readonly Batch[];
  /** How many calls had how many attempts. */
  readonly spread: readonly SpreadBar[];
  readonly load: Load;
  readonly executorsTold: boolean;
  readonly grid: Grid;
}

export function createResult(
  header: FlightHeader,
  end: FlightEnd,
  measured: Measured,
): FlightResult {
  const { outcomes: calls, lbs, attempts, nacks, executorsTold, grid, load } = measured;
  const unjudged: Unjudged = {
    scenario: header.scenario,
    on: header.on,
    placer: header.placer,
    seed: header.seed,
    digest: end.digest,
    wallMs: roundTo(end.wallMs, 3),
    virtualMs: roundTo(end.virtualMs, 3),
    calls,
    attempts: {
      total: attempts,
      nacks,
      perCall: calls.offered === 0 ? null : roundTo(attempts / calls.offered, 4),
      perOk: calls.ok === 0 ? null : roundTo(attempts / calls.ok, 4),
    },
    latencyMs: latencySummary(measured.latencies),
    goodputPerSec: goodputOf(calls.ok, grid.duration > 0 ? grid.duration : 1000 * end.virtualMs),
    runners: load.runners.map((runner) => ({
      id: runner.id,
      calls: executorsTold ? runner.executions : runner.commits,
      nacks: runner.nacks,
      utilization: executorsTold ? utilizationOf(runner, load, grid) : null,
    })),
    lbs,
  };
  const intervals = intervalsOf({
    calls,
    goodputPerSec: unjudged.goodputPerSec,
    attemptsPerCall: unjudged.attempts.perCall,
    latencies: measured.latencies,
    together: measured.together,
    attemptBatches: measured.attemptBatches,
    attempts: measured.spread,
  });
  const { runners, lbs: _lbs, ...head } = unjudged;
  return { ...head, slo: judge(header.slo, unjudged), runners, lbs, intervals };
}

/** Over the time of the charts: a fault that outlasts the calls stretches the flight, not them. */
function goodputOf(ok: number, us: number): number | null {
  return us > 0 ? roundTo(ok / (us / 1e6), 3) : null;
}

function latencySummary(latencies: Latencies): FlightResult['latencyMs'] {
  const shares = [
    [50, 100],
    [90, 100],
    [99, 100],
    [999, 1000],
  ] as const;
  const [p50, p90, p99, p999] = latencies.quantiles(shares).map(toMs);
  return {
    mean: toMs(latencies.mean),
    p50: p50 ?? null,
    p90: p90 ?? null,
    p99: p99 ?? null,
    p999: p999 ?? null,
    max: toMs(latencies.max),
  };
}

function toMs(us: number | null): number | null {
  return us === null ? null : roundTo(us / 1000, 3);
}

function utilizationOf(runner: RunnerLoad, load: Load, grid: Grid): number | null {
  const available = runner.slots * grid.duration;
  if (available === 0) return null;
  return roundTo(load.busy(runner).reduce((sum, busy) => sum + busy, 0) / available, 4);
}

/** One row a runner, or a row for each few neighbours when there are too many to draw. */
export function loadRows(load: Load, grid: Grid): readonly LoadRow[] {
  const { runners } = load;
  const size = Math.ceil(runners.length / LOAD_ROWS_MAX);
  const rows: LoadRow[] = [];
  for (let i = 0; i < runners.length; i += size) {
    const group = runners.slice(i, i + size);
    const [first, last] = [group[0]!.id, group[group.length - 1]!.id];
    rows.push({
      label: group.length === 1 ? first : `${first} … ${last}`,
      runners: group.length,
      percent: percentBusy(group, load, grid),
    });
  }
  return rows;
}

function percentBusy(group: readonly RunnerLoad[], load: Load, grid: Grid): readonly number[] {
  const slots = group.reduce((sum, runner) => sum + runner.slots, 0);
  const sums = new Float64Array(BINS_MAX);
  for (const runner of group) load.busy(runner).forEach((busy, bin) => (sums[bin]! += busy));
  return Array.from(sums.subarray(0, grid.used), (busy, bin) => {
    // The last bin is as long as the flight leaves it.
    const available = slots * Math.min(grid.width, grid.duration - bin * grid.width);
    return available > 0 ? Math.round((100 * busy) / available) : 0;
  });
}

export function faultSpan(line: FaultLine, origin: number): FaultSpan {
  const since = (at: number): number => Math.max(0, roundTo((at - origin) / 1000, 3));
  const endless = line.until === Number.MAX_SAFE_INTEGER;
  return {
    fault: line.fault,
    target: line.target,
    fromMs: since(line.at),
    untilMs: endless ? Number.POSITIVE_INFINITY : since(Math.max(line.at, line.until)),
  };
}
