import { describe, expect, it } from 'vitest';
import { chartTable, tableBehind } from './chart-table.js';
import type { Chart, Figure, JsonObject } from './charts/figure.js';
import { createCollector } from './collector.js';
import { chartsOf } from './section.js';
import { sampleFlight, type Sample } from './sample.test-support.js';

const ROWS_MOST = 40;

function collect({ header, events, end }: Sample) {
  const collector = createCollector(header);
  for (const event of events) collector.event(event);
  return collector.land(end);
}

function chart(data: readonly JsonObject[], more: Partial<Chart> = {}): Chart & { figure: Figure } {
  const layout = { xaxis: { title: { text: 'time, s' } }, yaxis: { title: { text: 'calls' } } };
  const texts = { id: 'c', title: 'A chart', caption: '', heightPx: 100 };
  return { ...texts, ...more, figure: { data, layout } };
}

const table = (one: Chart & { figure: Figure }) => chartTable(one, one.figure);

/** All numbers of all traces, as a table writes them. */
function valuesOf({ data }: Figure): ReadonlySet<string> {
  const all = data.flatMap(({ x, y, z }) => [x, y, z].flat(2) as unknown[]);
  const numbers = all.filter((value) => typeof value === 'number');
  return new Set(numbers.map((value) => String(Number(value.toPrecision(6)))));
}

describe('the table behind a chart', () => {
  const flights = [
    sampleFlight({ calls: 10, seconds: 1 }),
    sampleFlight({ calls: 3000, seconds: 15 }),
    sampleFlight({ calls: 2000, seconds: 60, runners: 150 }),
  ].map(collect);

  it('has values of its figure alone, in as many columns as its head, and few rows', () => {
    for (const one of flights.flatMap(chartsOf)) {
      const { figure, id } = one;
      if (typeof figure === 'string') continue;
      const { head, rows } = chartTable(one, figure);
      const known = valuesOf(figure);
      expect(rows.length, id).toBeGreaterThan(0);
      expect(rows.length, id).toBeLessThanOrEqual(ROWS_MOST);
      for (const [first, ...cells] of rows) {
        expect(first, id).not.toBe('');
        expect(cells.length, id).toBe(head.length - 1);
        for (const cell of cells)
          expect(cell === '–' || known.has(cell), `${id} ${cell}`).toBe(true);
      }
    }
  });

  it('has the highest value of each trace, however many rows are left out', () => {
    for (const one of flights.flatMap(chartsOf)) {
      const { figure, id } = one;
      if (typeof figure === 'string' || figure.data[0]!['type'] === 'heatmap') continue;
      const { rows } = chartTable(one, figure);
      figure.data.forEach((trace, i) => {
        const lying = trace['orientation'] === 'h';
        const values = ((lying ? trace['x'] : trace['y']) as (number | null)[]).map(Number);
        const cells = rows.map((row) => Number(row[i + 1]!.replace('–', '0')));
        expect(Math.max(...cells), id).toBe(Number(Math.max(...values).toPrecision(6)));
      });
    }
  });

  it('says how many rows it leaves out', () => {
    const x = Array.from({ length: 500 }, (_, i) => i);
    const { markup } = tableBehind(chart([{ type: 'scatter', name: 'a', x, y: x }]));
    expect(markup).toContain('A chart, calls: 24 of 500 rows; the chart has all');
  });

  it('lays traces of different instants side by side, in order', () => {
    const lines = chart([
      { type: 'scatter', name: 'a', x: [0, 2], y: [1, null] },
      { type: 'scatter', name: '&lt;b&gt;', x: [1, 2], y: [3, 4] },
    ]);
    expect(table(lines)).toMatchObject({
      head: ['time, s', 'a', '<b>'],
      rows: [
        ['0', '1', '–'],
        ['1', '–', '3'],
        ['2', '–', '4'],
      ],
    });
  });

  it('ends a step line with its last step', () => {
    const steps = { type: 'scatter', name: 'a', x: [0, 1, 1.5], y: [5, 6, 6] };
    const { rows } = table(chart([{ ...steps, line: { shape: 'hv' } }]));
    expect(rows).toEqual([
      ['0', '5'],
      ['1', '6'],
    ]);
  });

  it('names the rows of a map by their label or by their edges', () => {
    const z = [
      [1, null],
      [3, 4],
    ];
    const named = chart([{ type: 'heatmap', x: [0, 1, 2], y: ['r1', 'r2'], z }]);
    expect(table(named)).toMatchObject({
      head: ['calls', '0 s', '1 s'],
      rows: [
        ['r1', '1', '–'],
        ['r2', '3', '4'],
      ],
    });
    const edges = chart([{ type: 'heatmap', x: [0, 1, 2], y: [1, 10, 100], z }]);
    expect(table(edges).rows.map(([first]) => first)).toEqual(['1–10', '10–100']);
  });

  it('is none where there is nothing to draw', () => {
    expect(tableBehind({ ...chart([]), figure: 'No call came in.' }).markup).toBe('');
  });
});
