/**
 * The one place where foreign text becomes HTML, JSON inside HTML, chart labels or terminal text.
 * Markup is built with the `html` tag only, so whatever is not markup already gets escaped.
 */

/** HTML that is known to be safe. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const ROW: Markup = { markup: '<tr><th scope=row>' };
const CELL: Markup = { markup: '<td>' };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // By number: plotly knows no name for it.
  '"': '&#34;',
  "'": '&#39;',
};

/** Text for HTML content and quoted attributes; control characters become visible. */
function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** @example html`<td>${runner.id}</td>` */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const own = unindented(strings);
  let markup = own[0]!;
  parts.forEach((part, i) => (markup += markupOf(part) + own[i + 1]!));
  return { markup };
}

const unindentedOf = new WeakMap<TemplateStringsArray, readonly string[]>();

/** How our own markup is indented says nothing to a browser, and a page has thousands of rows. */
function unindented(strings: TemplateStringsArray): readonly string[] {
  let own = unindentedOf.get(strings);
  if (own === undefined) {
    own = strings.map((text) => text.replace(/\n\s*/g, '\n'));
    unindentedOf.set(strings, own);
  }
  return own;
}

/** A row of a long table and its cells; HTML lets their end tags out, half of their bytes. */
export function compactRow(head: Markup, cells: readonly string[]): Markup {
  return html`${ROW}${head}${cells.map((cell) => html`${CELL}${cell}`)}`;
}

function markupOf(part: Part): string {
  if (typeof part === 'object') {
    return 'markup' in part ? part.markup : part.map((each) => each.markup).join('');
  }
  return escapeHtml(String(part));
}

/** Our own style sheets and scripts. Never for text that came from a scenario or a record. */
export function trusted(markup: string): Markup {
  return { markup };
}

/** Data inside `<script type="application/json">`: no text in it can end the script element. */
export function jsonMarkup(data: unknown): Markup {
  const text = JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return { markup: text };
}

/** A longer name would push the page apart without saying more. */
const NAME_MAX = 300;
/** Letters that run from the right, and marks that turn what stands beside them around. */
const TURNS =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const [FIRST_STRONG_ISOLATE, POP_ISOLATE] = ['\u2068', '\u2069'];

/** A name that someone gave, in markup: whatever runs from the right stays within it. */
export function name(text: string, limit = NAME_MAX): Markup {
  return html`<bdi>${balanced(shorten(text, limit))}</bdi>`;
}

/** The same for where no markup is read: the title of a page, a label in a chart. */
export function isolated(text: string): string {
  return TURNS.test(text) ? FIRST_STRONG_ISOLATE + balanced(text) + POP_ISOLATE : text;
}

/** Each isolate is closed, and nothing closes one that is not of this text. */
function balanced(text: string): string {
  let open = 0;
  const kept = text.replace(/[\u2066-\u2069]/g, (mark) => {
    if (mark !== POP_ISOLATE) open++;
    else if (open === 0) return '';
    else open--;
    return mark;
  });
  return kept + POP_ISOLATE.repeat(open);
}

/** A label inside a chart: plotly reads a little HTML there, links included. */
export function chartText(text: string, limit = 28): string {
  return escapeHtml(isolated(shorten(text, limit)));
}

/** What a label inside a chart says, where it is to stand in the page. */
export function textOfChart(label: string): string {
  const plain = label
    .replace(/<br>/g, ', ')
    .replace(/<[^>]*>/g, '')
    .replace(/\u200b/g, '');
  return Object.entries(ENTITIES).reduceRight(
    (text, [char, entity]) => text.replaceAll(entity, char),
    plain,
  );
}

/** Text for a terminal: no control character survives, so no name can move the cursor. */
export function plainText(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** Cuts long names; the whole name stands in the tables. */
export function shorten(text: string, limit: number): string {
  const chars = [...text];
  return chars.length <= limit ? text : `${chars.slice(0, limit - 1).join('')}…`;
}
