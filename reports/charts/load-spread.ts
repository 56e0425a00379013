/** How unevenly the runners were busy over time. Which runner was how busy, the load map shows. */
import type { Flight, LoadSpread } from '../flight.js';
import { formatMs } from '../format.js';
import { plural } from '../verdict.js';
import { NO_EXECUTORS } from './load.js';
import {
  axis,
  bandWords,
  faultBands,
  layout,
  stepLine,
  timeAxis,
  type Chart,
  type JsonObject,
} from './figure.js';

export function loadSpreadChart(flight: Flight): Chart {
  const { loadSpread, bins } = flight;
  return {
    id: 'load-spread',
    title: 'Spread of the load over runners',
    caption: [
      `The busy share of each runner’s slots in each bin of ${formatMs(bins.widthMs)}: half of the`,
      'runners lie within the dark band, all within the light one. A narrow band is an even spread;',
      'one that touches both edges has runners that idle while others are full. Exact busy',
      'slot-time, nearest rank over runners.',
      loadSpread === null ? '' : `N = ${plural(loadSpread.n, 'runner')}.`,
      bandWords(flight),
    ].join(' '),
    figure:
      loadSpread === null
        ? NO_EXECUTORS
        : loadSpread.n === 1
          ? 'One runner has no spread.'
          : {
              data: spreadLines(flight, loadSpread),
              layout: layout({
                xaxis: timeAxis(bins),
                yaxis: axis('busy, %', { range: [0, 105] }),
                ...faultBands(flight, 'behind'),
              }),
            },
    heightPx: 280,
    overTime: true,
  };
}

function spreadLines({ bins }: Flight, spread: LoadSpread): readonly JsonObject[] {
  const line = (
    name: string,
    values: readonly number[],
    says: string,
    more: JsonObject,
    look: JsonObject = { width: 0 },
  ): JsonObject =>
    stepLine(bins, name, values, look, {
      legendgroup: name,
      hovertemplate: `${says} %{y} %<extra></extra>`,
      ...more,
    });
  // A band is two lines, the upper one filled down to the lower; one legend entry for both.
  const band = (
    name: string,
    low: readonly [says: string, y: readonly number[]],
    high: readonly [says: string, y: readonly number[]],
    fillcolor: string,
  ): readonly JsonObject[] => [
    line(name, low[1], low[0], { showlegend: false }),
    line(name, high[1], high[0], { fill: 'tonexty', fillcolor }),
  ];
  return [
    ...band('all runners', ['least', spread.min], ['most', spread.max], '$wide'),
    ...band('half of them', ['p25', spread.p25], ['p75', spread.p75], '$middle'),
    line('median', spread.p50, 'median', {}, { color: '$line-2', width: 2 }),
  ];
}
