/** What a report needs of one flight: plain JSON, in bins. It draws nothing and judges nothing. */
import type { FlightEnd, FlightHeader } from '../core/record.js';
import type { FlightResult } from './result.js';
import type { SpreadBar } from './spread.js';

type Series = readonly number[];
/** null where a bin has no call to take a latency from. */
type LatencySeries = readonly (number | null)[];

/** Time bins of one width; every series has one entry a bin. */
export interface Bins {
  readonly widthMs: number;
  /** The last bin is cut here. */
  readonly durationMs: number;
  /** Calls by the instant they arrived. */
  readonly offered: Series;
  /** Calls by the instant they ended. */
  readonly ok: Series;
  readonly failed: Series;
  readonly refused: Series;
  readonly expired: Series;
  readonly canceled: Series;
  readonly attempts: Series;
  readonly nacks: Series;
  /** Of ok calls, by the instant the client had the answer. */
  readonly p50: LatencySeries;
  readonly p99: LatencySeries;
  readonly max: LatencySeries;
}

/** Utilization over time of one runner, or the mean of neighbours where there are too many. */
export interface LoadRow {
  readonly label: string;
  readonly runners: number;
  /** Busy share of the slots in percent, one entry a bin. */
  readonly percent: Series;
}

export interface FaultSpan {
  readonly fault: string;
  readonly target: string;
  /** Since the first event of the flight; 0 for a fault that was there before it. */
  readonly fromMs: number;
  /** Infinity for a fault without an end. */
  readonly untilMs: number;
}

export interface Flight {
  readonly header: FlightHeader;
  /** With its lists cut to the first lines; `trouble` has the true counts. */
  readonly end: FlightEnd;
  readonly result: FlightResult;
  readonly trouble: { readonly violations: number; readonly stuck: number };
  readonly bins: Bins;
  readonly percentiles: {
    /** Calls behind the curve. */
    readonly n: number;
    /** x = 1/(1−p), and ms there. */
    readonly points: readonly (readonly [x: number, ms: number])[];
  };
  readonly spread: {
    readonly n: number;
    readonly attempts: readonly SpreadBar[];
    readonly nacks: readonly SpreadBar[];
  };
  readonly load: readonly LoadRow[];
  readonly faults: readonly FaultSpan[];
  readonly faultsOmitted: number;
}
