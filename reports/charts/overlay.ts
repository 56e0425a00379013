/** The percentiles of several sides laid over one another, each with the band it is sure within. */
import type { Side } from '../difference.js';
import type { Flight } from '../flight.js';
import { intervalOf, type Interval } from '../interval.js';
import { roundTo } from '../result.js';
import type { Chart, JsonObject } from './figure.js';
import { percentileChart } from './latency.js';

const NO_CURVES = 'Results hold no curves: compare records to see them laid over one another.';
const BANDS = ['$sure-1', '$sure-2', '$sure-3', '$sure-4', '$sure-5', '$sure-6'] as const;

/** Of the points of a curve, those that its band has too: p90, p99 and so on are among them. */
const EVERY = 4;

type Percentiles = Flight['percentiles'];

export function overlayChart(sides: readonly Side[]): Chart {
  const drawn = sides.filter(({ flights }) => flights.length > 0);
  const curves = drawn.map(({ flights }) => ({
    header: flights[0]!.header,
    percentiles: curveOf(flights),
  }));
  const chart = percentileChart(
    curves,
    drawn.map(({ name }) => name),
  );
  const several = drawn.some(({ flights }) => flights.length > 1);
  const bands = several
    ? 'Where a side has several seeds, its line is the mean of theirs and ends before their slowest' +
      ' calls; its band is Student’s 95 %, cut off at the slowest of all. Those'
    : 'Bands: 95 %, from binomial ranks. Those';
  const caption =
    `${chart.caption} ${bands} of one flight take calls for independent, and end where so few calls` +
    ' are slower that nothing bounds them.';
  if (drawn.length === 0) return { ...chart, figure: NO_CURVES };
  if (typeof chart.figure === 'string') return chart;
  const { data, layout } = chart.figure;
  const traces = data.map((trace, i): JsonObject => ({ ...trace, legendgroup: `side-${i}` }));
  const shades = curves.flatMap(({ percentiles }, i) => {
    return bandTraces(percentiles, i);
  });
  return { ...chart, caption, figure: { data: [...shades, ...traces], layout } };
}

/**
 * The curve of one flight, or of several the mean of theirs, where all have a value. Their slowest
 * calls are of no percentile that they have in common.
 */
function curveOf(flights: readonly Flight[]): Percentiles {
  const [first] = flights;
  if (first !== undefined && flights.length === 1) return first.percentiles;
  const n = flights.reduce((sum, flight) => sum + flight.percentiles.n, 0);
  const maps = flights.map(({ percentiles }) => new Map(percentiles.points));
  const ends = new Set(flights.map(({ percentiles }) => percentiles.n));
  const xs = [...(maps[0]?.keys() ?? [])].filter((x) => {
    return !ends.has(x) && maps.every((map) => map.has(x));
  });
  const measured = flights.flatMap(({ percentiles }) => percentiles.points.map(([, ms]) => ms));
  const [least, most] = [Math.min(...measured), Math.max(...measured)];
  const within = (ms: number): number => roundTo(Math.max(least, Math.min(most, ms)), 3);
  const points: [number, number][] = [];
  const intervals: (Interval | null)[] = [];
  for (const x of xs) {
    const values = maps.flatMap((map) => map.get(x) ?? []);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const around = intervalOf(values);
    points.push([x, roundTo(mean, 3)]);
    intervals.push(around && [within(around[0]), within(around[1])]);
  }
  return { n, points, intervals };
}

/** Two lines that are not seen, and what is between them; they come and go with their flight's. */
function bandTraces({ points, intervals }: Percentiles, i: number): JsonObject[] {
  const known = points.flatMap(([x], k) => {
    const of = intervals[k];
    return k % EVERY > 0 || of === null || of === undefined ? [] : [{ x, low: of[0], high: of[1] }];
  });
  if (known.length === 0) return [];
  const edge = (end: 'low' | 'high'): JsonObject => ({
    type: 'scatter',
    mode: 'lines',
    x: known.map(({ x }) => x),
    y: known.map((at) => at[end]),
    line: { width: 0 },
    hoverinfo: 'skip',
    showlegend: false,
    legendgroup: `side-${i}`,
  });
  const fill = { fill: 'tonexty', fillcolor: BANDS[i % BANDS.length]! };
  return [edge('low'), { ...edge('high'), ...fill }];
}
