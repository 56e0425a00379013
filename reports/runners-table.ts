/** Each runner of a flight as a row: what it was offered and what it did. Charts show the same. */
import { compactRow, html, name, type Markup } from './escape.js';
import type { Flight } from './flight.js';
import { formatCount, formatShare } from './format.js';
import { andMore, scrolling } from './listing.js';

/** A fleet of thousands would be most of the page; the result has all of them. */
const ROWS_MAX = 500;

export function runnersTable({ result, header }: Flight): Markup {
  const { runners } = result;
  const slotsOf = new Map(header.runners.map(({ id, slots }) => [id, slots]));
  const rows = runners.slice(0, ROWS_MAX).map(({ id, calls, nacks, utilization }) => {
    const busy = utilization === null ? '–' : formatShare(utilization, 1);
    const slots = String(slotsOf.get(id) ?? '–');
    return compactRow(name(id), [slots, formatCount(calls), formatCount(nacks), busy]);
  });
  const rest = runners.length - rows.length;
  return html`<details class="listing">
    <summary>Runners (${formatCount(runners.length)})</summary>
    ${scrolling(
      'Runners',
      html`<table class="wide runners">
        <caption class="unseen">
          Each runner: slots, calls it executed, attempts it NACKed, busy share of its slots
        </caption>
        <thead>
          <tr>
            <th scope="col">runner</th>
            <th scope="col" class="number">slots</th>
            <th scope="col" class="number">calls</th>
            <th scope="col" class="number">NACKs</th>
            <th scope="col" class="number">busy</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
    )}
    ${andMore(rest)}
  </details>`;
}
