/** Rows as cells of text, for the document and for the page. */
import type { Row } from './row.js';

export const COLUMNS = ['', 'theory', 'measured', 'apart', 'may be', 'samples', ''] as const;

/** Five figures: more is noise. */
const figures = (value: number): string => String(Number(value.toPrecision(5)));

/** Of the figure; of none, as it is. */
function share(value: number, of: number): string {
  return of === 0 ? figures(value) : `${((100 * value) / of).toFixed(2)} %`;
}

export function cellsOf(row: Row): string[] {
  const { parameters, what, theory, measured, tolerance, count, holds } = row;
  return [
    `${parameters}: ${what}`,
    figures(theory),
    figures(measured),
    share(measured - theory, theory),
    share(tolerance, theory),
    count.toLocaleString('en').replaceAll(',', ' '),
    holds ? '✓' : '✗',
  ];
}

export function byLaw(rows: readonly Row[]): Map<string, Row[]> {
  const laws = new Map<string, Row[]>();
  for (const row of rows) {
    const of = laws.get(row.law);
    if (of === undefined) laws.set(row.law, [row]);
    else of.push(row);
  }
  return laws;
}

/** As sections of a document: a table for each law. */
export function markdownOf(rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const sections = [...byLaw(rows)].map(([law, of]) => {
    const biases = [
      ...new Set(of.flatMap(({ bias }) => (bias === undefined ? [] : [biasLine(bias)]))),
    ];
    const rule = COLUMNS.map((_, at) => (at === 0 ? '---' : '---:'));
    return [
      `## ${law}`,
      '',
      ...biases.flatMap((text) => [text, '']),
      line(COLUMNS),
      line(rule),
      ...of.map((row) => line(cellsOf(row))),
    ].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

const biasLine = ({ share: part, why }: NonNullable<Row['bias']>): string =>
  `Beside chance they may be ${(100 * part).toFixed(0)} % apart: ${why}.`;
