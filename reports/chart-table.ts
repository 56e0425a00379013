/**
 * The table behind a chart: the same figure as rows of text, for those who cannot see the drawing,
 * or want its numbers. It stands in the page itself, so it needs no script; what has more rows than
 * one reads is thinned, and says so. It knows plotly's data, not what a chart is about.
 */
import type { Chart, Figure, Json, JsonObject } from './charts/figure.js';
import { compactRow, html, textOfChart, type Markup } from './escape.js';
import { scrolling } from './listing.js';

/** Rows at even distances; those with the highest value of a column come on top. */
const ROWS_MAX = 24;
/** Columns of a map, at even distances. */
const COLUMNS_MAX = 10;
const NONE = '–';

export interface ChartTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows, and columns of a map, before thinning. */
  readonly whole: { readonly rows: number; readonly columns: number };
}

/** Nothing for a chart without a figure. */
export function tableBehind(chart: Chart): Markup {
  const { figure, title } = chart;
  if (typeof figure === 'string') return html``;
  const { head, rows, whole } = chartTable(chart, figure);
  const values = titleOf(figure.layout, 'yaxis');
  const notes = [
    rows.length < whole.rows ? `${rows.length} of ${whole.rows} rows` : '',
    head.length - 1 < whole.columns ? `${head.length - 1} of ${whole.columns} columns` : '',
  ].filter((note) => note !== '');
  const note = notes.length === 0 ? '' : `: ${notes.join(', ')}; the chart has all`;
  const body = rows.map(([first = '', ...cells]) => {
    return compactRow(html`${first}`, cells);
  });
  return html`<details class="data">
    <summary>Show as a table<span class="unseen">: ${title}</span></summary>
    ${scrolling(
      `${title}, as a table`,
      html`<table>
        <caption>
          ${title}${values === '' || isMap(figure) ? '' : `, ${values}`}${note}
        </caption>
        <thead>
          <tr>
            ${head.map((text) => html`<th scope="col">${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>`,
    )}
  </details>`;
}

/** The rows that stand for a figure. */
export function chartTable(chart: Chart, figure: Figure): ChartTable {
  return isMap(figure) ? mapTable(chart, figure) : seriesTable(chart, figure);
}

const isMap = ({ data }: Figure): boolean => data[0]?.['type'] === 'heatmap';

function seriesTable(chart: Chart, { data: traces, layout }: Figure): ChartTable {
  // Edges of a band that is not pointed at are a look, not figures of their own.
  const data = traces.filter(({ hoverinfo }) => hoverinfo !== 'skip');
  const lying = data[0]?.['orientation'] === 'h';
  const axis = lying ? 'yaxis' : 'xaxis';
  const labels = ticksOf(layout, axis);
  const byKey = new Map<Json, (number | null)[]>();
  data.forEach((trace, column) => {
    const keys = listOf(trace[lying ? 'y' : 'x']);
    const values = listOf(trace[lying ? 'x' : 'y']);
    // The last point of a step line only ends its last step.
    const count = isStep(trace) ? keys.length - 1 : keys.length;
    for (let i = 0; i < count; i++) {
      const cells = byKey.get(keys[i]!) ?? data.map(() => null);
      cells[column] = numberOf(values[i]);
      byKey.set(keys[i]!, cells);
    }
  });
  const rows = [...byKey].sort(([a], [b]) => Number(a) - Number(b));
  const name = (key: Json): string => {
    if (typeof key === 'number' && chart.rows?.nameOf !== undefined) return chart.rows.nameOf(key);
    return labels.get(key) ?? textOf(key);
  };
  const peaks = data.map((_, column) => highest(rows.map(([, cells]) => cells[column] ?? null)));
  const several = layout['yaxis2'] !== undefined;
  const columns = data.map((trace) => {
    const unit = several ? titleOf(layout, axisOf(trace)) : '';
    return unit === '' ? nameOf(trace) : `${nameOf(trace)} (${unit})`;
  });
  return {
    head: [chart.rows?.head ?? (titleOf(layout, axis) || 'row'), ...columns],
    rows: picked(rows.length, ROWS_MAX, peaks).map((i) => {
      const [key, cells] = rows[i]!;
      return [name(key), ...cells.map(textOf)];
    }),
    whole: { rows: rows.length, columns: data.length },
  };
}

function mapTable(chart: Chart, { data, layout }: Figure): ChartTable {
  const { x = [], y = [], z = [] } = data[0]!;
  const [across, down, grid] = [listOf(x), listOf(y), listOf(z).map(listOf)];
  const peaks = grid.map((row) => highest(row.map(numberOf)));
  const peak = highest(grid.map((row, i) => numberOf(row[peaks[i]!])));
  const columns = picked(grid[0]?.length ?? 0, COLUMNS_MAX, [peaks[peak] ?? 0]);
  const name = (i: number): string => {
    const from = textOf(down[i]);
    return down.length > grid.length ? `${from}–${textOf(down[i + 1])}` : from;
  };
  const head = chart.rows?.head ?? (titleOf(layout, 'yaxis') || 'row');
  const unit = titleOf(layout, 'xaxis').replace(/^.*, /, '');
  return {
    head: [head, ...columns.map((i) => `${textOf(across[i])} ${unit}`)],
    rows: picked(grid.length, ROWS_MAX, [peak]).map((i) => {
      return [name(i), ...columns.map((column) => textOf(grid[i]![column]))];
    }),
    whole: { rows: grid.length, columns: grid[0]?.length ?? 0 },
  };
}

/** At most `most` indices at even distances, first and last among them, and some more. */
function picked(count: number, most: number, more: readonly number[]): readonly number[] {
  const chosen = new Set<number>(more.filter((i) => i < count));
  const shown = Math.min(count, most);
  for (let k = 0; k < shown; k++) {
    chosen.add(shown === 1 ? 0 : Math.round((k * (count - 1)) / (shown - 1)));
  }
  return [...chosen].sort((a, b) => a - b);
}

function highest(values: readonly (number | null)[]): number {
  const at = (i: number): number => values[i] ?? Number.NEGATIVE_INFINITY;
  return values.reduce((best: number, _, i) => (at(i) > at(best) ? i : best), 0);
}

function nameOf({ name, hovertemplate }: JsonObject): string {
  // The edges of a band share the name of the band; the hover label tells them apart.
  const says = /^([a-z][a-z0-9]*) %\{/.exec(typeof hovertemplate === 'string' ? hovertemplate : '');
  return says?.[1] ?? textOf(name);
}

function ticksOf(layout: JsonObject, axis: string): ReadonlyMap<Json, string> {
  const { tickvals = [], ticktext = [] } = objectOf(layout[axis]);
  const texts = listOf(ticktext);
  return new Map(listOf(tickvals).map((value, i) => [value, textOf(texts[i])]));
}

/** `yaxis2` for a trace on `y2`. */
function axisOf({ yaxis }: JsonObject): string {
  return typeof yaxis === 'string' ? yaxis.replace('y', 'yaxis') : 'yaxis';
}

function titleOf(layout: JsonObject, axis: string): string {
  const { text } = objectOf(objectOf(layout[axis])['title']);
  return typeof text === 'string' ? textOfChart(text).replace(' (rarer →)', '') : '';
}

function isStep({ line }: JsonObject): boolean {
  return objectOf(line)['shape'] === 'hv';
}

/** Six digits: more than a chart shows. */
function textOf(value: Json | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return textOfChart(typeof value === 'string' ? value : JSON.stringify(value));
}

const numberOf = (value: Json | undefined): number | null =>
  typeof value === 'number' ? value : null;

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function objectOf(value: Json | undefined): JsonObject {
  const is = typeof value === 'object' && value !== null && !Array.isArray(value);
  return is ? (value as JsonObject) : {};
}
