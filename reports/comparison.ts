/** Several flights side by side: their names, and a table of how they differ. */
import { differencesOf, methodWords, type Difference, type Side } from './difference.js';
import {
  CHANGE_WORDS,
  changeText,
  intervalText,
  metricLabel,
  metricText,
} from './difference-words.js';
import { html, name, type Markup } from './escape.js';
import { scrolling } from './listing.js';
import type { Flight } from './flight.js';
import { verdictOf, type Verdict } from './verdict.js';

/** What tells the flights apart: only the parts that differ between them. */
export function flightNames(flights: readonly Flight[]): readonly string[] {
  const parts: readonly ((flight: Flight) => string)[] = [
    ({ header }) => header.scenario,
    ({ header }) => header.placer,
    ({ header }) => `seed ${header.seed}`,
    ({ header }) => (header.on === 'sim' ? 'sim' : 'gRPC'),
    ({ header }) => `commit ${header.commit.slice(0, 8)}`,
  ];
  const telling = parts.filter((part) => new Set(flights.map(part)).size > 1);
  return flights.map((flight, i) => {
    const letter = i < 26 ? String.fromCharCode(65 + i) : `#${i + 1}`;
    return [letter, ...telling.map((part) => part(flight))].join(' · ');
  });
}

/** Each flight a side of its own. */
export function sidesOf(flights: readonly Flight[]): readonly Side[] {
  const names = flightNames(flights);
  return flights.map((flight, i) => {
    return { name: names[i] ?? '', results: [flight.result], flights: [flight] };
  });
}

/** The worst of a side's flights; of a mere result only its limits are known. */
export function verdictOfSide({ results, flights }: Side): Pick<Verdict, 'kind' | 'mark'> {
  if (flights.length > 0) {
    const verdicts = flights.map(verdictOf);
    const kinds = ['broken', 'stuck', 'missed', 'unjudged', 'met'];
    return verdicts.reduce((a, b) => (kinds.indexOf(b.kind) < kinds.indexOf(a.kind) ? b : a));
  }
  const slo = results.flatMap((result) => result.slo);
  if (slo.length === 0) return { kind: 'unjudged', mark: '○' };
  return slo.every(({ ok }) => ok) ? { kind: 'met', mark: '✓' } : { kind: 'missed', mark: '✗' };
}

/** Each metric of each side, how it differs from the first, and whether that is noise. */
export function comparisonTable(sides: readonly Side[]): Markup {
  const [base, ...others] = sides as readonly [Side, ...Side[]];
  const drawn = sides.filter(({ flights }) => flights.length > 0);
  const head = sides.map((side) => {
    const at = drawn.indexOf(side);
    const text = name(side.name);
    const title = at < 0 ? text : html`<a href="#flight-${at}">${text}</a>`;
    return html`<th class="number" scope="col">${title}</th>`;
  });
  const verdicts = sides.map((side) => {
    const { kind, mark } = verdictOfSide(side);
    const tone = kind === 'met' ? 'good' : kind === 'unjudged' ? '' : 'bad';
    return html`<td class="number ${tone}">${mark} ${kind}</td>`;
  });
  const columns = others.map((side) => differencesOf(base, side));
  const rows = columns[0]!.map(({ metric, from }, i) => {
    const cells = columns.map((column) => differenceCell(column[i]!));
    return html`<tr>
      <th scope="row">${metricLabel(metric)}</th>
      <td class="number">${metricText(metric, from.value)}</td>
      ${cells}
    </tr> `;
  });
  const words = new Set(others.flatMap((side) => methodWords(base, side)));
  return html`${scrolling(
      'Comparison',
      html`<table class="wide comparison">
        <caption class="unseen">
          The flights side by side, with changes from the first
        </caption>
        <thead>
          <tr>
            <td></td>
            ${head}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">verdict</th>
            ${verdicts}
          </tr>
          ${rows}
        </tbody>
      </table>`,
    )}
    <p class="note">
      Changes are from the first, with their 95 % intervals; ≈ is what chance alone would do.
      ${[...words].join(' ')}
    </p>`;
}

function differenceCell(difference: Difference): Markup {
  const { metric, to, verdict } = difference;
  const interval = intervalText(difference);
  const range = interval === '' ? html`` : html`<i>${interval}</i> `;
  const by = verdict === 'even' ? '' : `${changeText(difference)} `;
  const tone = verdict === 'better' || verdict === 'worse' ? ` ${verdict}` : '';
  // Short markup, for the cells are many: a comparison of six has a limit of bytes.
  const change = html`<div class="change${tone}">
    ${by}${range}<b>${CHANGE_WORDS[verdict]}</b>
  </div>`;
  return html`<td class="number">${metricText(metric, to.value)}${change}</td> `;
}
