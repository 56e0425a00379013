/** Latency charts: by percentile, on the axis that shows the tail, and over time. */
import { chartText } from '../escape.js';
import type { Flight } from '../flight.js';
import { formatCount, formatMs } from '../format.js';
import { roundTo } from '../result.js';
import { fewSamples } from '../verdict.js';
import {
  axis,
  bandWords,
  binMiddles,
  faultBands,
  layout,
  logTicks,
  timeAxis,
  type Chart,
  type JsonObject,
} from './figure.js';

export const NO_LATENCY = 'No call was ok, so there is no latency to show.';
/** A maximum so many times the median flattens a linear axis to a line. */
const LOG_FROM_RATIO = 15;
const LINES = ['$line-1', '$line-2', '$line-3', '$line-4', '$line-5', '$line-6'] as const;
const DASHES = ['solid', 'dash', 'dot', 'dashdot'] as const;
const LIMIT_AT: Readonly<Record<string, number>> = {
  'latencyMs.p50': 2,
  'latencyMs.p90': 10,
  'latencyMs.p99': 100,
  'latencyMs.p999': 1000,
};

/** 99.9 for x = 1000. */
function percentOf(x: number): string {
  return String(roundTo(100 * (1 - 1 / x), x < 100 ? 1 : Math.ceil(Math.log10(x))));
}

/** What the chart needs of a flight. */
type Curve = Pick<Flight, 'header' | 'percentiles'>;

/** Latency by percentile of one flight, or of several laid over one another. */
export function percentileChart(flights: readonly Curve[], names: readonly string[]): Chart {
  const drawn = flights.filter((flight) => flight.percentiles.n > 0);
  const most = Math.max(0, ...drawn.map(({ percentiles: { points } }) => points.at(-1)?.[0] ?? 0));
  const data = flights.map(({ percentiles: { n, points } }, i): JsonObject => {
    return {
      type: 'scatter',
      mode: points.length < 30 ? 'lines+markers' : 'lines',
      name: chartText(names[i] ?? ''),
      x: points.map(([x]) => x),
      y: points.map(([, ms]) => ms),
      customdata: points.map(([x]) => (x === n ? 'slowest' : `p${percentOf(x)}`)),
      hovertemplate: '%{customdata}: %{y:.3~f} ms<extra></extra>',
      line: { color: LINES[i % LINES.length]!, width: 2, dash: DASHES[i >> 2] ?? 'solid' },
    };
  });
  const samples = drawn.map((flight) => formatCount(flight.percentiles.n)).join(', ');
  const single = flights.length === 1;
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    caption: [
      'Each step to the right is ten times rarer: at p99, one call in a hundred was slower than',
      'the line. That of a flight ends at its slowest call; nothing is extrapolated. Latency runs',
      'from the intended send to the end of the answer, of ok calls only. Nearest rank on an HDR',
      `histogram, never low, at most 0.1 % high. N = ${samples}.`,
      ...(single ? [fewSamples(most), ...limitWords(flights[0]!)] : []),
    ].join(' '),
    figure:
      drawn.length === 0
        ? NO_LATENCY
        : {
            data: single ? [...data, ...limitMarks(flights[0]!)] : data,
            layout: layout({
              hovermode: single ? 'closest' : 'x unified',
              showlegend: !single,
              xaxis: percentileAxis(most),
              yaxis: axis('latency, ms', { rangemode: 'tozero' }),
            }),
          },
    heightPx: 340,
    rows: {
      head: 'percentile',
      nameOf: (x) => {
        const whole = drawn.some((flight) => flight.percentiles.n === x);
        return whole ? `slowest of ${formatCount(x)}` : `p${percentOf(x)}`;
      },
    },
  };
}

function percentileAxis(most: number): JsonObject {
  const tickvals = [2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((x) => x <= most);
  const ticktext = tickvals.map((x) => `p${percentOf(x)}`);
  const range = [0, Math.log10(Math.max(most, 2)) * 1.02];
  return axis('percentile (rarer →)', { type: 'log', tickvals, ticktext, tickangle: 0, range });
}

function limitMarks(flight: Curve): readonly JsonObject[] {
  const limits = limitsOf(flight);
  if (limits.length === 0) return [];
  return [
    {
      type: 'scatter',
      mode: 'markers',
      name: 'limit',
      x: limits.map(({ x }) => x),
      y: limits.map(({ max }) => max),
      hovertemplate: 'limit at p%{customdata}: %{y} ms<extra></extra>',
      customdata: limits.map(({ x }) => percentOf(x)),
      marker: { symbol: 'triangle-down', size: 11, color: '$bad' },
    },
  ];
}

function limitWords(flight: Curve): readonly string[] {
  return limitsOf(flight).length === 0 ? [] : ['▼ marks an SLO limit: the line must pass below.'];
}

function limitsOf(flight: Curve): readonly { x: number; max: number }[] {
  return flight.header.slo.flatMap(({ metric, max }) => {
    const x = Object.hasOwn(LIMIT_AT, metric) ? LIMIT_AT[metric] : undefined;
    return x === undefined || max === undefined || x > flight.percentiles.n ? [] : [{ x, max }];
  });
}

export function latencyOverTimeChart(flight: Flight): Chart {
  const { bins, percentiles } = flight;
  const x = binMiddles(bins);
  const median = flight.result.latencyMs.p50 ?? 0;
  const max = flight.result.latencyMs.max ?? 0;
  const log = median > 0 && max / median > LOG_FROM_RATIO;
  const line = (name: string, y: readonly (number | null)[], style: JsonObject): JsonObject => ({
    type: 'scatter',
    mode: bins.offered.length < 40 ? 'lines+markers' : 'lines',
    name,
    x,
    y,
    hovertemplate: '%{y:.3~f} ms',
    line: style,
    marker: { size: 5 },
  });
  const least = Math.min(...bins.p50.map((ms) => ms ?? Infinity));
  const each = Math.round(percentiles.n / bins.p50.filter((ms) => ms !== null).length);
  const y = log ? logTicks(Math.max(least, 0.001), max) : { rangemode: 'tozero' };
  return {
    id: 'latency-time',
    title: 'Latency over time',
    caption: [
      `Ok calls by the instant of their answer, in bins of ${formatMs(bins.widthMs)}: half of a`,
      'bin’s calls were faster than p50, one in a hundred slower than p99. Nearest rank on an HDR',
      `histogram a bin, at most 1 % high; max is exact. N = ${formatCount(percentiles.n)}.`,
      each < 100 ? `With about ${each} calls a bin, its p99 is its slowest call.` : '',
      'A gap is a bin without ok calls.',
      log ? 'Log scale.' : '',
      bandWords(flight),
    ].join(' '),
    figure:
      percentiles.n === 0
        ? NO_LATENCY
        : {
            data: [
              line('max', bins.max, { color: '$faint', width: 1 }),
              line('p99', bins.p99, { color: '$line-2', width: 2 }),
              line('p50', bins.p50, { color: '$line-1', width: 2 }),
            ],
            layout: layout({
              xaxis: timeAxis(bins),
              yaxis: axis('latency, ms', y),
              ...faultBands(flight, 'behind'),
            }),
          },
    heightPx: 320,
    overTime: true,
  };
}
