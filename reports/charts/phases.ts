/** Where the time of ok calls went, band by band of their latency. It knows no single call. */
import type { Flight, PhaseBand } from '../flight.js';
import { formatCount, formatMs } from '../format.js';
import { roundTo } from '../result.js';
import { LEGEND, axis, layout, type Chart, type JsonObject } from './figure.js';

const ROW_PX = 46;
const FRAME_PX = 110;

interface Phase {
  readonly name: string;
  readonly color: string;
  readonly ms: (band: PhaseBand) => number;
}

const QUEUE: Phase = { name: 'queue', color: '$line-3', ms: (band) => band.queueMs };
const PLACEMENT: Phase = { name: 'placement', color: '$line-6', ms: (band) => band.placementMs };
const NETWORK: Phase = { name: 'network', color: '$faint', ms: (band) => band.networkMs ?? 0 };
const EXECUTION: Phase = { name: 'execution', color: '$line-1', ms: (band) => band.executionMs };
const BOTH: Phase = { ...EXECUTION, name: 'network and execution' };

export function phasesChart(flight: Flight): Chart {
  const { phases, percentiles } = flight;
  const { bands, executionTold, n } = phases;
  const shown = executionTold ? [QUEUE, PLACEMENT, NETWORK, EXECUTION] : [QUEUE, PLACEMENT, BOTH];
  const part = n < percentiles.n ? ` of ${formatCount(percentiles.n)}` : '';
  return {
    id: 'phases',
    title: 'Where the time went',
    caption: [
      'One bar a band of latency, the fast half above, the slowest below: what share of their time',
      'its calls spent where. Queue: before the first attempt (gate, lookup, body, waiting room).',
      'Placement: from the first attempt to the one that committed, so NACKs and the waits between.',
      executionTold
        ? 'Execution: as its executor told; network: the rest of that attempt, and the client’s edge.'
        : 'No executor told what it did, so network and execution are one.',
      'Means; calls within 2.2 % of where a band begins are shared out to both of its sides.',
      `N = ${formatCount(n)}${part} ok calls${part === '' ? '' : ', those of which all was told'}.`,
    ].join(' '),
    figure:
      bands.length === 0
        ? 'No call was ok with its attempts told, so there is nothing to split.'
        : { data: shown.map((phase) => barsOf(phase, bands)), layout: phasesLayout(bands) },
    heightPx: bands.length * ROW_PX + FRAME_PX,
    rows: { head: 'band of latency' },
  };
}

function barsOf({ name, color, ms }: Phase, bands: readonly PhaseBand[]): JsonObject {
  return {
    type: 'bar',
    orientation: 'h',
    name,
    y: bands.map((_, i) => i),
    x: bands.map((band) => shareOf(ms(band), band)),
    customdata: bands.map((band) => formatMs(ms(band))),
    hovertemplate: '%{customdata} (%{x:.3~g} %)',
    marker: { color },
  };
}

function shareOf(ms: number, { totalMs }: PhaseBand): number {
  return totalMs > 0 ? roundTo((100 * ms) / totalMs, 3) : 0;
}

function phasesLayout(bands: readonly PhaseBand[]): JsonObject {
  return layout({
    barmode: 'stack',
    bargap: 0.3,
    hovermode: 'y unified',
    legend: { ...LEGEND, traceorder: 'normal' },
    xaxis: axis('share of the time, %', { range: [0, 100] }),
    yaxis: axis('', {
      autorange: 'reversed',
      showgrid: false,
      tickvals: bands.map((_, i) => i),
      ticktext: bands.map(({ from, to, n, totalMs }) => {
        return `p${from}–${to} · N ${formatCount(n)}<br>mean ${formatMs(totalMs)}`;
      }),
    }),
  });
}
