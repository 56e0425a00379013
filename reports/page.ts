/** The report of flights: one HTML file that needs nothing else, the same bytes for the same. */
import type { Chart } from './charts/figure.js';
import { overlayChart } from './charts/overlay.js';
import { comparisonTable, sidesOf, verdictOfSide } from './comparison.js';
import type { Side } from './difference.js';
import { html, isolated, name, shorten, type Markup } from './escape.js';
import type { Flight } from './flight.js';
import { renderPage, type Page } from './html-page.js';
import { chartsOf, figureOf, flightSection } from './section.js';

export interface PageOptions {
  /** The name of `sharedLibrary`, in the folder of the report; without it the report carries it. */
  readonly library?: string | undefined;
  /** What was asked of a comparison and how it came out, a line each. Default: none. */
  readonly conditions?: readonly string[];
}

/** The tab of a browser shows less. */
const TITLE_MAX = 80;

/** @example writeFileSync('flight.html', renderReport([flight])); */
export function renderReport(flights: readonly Flight[], options: PageOptions = {}): string {
  if (flights.length === 0) throw new Error('a report needs at least one flight');
  if (flights.length > 1) return renderComparison(sidesOf(flights), options);
  return render(flights, undefined, options);
}

/** Two sides or more; of a side with several flights, the first is shown in full. */
export function renderComparison(sides: readonly Side[], options: PageOptions = {}): string {
  if (sides.length < 2) throw new Error('a comparison needs at least two sides');
  return render(
    sides.flatMap(({ flights }) => flights.slice(0, 1)),
    sides,
    options,
  );
}

function render(
  flights: readonly Flight[],
  sides: readonly Side[] | undefined,
  { library, conditions = [] }: PageOptions,
): string {
  const shown = sides?.filter((side) => side.flights.length > 0);
  const charts = flights.map(chartsOf);
  const sections = flights.map((flight, i) => {
    const title = heading(flight, shown?.[i], i);
    return flightSection(flight, charts[i]!, `f${i}-`, title, flights.length);
  });
  const overlay = sides && overlayChart(sides);
  const figures = [
    ...(overlay === undefined ? [] : drawn([overlay], 'all-', '')),
    ...charts.flatMap((all, i) => drawn(all, `f${i}-`, `f${i}`)),
  ];
  const title =
    sides === undefined
      ? isolated(shorten(flights[0]!.header.scenario, TITLE_MAX))
      : `${sides.length} flights`;
  const needs = library === undefined ? 'needs no network' : `needs no network, and ${library}`;
  const body = html`${sides && overlay ? comparison(sides, overlay, conditions) : html``}
    ${sections}
    <footer>
      Percentiles are nearest rank on HDR histograms. Charts hold bins, never samples. This file
      ${needs}.
    </footer>`;
  const windtunnel = flights[0]?.header.windtunnel ?? '';
  const mark = verdictMark(sides ?? sidesOf(flights));
  return renderPage({ title: `${mark} ${title}`, windtunnel, body, figures, library });
}

/** What the script draws: charts that have a figure; `time` groups those that zoom together. */
function drawn(charts: readonly Chart[], prefix: string, group: string): Page['figures'] {
  return charts.flatMap(({ id, figure, overTime }) => {
    const time = overTime === true ? group : '';
    return typeof figure === 'string' ? [] : [{ id: prefix + id, time, ...figure }];
  });
}

function heading({ header }: Flight, side: Side | undefined, i: number): Markup {
  const { scenario, seed } = header;
  if (side === undefined) {
    return html`<h1>${name(scenario)}</h1>
      <h2 class="unseen">The flight</h2>`;
  }
  const { flights } = side;
  const of = flights.length > 1 ? `, the first of its ${flights.length} flights` : '';
  return html`<h2 id="flight-${i}">${name(side.name)}</h2>
    <p class="meta">${name(scenario)}, seed ${seed}${of}</p>`;
}

function comparison(sides: readonly Side[], overlay: Chart, conditions: readonly string[]): Markup {
  const results = sides.flatMap((side) => side.results);
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  return html`<h1>${name(scenarios.length === 1 ? scenarios[0]! : 'Flights')} compared</h1>
    <p class="meta">${results.length} flights</p>
    ${conditions.map((line) => html`<p class="condition">${line}</p> `)}
    <h2 class="unseen">Comparison</h2>
    <div style="margin-top:24px">${comparisonTable(sides)}</div>
    <div class="charts">${figureOf(overlay, 'all-')}</div>`;
}

function verdictMark(sides: readonly Side[]): string {
  const marks = sides.map((side) => verdictOfSide(side).mark);
  return marks.includes('✗') ? '✗' : marks.includes('○') ? '○' : '✓';
}
