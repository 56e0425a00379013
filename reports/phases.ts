/**
 * Where the time of ok calls went, by how long they took: sums by latency bucket, never samples.
 * The parts of a call sum to what its client waited, to the microsecond.
 *
 * ```text
 * sentAt ─ arrive      network (the client's edge)
 * arrive ─ 1st attempt queue
 *        ─ the attempt that committed: placement
 *        ─ answered    execution, as its executor told, and the rest of it network
 * ```
 */
import type { ExecEnded, ExecStarted } from '../core/record.js';
import type { PhaseBand, Phases } from './flight.js';
import { roundTo } from './result.js';

interface Execution {
  readonly attempt: number;
  readonly startedAt: number;
  /** −1 until told. */
  us: number;
}

/** What is noted of a call until it is settled. */
export interface Trail {
  readonly arrivedAt: number;
  /** −1 before the first attempt. */
  attemptedAt: number;
  /** Attempts that were not NACKed. */
  readonly open: { readonly attempt: number; readonly at: number }[];
  /** Number of the attempt that committed, 0 before. */
  committed: number;
  readonly executions: Execution[];
}

/** The parts of one call, µs. What its executor tells is still a part of `rest`. */
interface Parts {
  readonly total: number;
  readonly queue: number;
  readonly placement: number;
  /** From the attempt that committed to the answer. */
  readonly rest: number;
}

/** A call that is over, whose executor has not told. */
interface Late extends Parts {
  readonly attempt: number;
  startedAt: number;
}

/** Sums of the calls of one bucket, µs: whole numbers, the same in whatever order they came. */
interface Sums {
  calls: number;
  total: number;
  queue: number;
  placement: number;
  execution: number;
}

export interface PhaseBook {
  /** An ok call: what its client waited, from the instant it was meant to be sent. */
  settled(call: string, trail: Trail, sentAt: number, answeredAt: number): void;
  /** Lines of a call that is settled already, as a gRPC flight tells them. */
  started(line: ExecStarted): void;
  ended(line: ExecEnded): void;
  land(): Phases;
}

/** Calls that are kept for executors that have not told; later ones are only counted. */
export const LATE_MAX = 100_000;
/** A bucket is 2.2 % wide; one that the edge of a band cuts gives each side its share. */
const BUCKETS_PER_OCTAVE = 32;
/** In parts of 1000, for ranks without rounding errors. */
const BANDS = [0, 500, 900, 990, 999, 1000] as const;

export function createTrail(arrivedAt: number): Trail {
  return { arrivedAt, attemptedAt: -1, open: [], committed: 0, executions: [] };
}

export function trailAttempted(trail: Trail, attempt: number, at: number): void {
  if (trail.attemptedAt < 0) trail.attemptedAt = at;
  trail.open.push({ attempt, at });
}

/** However often a call is NACKed, its trail gets no longer. */
export function trailNacked({ open }: Trail, attempt: number): void {
  const index = open.findIndex((one) => one.attempt === attempt);
  if (index >= 0) open.splice(index, 1);
}

export function trailEnded({ executions }: Trail, { attempt, at }: ExecEnded): void {
  const execution = executions.find((one) => one.attempt === attempt && one.us < 0);
  if (execution !== undefined) execution.us = Math.max(0, at - execution.startedAt);
}

export function createPhaseBook(): PhaseBook {
  const all: (Sums | undefined)[] = [];
  const told: (Sums | undefined)[] = [];
  const late = new Map<string, Late>();
  let [settled, complete] = [0, 0];

  const tell = (parts: Parts, us: number): void => {
    complete++;
    addTo(told, parts, Math.min(us, parts.rest));
  };
  return {
    settled(call, trail, sentAt, answeredAt) {
      const parts = partsOf(trail, sentAt, answeredAt);
      if (parts === undefined) return;
      settled++;
      addTo(all, parts, 0);
      const attempt = trail.committed;
      const execution = trail.executions.find((one) => one.attempt === attempt);
      if (execution !== undefined && execution.us >= 0) return tell(parts, execution.us);
      if (late.size >= LATE_MAX) return;
      late.set(call, { ...parts, attempt, startedAt: execution?.startedAt ?? -1 });
    },
    started({ call, attempt, at }) {
      const waits = late.get(call);
      if (waits?.attempt === attempt) waits.startedAt = at;
    },
    ended({ call, attempt, at }) {
      const waits = late.get(call);
      if (waits?.attempt !== attempt || waits.startedAt < 0) return;
      late.delete(call);
      tell(waits, Math.max(0, at - waits.startedAt));
    },
    land() {
      const executionTold = complete > 0;
      const bands = bandsOf(executionTold ? told : all, executionTold);
      return { n: executionTold ? complete : settled, executionTold, bands };
    },
  };
}

/** Clocks of client and LB may differ by a hair: an instant before the last one counts as it. */
function partsOf(trail: Trail, sentAt: number, answeredAt: number): Parts | undefined {
  const committedAt = trail.open.find(({ attempt }) => attempt === trail.committed)?.at;
  if (committedAt === undefined) return undefined;
  const end = Math.max(sentAt, answeredAt);
  const within = (at: number, from: number): number => Math.min(end, Math.max(from, at));
  const arrived = within(trail.arrivedAt, sentAt);
  const attempted = within(trail.attemptedAt, arrived);
  const committed = within(committedAt, attempted);
  return {
    total: end - sentAt,
    queue: attempted - arrived,
    placement: committed - attempted,
    rest: end - committed,
  };
}

function addTo(buckets: (Sums | undefined)[], parts: Parts, execution: number): void {
  const octaves = Math.log(parts.total + 1) / Math.LN2;
  const index = Math.floor(octaves * BUCKETS_PER_OCTAVE);
  while (buckets.length <= index) buckets.push(undefined);
  const sums = (buckets[index] ??= { calls: 0, total: 0, queue: 0, placement: 0, execution: 0 });
  sums.calls++;
  sums.total += parts.total;
  sums.queue += parts.queue;
  sums.placement += parts.placement;
  sums.execution += execution;
}

/** Walks the buckets by rank, so that bands have the calls that they should, to the last. */
function bandsOf(buckets: readonly (Sums | undefined)[], told: boolean): readonly PhaseBand[] {
  const filled = buckets.filter((sums) => sums !== undefined);
  const n = filled.reduce((count, { calls }) => count + calls, 0);
  const bands: PhaseBand[] = [];
  let [bucket, taken] = [0, 0];
  for (let i = 1; i < BANDS.length; i++) {
    const from = Math.ceil((BANDS[i - 1]! * n) / 1000);
    const calls = Math.ceil((BANDS[i]! * n) / 1000) - from;
    const sums: Sums = { calls, total: 0, queue: 0, placement: 0, execution: 0 };
    for (let left = calls; left > 0;) {
      const source = filled[bucket]!;
      const part = Math.min(left, source.calls - taken);
      addShare(sums, source, part / source.calls);
      left -= part;
      taken += part;
      if (taken === source.calls) [bucket, taken] = [bucket + 1, 0];
    }
    if (calls > 0) bands.push(bandOf(sums, BANDS[i - 1]! / 10, BANDS[i]! / 10, told));
  }
  return bands;
}

function addShare(into: Sums, from: Sums, share: number): void {
  into.total += from.total * share;
  into.queue += from.queue * share;
  into.placement += from.placement * share;
  into.execution += from.execution * share;
}

function bandOf(sums: Sums, from: number, to: number, told: boolean): PhaseBand {
  const mean = (us: number): number => roundTo(us / sums.calls / 1000, 4);
  const { calls: n, total, queue, placement, execution } = sums;
  const rest = total - queue - placement;
  const parts = { queueMs: mean(queue), placementMs: mean(placement), totalMs: mean(total) };
  if (!told) return { from, to, n, ...parts, networkMs: null, executionMs: mean(rest) };
  return { from, to, n, ...parts, networkMs: mean(rest - execution), executionMs: mean(execution) };
}
