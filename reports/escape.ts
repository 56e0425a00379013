/**
 * The one place where foreign text becomes HTML, JSON inside HTML, chart labels or terminal text.
 * Markup is built with the `html` tag only, so whatever is not markup already gets escaped.
 */

/** HTML that is known to be safe. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content and quoted attributes; control characters become visible. */
function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** @example html`<td>${runner.id}</td>` */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = strings[0]!;
  parts.forEach((part, i) => (markup += markupOf(part) + strings[i + 1]!));
  return { markup };
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

/** A label inside a chart: plotly reads a little HTML there, links included. */
export function chartText(text: string, limit = 28): string {
  return escapeHtml(shorten(text, limit));
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
