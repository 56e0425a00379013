/** Differences between sides as aligned lines of text, and as tables in Markdown. */
import type { Condition, Judged } from './condition.js';
import { conditionText } from './condition.js';
import { differencesOf, methodWords, type Difference, type Side } from './difference.js';
import {
  CHANGE_WORDS,
  changeText,
  intervalText,
  metricLabel,
  metricText,
  signed,
} from './difference-words.js';
import { plainText, shorten } from './escape.js';
import { NAME_MAX, table } from './markdown-table.js';

/** Text to the left, numbers to the right. */
const isText = (column: number): boolean => column === 0 || column > 3;

/** How one condition came out for one side. */
export interface Verdict {
  readonly condition: Condition;
  readonly side: Side;
  readonly judged: Judged;
}

/** For a terminal. */
export function compareText(sides: readonly Side[]): string {
  const [base, ...others] = sides as readonly [Side, ...Side[]];
  const blocks = others.map((side) => {
    const rows = [head(base, side), ...differencesOf(base, side).map(cellsOf)];
    const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
    const lines = rows.map((row) => {
      const cells = row.map((cell, i) => {
        return isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
      });
      return `  ${cells.join('  ')}`.trimEnd();
    });
    return [...lines, ...methodWords(base, side).map((word) => `  ${word}`)].join('\n');
  });
  return `${plainText(blocks.join('\n\n'))}\n`;
}

/** For a comment on a pull request. */
export function compareMarkdown(sides: readonly Side[], verdicts: readonly Verdict[]): string {
  const [base, ...others] = sides as readonly [Side, ...Side[]];
  const blocks = others.map((side) => {
    const rows = [head(base, side), ...differencesOf(base, side).map(cellsOf)].map((row, i) =>
      i === 0 ? row.map((cell) => (/^[A-Z#]/.test(cell) ? code(cell) : cell)) : row,
    );
    const words = methodWords(base, side).map(plain).join(' ');
    return [...table(rows, isText), words, ''].join('\n');
  });
  const failed = verdicts.some(({ judged }) => judged.holds !== false);
  const mark = verdicts.length === 0 ? '' : failed ? '✗ ' : '✓ ';
  const lines = verdicts.map((one) => `- ${plain(verdictText(one))}`);
  const tail = lines.length === 0 ? [] : [...lines, ''];
  return [`### ${mark}Comparison`, '', ...tail, ...blocks].join('\n');
}

/** One line: what was asked, what was found, and how sure that is. */
export function verdictText({ condition, side, judged }: Verdict): string {
  const { metric, of, limit } = condition;
  const { holds, value, interval, noise } = judged;
  const asked = `fail if ${conditionText(condition)}`;
  const name = side.name.split(' ')[0]!;
  if (holds === null || value === null) return `? ${asked}: ${name} has nothing to judge it by`;
  const show = (x: number): string =>
    of === 'value' ? metricText(metric, x) : `${signed(x)}${of === 'percent' ? '\u202f%' : ''}`;
  const range = interval === null ? '' : ` (95 %: ${show(interval[0])} … ${show(interval[1])})`;
  const near = interval !== null && interval[0] <= limit && limit <= interval[1];
  const sure =
    noise === null
      ? ', nothing says how sure that is'
      : noise && of !== 'value'
        ? ', within noise'
        : near
          ? ', within noise of the limit'
          : '';
  return `${holds ? '✗' : '✓'} ${asked}: ${name} ${show(value)}${range}${sure}`;
}

function head(base: Side, side: Side): readonly string[] {
  return ['', base.name, side.name, 'change', '95 %', ''].map((cell) => shorten(cell, NAME_MAX));
}

function cellsOf(difference: Difference): readonly string[] {
  const { metric, from, to, verdict } = difference;
  return [
    metricLabel(metric),
    metricText(metric, from.value),
    metricText(metric, to.value),
    changeText(difference),
    intervalText(difference),
    CHANGE_WORDS[verdict],
  ];
}

/** Foreign text that is a span of code, which it cannot end, nor the cell that it stands in. */
function code(text: string): string {
  const line = plainText(text).replace(/\s+/g, ' ').replaceAll('`', 'ˋ').replaceAll('|', '\\|');
  return `\`${line}\``;
}

/** Foreign names may stand in it: no mention, link, tag or cell comes of them. */
function plain(text: string): string {
  return plainText(text).replace(/[\\`*_[\]<>#|@]/g, (char) => `&#${char.charCodeAt(0)};`);
}
