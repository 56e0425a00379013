/**
 * What all charts share: the shape of a figure, axes, fault bands. A figure is plotly data without
 * colours of its own: a colour is the name of a CSS property, `$ok` for `--ok`, which the page's
 * script looks up, so light and dark are decided in one style sheet.
 */
import type { Bins, FaultSpan, Flight } from '../flight.js';
import { roundTo } from '../result.js';

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface Figure {
  readonly data: readonly JsonObject[];
  readonly layout: JsonObject;
}

export interface Chart {
  /** Unique within its flight. */
  readonly id: string;
  readonly title: string;
  /** How to read it, which estimator, how many values. */
  readonly caption: string;
  /** Or, where there is nothing to draw, why. */
  readonly figure: Figure | string;
  readonly heightPx: number;
  readonly half?: boolean;
  /** Its x axis is the flight's time: zooming one zooms all of them. */
  readonly overTime?: boolean;
  /** How the table behind it names its rows, where the axis does not say it. */
  readonly rows?: { readonly head: string; readonly nameOf?: (x: number) => string };
}

/** More bands than this get no numbers: they would overlap. */
const NUMBERED_BANDS_MAX = 24;

/** A band narrower than this share of the chart would not be seen: it is a line. */
const LINE_SHARE = 1 / 500;

const AXIS = { gridcolor: '$grid', linecolor: '$line', zeroline: false, automargin: true } as const;

export const LEGEND = {
  orientation: 'h',
  x: 0,
  y: 1.02,
  yanchor: 'bottom',
  itemwidth: 30,
} as const;

export function axis(title: string, more: JsonObject = {}): JsonObject {
  return { ...AXIS, title: { text: title, font: { size: 12 }, standoff: 8 }, ...more };
}

export function layout(more: JsonObject): JsonObject {
  return {
    autosize: true,
    margin: { l: 8, r: 12, t: 28, b: 8 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: 'system-ui, sans-serif', size: 12, color: '$muted' },
    hovermode: 'x unified',
    hoverlabel: { bgcolor: '$panel', bordercolor: '$line', font: { color: '$ink' } },
    legend: LEGEND,
    ...more,
  };
}

/** Seconds since the first event: zero to the end of the flight, faults beyond it cut off. */
export function timeAxis(bins: Bins, more: JsonObject = {}): JsonObject {
  const range = [0, Math.max(bins.durationMs, 1) / 1000];
  return axis('time, s', { showgrid: false, range, hoverformat: '.3~f', ...more });
}

/** The middle of each bin, s. The last bin ends with the flight. */
export function binMiddles(bins: Bins): readonly number[] {
  return bins.offered.map((_, i) => {
    const from = i * bins.widthMs;
    return roundTo((from + Math.min(from + bins.widthMs, bins.durationMs)) / 2000, 4);
  });
}

/** Where each bin starts and, last, where the flight ends, s: for lines in steps. */
export function binEdges(bins: Bins): readonly number[] {
  const starts = bins.offered.map((_, i) => roundTo((i * bins.widthMs) / 1000, 4));
  return [...starts, roundTo(bins.durationMs / 1000, 4)];
}

/** A step line's values at `binEdges`: the last bin's value holds to the end. */
function stepped(values: readonly number[]): readonly number[] {
  return [...values, ...values.slice(-1)];
}

/** A line in steps over the bins; `line` is its own look, and `more` what it has beside. */
export function stepLine(
  bins: Bins,
  name: string,
  values: readonly number[],
  line: JsonObject,
  more: JsonObject = {},
): JsonObject {
  return {
    type: 'scatter',
    mode: 'lines',
    name,
    x: binEdges(bins),
    y: stepped(values),
    line: { ...line, shape: 'hv' },
    ...more,
  };
}

/** Counts as a rate per second; a sliver of a last bin is not blown up. */
export function perSecond(bins: Bins, counts: readonly number[]): readonly number[] {
  return counts.map((count, i) => {
    const rest = bins.durationMs - i * bins.widthMs;
    const ms = Math.max(Math.min(bins.widthMs, rest), bins.widthMs / 2);
    return roundTo((1000 * count) / ms, 2);
  });
}

/** One band a fault and span; what hit several runners at once is one band. */
export interface Band {
  readonly fault: string;
  readonly targets: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
}

export function bandsOf(faults: readonly FaultSpan[]): readonly Band[] {
  const bands = new Map<string, { targets: string[]; first: FaultSpan }>();
  for (const span of faults) {
    const key = JSON.stringify([span.fault, span.fromMs, span.untilMs]);
    const band = bands.get(key);
    const targets = span.target.split(',').map((target) => target.trim());
    if (band === undefined) bands.set(key, { targets, first: span });
    else band.targets.push(...targets);
  }
  return [...bands.values()].map(({ targets, first: { fault, fromMs, untilMs } }) => {
    return { fault, targets, fromMs, untilMs };
  });
}

/** What the caption of a chart says of its bands. */
export function bandWords(
  { faults, faultsOmitted }: Flight,
  look: 'Shaded' | 'Framed' = 'Shaded',
): string {
  if (faults.length === 0) return '';
  if (faultsOmitted > 0) return `${look}: the first ${faults.length} faults.`;
  const numbered = bandsOf(faults).length <= NUMBERED_BANDS_MAX;
  return numbered ? `${look}: faults, numbered as listed above.` : `${look}: faults.`;
}

type BandPlace = 'behind' | 'over' | 'outline';
const BAND_FILL = { behind: '$band', over: 'rgba(0,0,0,0)', outline: 'rgba(0,0,0,0)' } as const;

/**
 * Faults as parts of a layout, numbered as in the page's list: bands behind lines, or frames over
 * areas and maps, where a fill would change the colours that are to be read. What all of them share
 * stands once: a flight may have hundreds, and a dozen charts.
 */
export function faultBands({ faults, bins }: Flight, place: BandPlace): JsonObject {
  const bands = bandsOf(faults);
  if (bands.length === 0) return {};
  const endMs = bins.durationMs;
  const numbered = bands.length <= NUMBERED_BANDS_MAX;
  const shapes = bands.flatMap(({ fromMs, untilMs }, i): readonly JsonObject[] => {
    if (fromMs > endMs) return [];
    const [x0, x1] = [Math.max(0, fromMs) / 1000, Math.min(untilMs, endMs) / 1000];
    const instant = x1 - x0 <= (endMs / 1000) * LINE_SHARE;
    const label = { text: String(i + 1), ...(instant ? instantLabel(place) : {}) };
    return [
      {
        x0,
        x1: instant ? x0 : x1,
        ...(numbered ? { label } : {}),
        ...(instant ? { type: 'line', line: { width: 1.5 } } : {}),
      },
    ];
  });
  return { shapes, template: { layout: { shapedefaults: bandDefaults(place) } } };
}

function instantLabel(place: BandPlace): JsonObject {
  return {
    textposition: 'end',
    ...(place === 'outline' ? {} : { yanchor: 'top', xanchor: 'left' }),
  };
}

function bandDefaults(place: BandPlace): JsonObject {
  return {
    type: 'rect',
    yref: 'paper',
    y0: 0,
    y1: 1,
    layer: place === 'behind' ? 'below' : 'above',
    line: { width: place === 'behind' ? 0 : 1.5, color: '$band-ink', dash: 'dot' },
    fillcolor: BAND_FILL[place],
    label: {
      font: { size: 11, color: '$band-ink' },
      textangle: 0,
      textposition: 'top left',
      // On a map the number stands above the frame.
      ...(place === 'outline' ? { yanchor: 'bottom', padding: 0 } : {}),
    },
  };
}

/** Ticks 1, 2, 5 of each decade, or the decades alone when there are many. */
export function logTicks(min: number, max: number): JsonObject {
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const steps = high - low <= 3 ? [1, 2, 5] : [1];
  const tickvals: number[] = [];
  for (let power = low; power <= high; power++) {
    for (const step of steps) tickvals.push(roundTo(step * 10 ** power, 6));
  }
  return { type: 'log', tickvals, ticktext: tickvals.map(String) };
}
