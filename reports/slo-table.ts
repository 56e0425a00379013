/**
 * The SLO of a flight as a table: each limit, what was measured, and how far one is from the other.
 * It judges nothing: what is met was decided at landing.
 */
import type { Slo } from '../core/record.js';
import { html, name, type Markup } from './escape.js';
import { scrolling } from './listing.js';
import type { Flight } from './flight.js';
import { formatCount, unitOf } from './format.js';
import { metricsOf } from './result.js';

/** Keeps digits and units on one line. */
const THIN = '\u202f';

export interface Margin {
  /** In the unit of the metric: above zero is room left, below zero is beyond the limit. */
  readonly room: number;
  /** The same as a share of the limit; null where the limit is zero. */
  readonly share: number | null;
}

/** To the nearer of its bounds; null without a value. */
export function marginOf({ max, min }: Slo, value: number | null): Margin | null {
  if (value === null) return null;
  const bounds = [
    ...(max === undefined ? [] : [{ limit: max, room: max - value }]),
    ...(min === undefined ? [] : [{ limit: min, room: value - min }]),
  ].sort((a, b) => a.room - b.room);
  const nearest = bounds[0];
  if (nearest === undefined) return null;
  const { limit, room } = nearest;
  return { room, share: limit === 0 ? null : room / Math.abs(limit) };
}

export function sloTable({ header, result }: Flight): Markup {
  if (result.slo.length === 0) return html``;
  // The result is rounded; a limit missed by a hair would have a margin of nothing.
  const exact = metricsOf(result);
  const rows = result.slo.map(({ metric, limit, value, ok }, i) => {
    const unit = unitOf(metric);
    const measured = value === null ? 'no value' : `${value}${unit}`;
    const limitText = limit.replace(/<=/g, '≤').replace(/>=/g, '≥') + unit;
    const margin = marginOf(header.slo[i]!, exact[metric] ?? null);
    return html`<tr>
      <th scope="row">${name(metric)}</th>
      <td class="number">${limitText}</td>
      <td class="number">${measured}</td>
      <td class="number">${marginWords(margin, unit)}</td>
      <td class="number ${ok ? 'good' : 'bad'}">
        ${ok ? '✓' : '✗'} <span class="word">${ok ? 'met' : 'missed'}</span>
      </td>
    </tr> `;
  });
  return scrolling(
    'SLO',
    html`<table class="wide slo">
      <caption class="unseen">
        The SLO: each limit, what was measured, and the margin between them
      </caption>
      <thead>
        <tr>
          <th scope="col">SLO</th>
          <th scope="col" class="number">limit</th>
          <th scope="col" class="number">measured</th>
          <th scope="col" class="number">margin</th>
          <th scope="col"><span class="unseen">verdict</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
}

/** Signs for the eye, words for the ear. */
function marginWords(margin: Margin | null, unit: string): Markup {
  if (margin === null) return html`–`;
  const { room, share } = margin;
  const size = `${threeDigits(Math.abs(room))}${unit}`;
  const percent = share === null ? '' : percentText(Math.abs(share));
  const sign = room > 0 ? '+' : room < 0 ? '−' : '';
  const sides = { '+': 'room left', '−': 'beyond the limit', '': 'at the limit' } as const;
  const of = percent === '' ? '' : `, ${percent} of it`;
  const shareSeen = percent === '' ? '' : `(${sign}${percent})`;
  return html`<span aria-hidden="true">${sign}${size} <span class="word">${shareSeen}</span></span>
    <span class="unseen">${room === 0 ? sides[sign] : `${size} ${sides[sign]}${of}`}</span>`;
}

function percentText(share: number): string {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return `<${THIN}0.1${THIN}%`;
  return `${threeDigits(percent)}${THIN}%`;
}

/** However small: a limit missed by a millionth is missed by more than nothing. */
function threeDigits(value: number): string {
  return value >= 100 ? formatCount(value) : String(Number(value.toPrecision(3)));
}
