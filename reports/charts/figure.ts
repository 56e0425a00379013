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
}

/** More bands than this get no numbers: they would overlap. */
const NUMBERED_BANDS_MAX = 24;

const AXIS = { gridcolor: '$grid', linecolor: '$line', zeroline: false, automargin: true } as const;

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
    legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom', itemwidth: 30 },
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
export function stepped(values: readonly number[]): readonly number[] {
  return [...values, ...values.slice(-1)];
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

const BAND_FILL = { behind: '$band', over: '$veil', outline: 'rgba(0,0,0,0)' } as const;

/**
 * Faults as shapes, numbered as in the page's list: bands behind lines, veils over areas, or
 * outlines over a map, where a fill would change the colours that are to be read.
 */
export function bandShapes(
  flight: Flight,
  place: 'behind' | 'over' | 'outline',
): readonly JsonObject[] {
  const bands = bandsOf(flight.faults);
  const endMs = flight.bins.durationMs;
  return bands.flatMap(({ fromMs, untilMs }, i): readonly JsonObject[] => {
    if (fromMs > endMs) return [];
    const [x0, x1] = [Math.max(0, fromMs) / 1000, Math.min(untilMs, endMs) / 1000];
    const instant = x1 <= x0;
    const label = {
      text: bands.length <= NUMBERED_BANDS_MAX ? String(i + 1) : '',
      font: { size: 11, color: '$band-ink' },
      textangle: 0,
      // On a map the number stands above the frame.
      ...(instant ? { textposition: 'end' } : { textposition: 'top left' }),
      ...(place === 'outline' ? { yanchor: 'bottom', padding: 0 } : {}),
      ...(instant && place !== 'outline' ? { yanchor: 'top', xanchor: 'left' } : {}),
    };
    const line = {
      width: instant || place !== 'behind' ? 1.5 : 0,
      color: '$band-ink',
      dash: 'dot',
    };
    const layer = place === 'behind' ? 'below' : 'above';
    const box = { xref: 'x', x0, x1, yref: 'paper', y0: 0, y1: 1, layer, label, line };
    if (instant) return [{ type: 'line', ...box }];
    return [{ type: 'rect', ...box, fillcolor: BAND_FILL[place] }];
  });
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
