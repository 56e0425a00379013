/** The public door of `windtunnel/reports`: from a flight's events to results, text and HTML. */
export { createCallTrace, type CallTrace, type FlightTrace } from './call-trace.js';
export { createCollector, type Collector } from './collector.js';
export {
  conditionMetrics,
  judgeCondition,
  parseCondition,
  type Condition,
  type Judged,
} from './condition.js';
export { differencesOf, type Difference, type Side } from './difference.js';
export { compareMarkdown, compareText, verdictText } from './difference-text.js';
export type { Bins, FaultSpan, Flight, LoadRow } from './flight.js';
export { renderHdrLog } from './hdr-log.js';
export { renderJunit } from './junit.js';
export { renderMarkdown } from './markdown.js';
export { renderComparison, renderReport, type PageOptions } from './page.js';
export { renderPercentilesCsv } from './percentiles-csv.js';
export { sharedLibrary } from './plotly.js';
export {
  flightResult,
  isMetric,
  judge,
  metricNames,
  metricsOf,
  resultSchema,
  type FlightResult,
  type SloLine,
} from './result.js';
export { summarize } from './summary.js';
export { verdictOf, type Verdict } from './verdict.js';
