/**
 * The report: one HTML file that needs nothing else, the same bytes for the same flights. The
 * policy in its head forbids the browser to load anything, so "offline" is not a mere promise.
 */
import type { Chart } from './charts/figure.js';
import { comparisonTable, flightNames, overlayChart } from './comparison.js';
import { html, jsonMarkup, trusted, type Markup } from './escape.js';
import type { Flight } from './flight.js';
import { packedPlotly } from './plotly.js';
import { PAGE_SCRIPT } from './script.js';
import { chartsOf, figureOf, flightSection } from './section.js';
import { PAGE_STYLE } from './style.js';
import { verdictOf } from './verdict.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** @example writeFileSync('flight.html', renderReport([flight])); */
export function renderReport(flights: readonly Flight[]): string {
  if (flights.length === 0) throw new Error('a report needs at least one flight');
  const several = flights.length > 1;
  const sections = flights.map((flight, i) => {
    return flightSection(flight, `f${i}-`, heading(flights, i));
  });
  const figures = [
    ...(several ? drawn([overlayChart(flights)], 'all-', '') : []),
    ...flights.flatMap((flight, i) => drawn(chartsOf(flight), `f${i}-`, `f${i}`)),
  ];
  const title = several ? `${flights.length} flights` : flights[0]!.header.scenario;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="windtunnel ${flights[0]!.header.windtunnel}" />
        <title>${verdictMark(flights)} ${title} – windtunnel</title>
        <style>
          ${trusted(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <main>
          ${several ? comparison(flights) : html``} ${sections}
          <footer>
            Percentiles are nearest rank on HDR histograms. Charts hold bins, never samples. This
            file needs no network.
          </footer>
        </main>
        <script type="application/json" id="figures">
          ${jsonMarkup(figures)}
        </script>
        <script type="application/octet-stream" id="plotly">
          ${trusted(packedPlotly())}
        </script>
        <script>
          ${trusted(PAGE_SCRIPT)};
        </script>
      </body>
    </html> `.markup;
}

/** What the script draws: charts that have a figure; `time` groups those that zoom together. */
function drawn(charts: readonly Chart[], prefix: string, group: string): readonly object[] {
  return charts.flatMap(({ id, figure, overTime }) => {
    const time = overTime === true ? group : '';
    return typeof figure === 'string' ? [] : [{ id: prefix + id, time, ...figure }];
  });
}

function heading(flights: readonly Flight[], i: number): Markup {
  const { scenario } = flights[i]!.header;
  if (flights.length === 1) return html`<h1>${scenario}</h1>`;
  return html`<h2 id="flight-${i}">${flightNames(flights)[i]!}</h2>
    <p class="meta"><span>${scenario}</span></p>`;
}

function comparison(flights: readonly Flight[]): Markup {
  const scenarios = [...new Set(flights.map((flight) => flight.header.scenario))];
  return html`<h1>${scenarios.length === 1 ? scenarios[0]! : 'Flights'} compared</h1>
    <p class="meta"><span>${flights.length} flights</span></p>
    <div style="margin-top:24px">${comparisonTable(flights)}</div>
    <div class="charts">${figureOf(overlayChart(flights), 'all-')}</div>`;
}

function verdictMark(flights: readonly Flight[]): string {
  const marks = flights.map((flight) => verdictOf(flight).mark);
  return marks.includes('✗') ? '✗' : marks.includes('○') ? '○' : '✓';
}
