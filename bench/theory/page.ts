/** The suite as a page: for each law a chart of theory and measurements, and a table of rows. */
import { html, type Markup } from '../../reports/escape.js';
import { axis, layout, type JsonObject } from '../../reports/charts/figure.js';
import { renderPage } from '../../reports/html-page.js';
import { figureOf } from '../../reports/section.js';
import type { Row } from './row.js';
import { cellsOf, COLUMNS, byLaw } from './table.js';

const LINES = ['$line-2', '$line-3', '$line-4', '$line-5', '$line-6', '$line-1'] as const;

export function renderTheory(rows: readonly Row[], about: string, windtunnel: string): string {
  const laws = [...byLaw(rows)];
  const charts = laws.map(([law, of], index) => ({
    id: `law-${index}`,
    title: law,
    caption:
      'Lines: theory. Points: the mean over the seeds, with what it may be off by. ' +
      `${of.filter(({ holds }) => holds).length} of ${of.length} agree.`,
    figure: { data: seriesOf(of), layout: layoutOf() },
    heightPx: 340,
  }));
  const held = rows.filter(({ holds }) => holds).length;
  const kind = held === rows.length ? 'good' : 'bad';
  const mark = held === rows.length ? '✓' : '✗';
  const body = html`<h1>Theory and the lab</h1>
    <p class="meta"><span>${about}</span></p>
    <p class="verdict ${kind}">
      <span>${mark}</span><span>${held} of ${rows.length} rows within their tolerance</span>
    </p>
    ${laws.map(
      ([, of], index) =>
        html`<section>
          <div class="charts">${figureOf(charts[index]!, '')}</div>
          ${tableOf(of)}
        </section>`,
    )}`;
  const figures = charts.map(({ id, figure }) => ({ id, time: '', ...figure }));
  return renderPage({ title: `${mark} Theory and the lab`, windtunnel, body, figures });
}

/** Theory as a line and what was measured as points, for each series of a law. */
function seriesOf(rows: readonly Row[]): JsonObject[] {
  const names = [...new Set(rows.map(({ series }) => series))];
  return names.flatMap((name, index): JsonObject[] => {
    const of = rows.filter(({ series }) => series === name).sort((a, b) => a.x - b.x);
    const color = LINES[index % LINES.length]!;
    const x = of.map((row) => row.x);
    return [
      {
        ...{ type: 'scatter', mode: 'lines', name: `${name}, theory`, x },
        y: of.map(({ theory }) => theory),
        line: { color, width: 1.5 },
      },
      {
        ...{ type: 'scatter', mode: 'markers', name: `${name}, measured`, x },
        y: of.map(({ measured }) => measured),
        error_y: { type: 'data', array: of.map(({ tolerance }) => tolerance), thickness: 1 },
        marker: { color, size: 8, symbol: of.map(({ holds }) => (holds ? 'circle-open' : 'x')) },
        text: of.map(({ parameters }) => parameters),
        hovertemplate: '%{text}: %{y:.5~g}',
      },
    ];
  });
}

function layoutOf(): JsonObject {
  return layout({
    hovermode: 'closest',
    xaxis: axis('load'),
    yaxis: axis('', { rangemode: 'tozero' }),
  });
}

function tableOf(rows: readonly Row[]): Markup {
  return html`<div class="scroll">
    <table class="wide">
      <thead>
        <tr>
          ${COLUMNS.map((name, at) => html`<th class="${at === 0 ? '' : 'number'}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cellsOf(row).map(
                (cell, at) => html`<td class="${at === 0 ? '' : 'number'}">${cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
