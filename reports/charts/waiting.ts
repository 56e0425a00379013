/** How deep the waiting rooms were over time. It does not say for how long a call waited. */
import type { Flight } from '../flight.js';
import { formatCount, formatMs } from '../format.js';
import { axis, bandWords, faultBands, layout, stepLine, timeAxis, type Chart } from './figure.js';

export function waitingChart(flight: Flight): Chart {
  const { waiting, bins } = flight;
  return {
    id: 'waiting',
    title: 'Waiting for a runner',
    caption: [
      'Calls that no runner had room for, by how many waited at once, in all waiting rooms',
      `together: the most in a bin of ${formatMs(bins.widthMs)}, and the mean over its time, both`,
      'exact. A depth that only grows is a fleet too small for its load.',
      `N = ${formatCount(waiting.entries)} waits; a call may wait more than once.`,
      bandWords(flight),
    ].join(' '),
    figure:
      waiting.entries === 0
        ? 'No call waited.'
        : {
            data: [
              stepLine(
                bins,
                'most',
                waiting.max,
                { color: '$faint', width: 1.5 },
                { hovertemplate: '%{y:d}' },
              ),
              stepLine(
                bins,
                'mean',
                waiting.mean,
                { color: '$line-2', width: 2 },
                { hovertemplate: '%{y:.3~g}', fill: 'tozeroy', fillcolor: '$wide' },
              ),
            ],
            layout: layout({
              xaxis: timeAxis(bins),
              yaxis: axis('calls waiting', { rangemode: 'tozero' }),
              ...faultBands(flight, 'behind'),
            }),
          },
    heightPx: 280,
    overTime: true,
  };
}
