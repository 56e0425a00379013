/** The public door of `windtunnel/reports`: from a flight's events to results, text and HTML. */
export { createCollector, type Collector } from './collector.js';
export type { Bins, FaultSpan, Flight, LoadRow } from './flight.js';
export { renderReport } from './page.js';
export {
  flightResult,
  isMetric,
  judge,
  metricNames,
  resultSchema,
  type FlightResult,
  type SloLine,
} from './result.js';
export { summarize } from './summary.js';
export { verdictOf, type Verdict } from './verdict.js';
