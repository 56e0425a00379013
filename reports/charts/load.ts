/** Load charts: how evenly the runners were used, over the flight and over time. */
import { chartText } from '../escape.js';
import type { Flight } from '../flight.js';
import { formatCount, formatMs } from '../format.js';
import { plural } from '../verdict.js';
import {
  axis,
  bandWords,
  binEdges,
  faultBands,
  layout,
  timeAxis,
  type Chart,
  type JsonObject,
} from './figure.js';

/** Names under bars beyond this many would be thinned out anyway. */
const NAMED_MAX = 40;
const ROW_PX = 22;
const MAP_PX = { least: 240, most: 640, frame: 120 } as const;
export const NO_EXECUTORS = 'No executor told what it did, so utilization is unknown.';

export function runnersChart(flight: Flight): Chart {
  const { runners } = flight.result;
  const told = runners.some((runner) => runner.utilization !== null);
  return {
    id: 'runners',
    title: 'Load of each runner',
    caption: [
      told ? 'Above: the busy share of a runner’s slots over the flight, exact.' : NO_EXECUTORS,
      'Below: calls it executed and attempts it NACKed. Even bars mean that the placer spreads',
      'well; a runner with many NACKs and few calls was asked in vain.',
      `N = ${plural(runners.length, 'runner')}.`,
    ].join(' '),
    figure:
      runners.length === 0
        ? 'No runner took part.'
        : { data: runnerBars(flight, told), layout: runnersLayout(flight, told) },
    heightPx: 380,
    rows: { head: 'runner' },
  };
}

function runnerBars(flight: Flight, told: boolean): readonly JsonObject[] {
  const { runners } = flight.result;
  const bars = (name: string, y: readonly number[], color: string, unit: string): JsonObject => ({
    type: 'bar',
    name,
    x: y.map((_, i) => i),
    y,
    hovertemplate: `%{y:.4~g}${unit}`,
    marker: { color },
  });
  const percent = runners.map(({ utilization }) => (utilization ?? 0) * 100);
  const calls = runners.map((runner) => runner.calls);
  const nacks = runners.map((runner) => runner.nacks);
  return [
    ...(told ? [{ ...bars('utilization', percent, '$busy', ' %'), yaxis: 'y2' }] : []),
    bars('calls', calls, '$line-1', ''),
    bars('NACKs', nacks, '$refused', ''),
  ];
}

function runnersLayout(flight: Flight, told: boolean): JsonObject {
  const { runners } = flight.result;
  const named = {
    tickvals: runners.map((_, i) => i),
    ticktext: runners.map((runner) => chartText(runner.id, 16)),
    ticklabeloverflow: 'allow',
  };
  const names = runners.length <= NAMED_MAX ? named : { showticklabels: false };
  const above = axis('busy, %', { domain: [0.54, 1], range: [0, 105], anchor: 'x' });
  return layout({
    barmode: 'group',
    bargap: 0.25,
    xaxis: axis('', { showgrid: false, ...names }),
    yaxis: axis('calls, NACKs', { domain: told ? [0, 0.46] : [0, 1] }),
    ...(told ? { yaxis2: above } : {}),
  });
}

export function loadMapChart(flight: Flight): Chart {
  const { load, bins } = flight;
  const labels = distinct(load.map((row) => chartText(row.label, 18)));
  const grouped = load.some((row) => row.runners > 1);
  return {
    id: 'load-map',
    title: 'Runner load over time',
    caption: [
      'One row a runner, time to the right; the darker (in dark mode: the brighter), the busier',
      `its slots in that bin of ${formatMs(bins.widthMs)}. Exact busy slot-time, no sampling.`,
      grouped ? 'Rows are means of neighbouring runners.' : '',
      bandWords(flight, 'Framed'),
      `N = ${formatCount(flight.result.runners.length)} runners.`,
    ].join(' '),
    figure:
      load.length === 0
        ? NO_EXECUTORS
        : {
            data: [
              {
                type: 'heatmap',
                x: binEdges(bins),
                y: labels,
                z: load.map((row) => row.percent),
                zmin: 0,
                zmax: 100,
                colorscale: '$heat',
                xgap: 0,
                ygap: load.length <= 40 ? 2 : 0,
                hovertemplate: '%{y} at %{x:.3~f} s: %{z} % busy<extra></extra>',
                colorbar: { thickness: 10, outlinewidth: 0, ticksuffix: ' %', len: 1 },
              },
            ],
            layout: layout({
              hovermode: 'closest',
              xaxis: timeAxis(bins),
              yaxis: axis('', {
                type: 'category',
                showgrid: false,
                autorange: 'reversed',
                showticklabels: load.length <= NAMED_MAX,
                ticks: '',
              }),
              ...faultBands(flight, 'outline'),
            }),
          },
    heightPx: Math.min(MAP_PX.most, Math.max(MAP_PX.least, load.length * ROW_PX + MAP_PX.frame)),
    overTime: true,
    rows: { head: 'busy, %' },
  };
}

/** Rows of one name would fall together: later ones get invisible suffixes. */
function distinct(labels: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return label + '\u200b'.repeat(before);
  });
}
