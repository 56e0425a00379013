/** Throughput charts: what came in and how it ended over time, and what it cost in attempts. */
import type { Bins, Flight } from '../flight.js';
import { formatCount, formatMs, formatNumber, formatShare } from '../format.js';
import type { SpreadBar } from '../spread.js';
import {
  axis,
  bandWords,
  faultBands,
  layout,
  perSecond,
  stepLine,
  timeAxis,
  type Chart,
  type JsonObject,
} from './figure.js';

const OUTCOMES = ['ok', 'refused', 'expired', 'failed', 'canceled'] as const;
const NO_CALLS = 'No call came in.';

/** Counts of the bins, a second. */
function rateLine(
  bins: Bins,
  title: string,
  counts: readonly number[],
  line: JsonObject,
  more: JsonObject = {},
): JsonObject {
  return stepLine(bins, title, perSecond(bins, counts), line, {
    hovertemplate: '%{y:.1f} /s',
    ...more,
  });
}

export function throughputChart(flight: Flight): Chart {
  const { bins, result } = flight;
  const shown = OUTCOMES.filter((outcome) => outcome === 'ok' || result.calls[outcome] > 0);
  const areas = shown.map((outcome) => {
    const title = outcome === 'ok' ? 'ok (goodput)' : outcome;
    const area = { stackgroup: 'ended', fillcolor: `$${outcome}` };
    return rateLine(bins, title, bins[outcome], { width: 0 }, area);
  });
  const offered = rateLine(bins, 'offered', bins.offered, { color: '$ink', width: 1.5 });
  return {
    id: 'throughput',
    title: 'Throughput over time',
    caption: [
      'The line is what came in, by arrival; the stacked areas are what ended, by outcome and',
      `instant of the end; the lowest, ok, is the goodput, ${formatNumber(result.goodputPerSec)} a`,
      `second over the flight. Mean rates in bins of ${formatMs(bins.widthMs)}. Where the line is`,
      `above the areas, calls pile up. N = ${formatCount(result.calls.offered)}.`,
      bandWords(flight, 'Framed'),
    ].join(' '),
    figure:
      result.calls.offered === 0
        ? NO_CALLS
        : {
            data: [...areas, offered],
            layout: layout({
              xaxis: timeAxis(bins),
              yaxis: axis('calls a second', { rangemode: 'tozero' }),
              ...faultBands(flight, 'over'),
            }),
          },
    heightPx: 320,
    overTime: true,
  };
}

export function attemptsChart(flight: Flight): Chart {
  const { spread, result } = flight;
  const longest = spread.nacks.length > spread.attempts.length ? spread.nacks : spread.attempts;
  const bars = (name: string, from: readonly SpreadBar[], color: string): JsonObject => ({
    type: 'bar',
    name,
    x: longest.map((_, i) => i),
    y: longest.map((_, i) => (100 * (from[i]?.calls ?? 0)) / spread.n),
    customdata: longest.map((_, i) => formatCount(from[i]?.calls ?? 0)),
    hovertemplate: '%{y:.3~f} % (%{customdata} calls)',
    marker: { color },
  });
  const first = spread.attempts.find((bar) => bar.from === 1)?.calls ?? 0;
  return {
    id: 'attempts',
    title: 'Attempts and NACKs per call',
    caption: [
      'How many attempts, and how many NACKs, a call took until it ended; a NACK says “not',
      `executed, try elsewhere”. ${formatShare(first, spread.n)} took a single attempt; the mean`,
      `is ${formatNumber(result.attempts.perCall)} attempts a call. Exact counts,`,
      `N = ${formatCount(spread.n)} calls that ended.`,
    ].join(' '),
    figure:
      spread.n === 0
        ? NO_CALLS
        : {
            data: [
              bars('attempts', spread.attempts, '$line-1'),
              bars('NACKs', spread.nacks, '$refused'),
            ],
            layout: layout({
              barmode: 'group',
              bargap: 0.3,
              xaxis: axis('a call', {
                showgrid: false,
                tickvals: longest.map((_, i) => i),
                ticktext: longest.map(({ from, to }) =>
                  from === to ? `${from}` : `${from}–${to}`,
                ),
              }),
              yaxis: axis('% of calls', {}),
            }),
          },
    heightPx: 300,
    half: true,
  };
}

export function effortChart(flight: Flight): Chart {
  const { bins, result } = flight;
  const line = (title: string, counts: readonly number[], color: string): JsonObject =>
    rateLine(bins, title, counts, { color, width: 2 });
  return {
    id: 'effort',
    title: 'Attempts and NACKs over time',
    caption: [
      'Attempts opened on runners each second, and how many were NACKed. Attempts far above the',
      `calls offered mean that the LB is searching. N = ${formatCount(result.attempts.total)}`,
      `attempts in bins of ${formatMs(bins.widthMs)}.`,
      bandWords(flight),
    ].join(' '),
    figure:
      result.attempts.total === 0
        ? 'No attempt was made.'
        : {
            data: [
              line('attempts', bins.attempts, '$line-1'),
              line('NACKs', bins.nacks, '$refused'),
              line('offered', bins.offered, '$faint'),
            ],
            layout: layout({
              xaxis: timeAxis(bins),
              yaxis: axis('a second', { rangemode: 'tozero' }),
              ...faultBands(flight, 'behind'),
            }),
          },
    heightPx: 300,
    half: true,
    overTime: true,
  };
}
