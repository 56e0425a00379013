/** The latency heat map: every ok call over time, so that two kinds of calls look like two. */
import type { Flight, LatencyMap } from '../flight.js';
import { formatCount, formatMs } from '../format.js';
import { NO_LATENCY } from './latency.js';
import {
  axis,
  bandWords,
  binEdges,
  faultBands,
  layout,
  logTicks,
  timeAxis,
  type Chart,
  type JsonObject,
} from './figure.js';

/** From so many calls in one cell on, a linear scale would hide the cells that have one. */
const LOG_FROM = 20;
/** A narrower span has no round numbers on a log axis. */
const LOG_AXIS_RATIO = 4;
/** Where all calls took the same there is one row, which needs a height. */
const LONE_ROW = 1.02;

export function latencyMapChart(flight: Flight): Chart {
  const { latencyMap, bins, percentiles } = flight;
  const { counts } = latencyMap;
  const most = Math.max(0, ...counts.flat());
  const log = most >= LOG_FROM;
  const rows = counts.length;
  return {
    id: 'latency-map',
    title: 'Latency heat map',
    caption: [
      'Where the calls were: one column a bin, one row a range of latency; the darker (in dark',
      'mode: the brighter), the more ok calls were answered then after so long. Two stripes are two',
      'kinds of calls, which a percentile would hide; a cloud above is a queue.',
      `Counts in ${rows === 1 ? 'one row' : `${rows} rows of equal ratio`}, from the fastest call`,
      `to the slowest, in bins of ${formatMs(bins.widthMs)}; read from HDR histograms, so a call`,
      `may stand 1 % off. ${log ? 'Log colours. ' : ''}N = ${formatCount(percentiles.n)}.`,
      bandWords(flight, 'Framed'),
    ].join(' '),
    figure:
      rows === 0
        ? NO_LATENCY
        : {
            data: [cells(flight, log, most)],
            layout: layout({
              hovermode: 'closest',
              xaxis: timeAxis(bins),
              yaxis: axis('latency, ms', { showgrid: false, ...yScale(latencyMap) }),
              ...faultBands(flight, 'outline'),
            }),
          },
    heightPx: 340,
    overTime: true,
  };
}

function cells({ latencyMap, bins }: Flight, log: boolean, most: number): JsonObject {
  const { edgesMs, counts } = latencyMap;
  const [least, slowest] = [edgesMs[0]!, edgesMs[edgesMs.length - 1]!];
  const lone = least === slowest;
  const ticks = log ? [1, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((count) => count <= most) : [];
  const logBar = { tickvals: ticks.map(Math.log10), ticktext: ticks.map(formatCount) };
  return {
    type: 'heatmap',
    // The script takes the logarithm, and leaves cells of no call empty: counts alone travel.
    meta: log ? 'log-counts' : 'counts',
    x: binEdges(bins),
    y: lone ? [least / LONE_ROW, slowest * LONE_ROW] : edgesMs,
    z: counts,
    zmin: 0,
    zmax: log ? Math.log10(most) : most,
    colorscale: '$counts',
    hoverongaps: false,
    hovertemplate: '%{customdata} calls around %{y:.3~g} ms at %{x:.3~f} s<extra></extra>',
    colorbar: {
      title: { text: 'calls', side: 'right', font: { size: 11 } },
      thickness: 10,
      outlinewidth: 0,
      len: 1,
      ...(log ? logBar : { dtick: Math.max(1, Math.ceil(most / 4)) }),
    },
  };
}

function yScale({ edgesMs }: LatencyMap): JsonObject {
  const [least, slowest] = [edgesMs[0] ?? 1, edgesMs[edgesMs.length - 1] ?? 1];
  return slowest / least < LOG_AXIS_RATIO ? {} : logTicks(least, slowest);
}
