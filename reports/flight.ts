/** What a report needs of one flight: plain JSON, in bins. It draws nothing and judges nothing. */
import type { FlightEnd, FlightHeader } from '../core/record.js';
import type { FlightResult } from './result.js';
import type { SpreadBar } from './spread.js';
import type { Stories } from './stories.js';

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

/** Ok calls by the instant of their answer and by latency, in rows of equal ratio. */
export interface LatencyMap {
  /** One more than the rows, from the fastest call to the slowest; none without an ok call. */
  readonly edgesMs: Series;
  /** From the fastest row; one entry a bin each. */
  readonly counts: readonly Series[];
}

/** Calls of one band of latency, and what they spent where: means. */
export interface PhaseBand {
  /** Percentiles: from 50 to 90. */
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly totalMs: number;
  readonly queueMs: number;
  readonly placementMs: number;
  /** null where no executor told: then it is a part of `executionMs`. */
  readonly networkMs: number | null;
  readonly executionMs: number;
}

/** Where the time of ok calls went. */
export interface Phases {
  /** Calls behind it. */
  readonly n: number;
  readonly executionTold: boolean;
  /** Bands without a call are left out. */
  readonly bands: readonly PhaseBand[];
}

/** Calls that waited for a runner, in all rooms together; one entry a bin. */
export interface WaitingBins {
  /** How often a call entered a room. */
  readonly entries: number;
  /** The most at once. */
  readonly max: Series;
  readonly mean: Series;
}

/** How unevenly the runners were busy: percentiles over runners, one entry a bin, in percent. */
export interface LoadSpread {
  /** Runners behind it. */
  readonly n: number;
  readonly min: Series;
  readonly p25: Series;
  readonly p50: Series;
  readonly p75: Series;
  readonly max: Series;
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
    /** 95 % interval of each point, ms; null where so few calls bound nothing. */
    readonly intervals: readonly (readonly [low: number, high: number] | null)[];
  };
  /** Latency of ok calls in µs, as `Latencies.packed` has it. */
  readonly latencies: string;
  readonly spread: {
    readonly n: number;
    readonly attempts: readonly SpreadBar[];
    readonly nacks: readonly SpreadBar[];
  };
  readonly latencyMap: LatencyMap;
  readonly phases: Phases;
  readonly waiting: WaitingBins;
  readonly load: readonly LoadRow[];
  /** null where no executor told. */
  readonly loadSpread: LoadSpread | null;
  readonly stories: Stories;
  readonly faults: readonly FaultSpan[];
  readonly faultsOmitted: number;
}
