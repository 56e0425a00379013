/** What a long table of a report is in: a region that scrolls, and a word on what is left out. */
import { html, type Markup } from './escape.js';
import { formatCount } from './format.js';

/** @param label For screen readers, and whoever comes by keyboard. */
export function scrolling(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}

/** A note of how many are not shown; nothing where all are. */
export function andMore(rest: number): Markup {
  return rest > 0 ? html`<p class="note">… and ${formatCount(rest)} more</p>` : html``;
}
