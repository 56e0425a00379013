/** Several flights side by side: a table of results and their percentiles laid over one another. */
import { percentileChart } from './charts/latency.js';
import type { Chart } from './charts/figure.js';
import { html, type Markup } from './escape.js';
import type { Flight } from './flight.js';
import { formatCount, formatMs, formatNumber, formatShare } from './format.js';
import { verdictOf } from './verdict.js';

/** What tells the flights apart: only the parts that differ between them. */
export function flightNames(flights: readonly Flight[]): readonly string[] {
  const parts: readonly ((flight: Flight) => string)[] = [
    ({ header }) => header.scenario,
    ({ header }) => header.placer,
    ({ header }) => `seed ${header.seed}`,
    ({ header }) => (header.on === 'sim' ? 'sim' : 'gRPC'),
    ({ header }) => `commit ${header.commit.slice(0, 8)}`,
  ];
  const telling = parts.filter((part) => new Set(flights.map(part)).size > 1);
  return flights.map((flight, i) => {
    const letter = i < 26 ? String.fromCharCode(65 + i) : `#${i + 1}`;
    return [letter, ...telling.map((part) => part(flight))].join(' · ');
  });
}

/** The percentiles of all flights in one chart. */
export function overlayChart(flights: readonly Flight[]): Chart {
  return percentileChart(flights, flightNames(flights));
}

interface Row {
  readonly label: string;
  readonly show: (flight: Flight) => string;
  /** For the difference to the first flight; none for counts of what was offered. */
  readonly value?: (flight: Flight) => number | null;
}

const ROWS: readonly Row[] = [
  { label: 'calls offered', show: ({ result }) => formatCount(result.calls.offered) },
  {
    label: 'ok',
    show: ({ result: { calls } }) => formatShare(calls.ok, calls.offered),
  },
  { label: 'refused', show: ({ result }) => formatCount(result.calls.refused) },
  { label: 'failed', show: ({ result }) => formatCount(result.calls.failed) },
  { label: 'expired', show: ({ result }) => formatCount(result.calls.expired) },
  latencyRow('p50', ({ result }) => result.latencyMs.p50),
  latencyRow('p90', ({ result }) => result.latencyMs.p90),
  latencyRow('p99', ({ result }) => result.latencyMs.p99),
  latencyRow('p99.9', ({ result }) => result.latencyMs.p999),
  latencyRow('slowest', ({ result }) => result.latencyMs.max),
  {
    label: 'ok a second',
    show: ({ result }) => formatNumber(result.goodputPerSec),
    value: ({ result }) => result.goodputPerSec,
  },
  {
    label: 'attempts a call',
    show: ({ result }) => formatNumber(result.attempts.perCall),
    value: ({ result }) => result.attempts.perCall,
  },
];

function latencyRow(label: string, value: (flight: Flight) => number | null): Row {
  return { label, show: (flight) => formatMs(value(flight)), value };
}

/** Differences are to the first flight; they are differences of these runs, not of the policies. */
export function comparisonTable(flights: readonly Flight[]): Markup {
  const first = flights[0]!;
  const head = flightNames(flights).map((name, i) => {
    return html`<th class="number" scope="col"><a href="#flight-${i}">${name}</a></th>`;
  });
  const verdicts = flights.map((flight) => {
    const { kind, mark, text } = verdictOf(flight);
    const tone = kind === 'met' ? 'good' : kind === 'unjudged' ? '' : 'bad';
    return html`<td class="number ${tone}" title="${text}">${mark} ${kind}</td>`;
  });
  const rows = ROWS.map(({ label, show, value }) => {
    const cells = flights.map((flight, i) => {
      const change = i === 0 || value === undefined ? '' : changeOf(value(first), value(flight));
      return html`<td class="number"><span class="note">${change}</span> ${show(flight)}</td>`;
    });
    return html`<tr>
      <th scope="row">${label}</th>
      ${cells}
    </tr> `;
  });
  return html`<div class="scroll">
      <table class="wide comparison">
        <thead>
          <tr>
            <th></th>
            ${head}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">verdict</th>
            ${verdicts}
          </tr>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="note">Percentages: change from the first flight, in these runs.</p>`;
}

function changeOf(from: number | null, to: number | null): string {
  if (from === null || to === null || from === 0) return '';
  const percent = (100 * (to - from)) / from;
  const rounded = Math.abs(percent) < 10 ? percent.toFixed(1) : percent.toFixed(0);
  if (Number(rounded) === 0) return '=';
  return `${percent > 0 ? '+' : '−'}${rounded.replace('-', '')}\u202f%`;
}
