/** One flight as HTML: verdict and SLO first, then what flew, counts, charts and runners. */
import { attemptsChart, effortChart, throughputChart } from './charts/throughput.js';
import { bandsOf, type Chart } from './charts/figure.js';
import { latencyOverTimeChart, percentileChart } from './charts/latency.js';
import { loadMapChart, runnersChart } from './charts/load.js';
import { html, shorten, type Markup } from './escape.js';
import type { Flight } from './flight.js';
import {
  formatCount,
  formatMs,
  formatNumber,
  formatSeconds,
  formatShare,
  unitOf,
} from './format.js';
import { fewSamples, verdictOf } from './verdict.js';

const NOTHING: Markup = html``;
const OUTCOMES = ['ok', 'failed', 'refused', 'expired', 'canceled'] as const;

/** All charts of one flight, in reading order. */
export function chartsOf(flight: Flight): readonly Chart[] {
  return [
    percentileChart([flight], ['latency']),
    latencyOverTimeChart(flight),
    throughputChart(flight),
    attemptsChart(flight),
    effortChart(flight),
    runnersChart(flight),
    loadMapChart(flight),
  ];
}

/** @param prefix Makes the ids of the charts unique in the page. */
export function flightSection(flight: Flight, prefix: string, title: Markup): Markup {
  return html`<section>
    ${title} ${metaLine(flight)} ${verdictBanner(flight)} ${sloTable(flight)}
    ${troubleList('Broken laws', flight.end.violations, flight.trouble.violations)}
    ${troubleList('Calls that never ended', flight.end.stuck, flight.trouble.stuck)}
    ${tiles(flight)}
    <div class="columns">
      <div>${whatFlew(flight)}</div>
      <div>${countsTable(flight)}</div>
    </div>
    ${faultList(flight)}
    <div class="charts">${chartsOf(flight).map((chart) => figureOf(chart, prefix))}</div>
    ${runnersTable(flight)}
  </section>`;
}

function metaLine({ header, result }: Flight): Markup {
  const parts = [
    header.on === 'sim' ? 'simulated' : 'real gRPC',
    `placer ${header.placer}`,
    `seed ${header.seed}`,
    `digest ${result.digest ?? 'none on gRPC'}`,
    `commit ${shorten(header.commit, 12)}`,
    `windtunnel ${header.windtunnel}`,
    `node ${header.node}`,
  ];
  return html`<p class="meta">${parts.map((part) => html`<span>${part}</span>`)}</p>`;
}

function verdictBanner(flight: Flight): Markup {
  const { kind, mark, text } = verdictOf(flight);
  return html`<p class="verdict ${kind}"><span>${mark}</span><span>${text}</span></p>`;
}

function sloTable({ result }: Flight): Markup {
  if (result.slo.length === 0) return NOTHING;
  return html`<div class="scroll">
    <table class="wide slo">
      <thead>
        <tr>
          <th>SLO</th>
          <th class="number">limit</th>
          <th class="number">measured</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${result.slo.map(({ metric, limit, value, ok }) => {
          const measured = value === null ? 'no value' : `${value}${unitOf(metric)}`;
          const limitText = limit.replace(/<=/g, '≤').replace(/>=/g, '≥') + unitOf(metric);
          return html`<tr>
            <th scope="row">${metric}</th>
            <td class="number">${limitText}</td>
            <td class="number">${measured}</td>
            <td class="number ${ok ? 'good' : 'bad'}">
              ${ok ? '✓' : '✗'} <span class="word">${ok ? 'met' : 'missed'}</span>
            </td>
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}

function troubleList(title: string, lines: readonly string[], count: number): Markup {
  if (count === 0) return NOTHING;
  const rest = count - lines.length;
  const more = rest > 0 ? html`<p class="note">… and ${formatCount(rest)} more</p>` : NOTHING;
  return html`<div class="trouble">
    <h3>${title} (${formatCount(count)})</h3>
    <pre>${lines.join('\n')}</pre>
    ${more}
  </div>`;
}

function tiles(flight: Flight): Markup {
  const { calls, latencyMs, goodputPerSec, attempts } = flight.result;
  const entries = [
    [formatCount(calls.offered), 'calls offered'],
    [formatShare(calls.ok, calls.offered), 'ok'],
    [formatMs(latencyMs.p50), 'p50'],
    [formatMs(latencyMs.p99), 'p99'],
    [formatMs(latencyMs.p999), 'p99.9'],
    [formatMs(latencyMs.max), 'slowest'],
    [formatNumber(goodputPerSec), 'ok a second'],
    [formatNumber(attempts.perCall), 'attempts/call'],
  ] as const;
  const few = fewSamples(flight.percentiles.n);
  return html`<ul class="tiles">
      ${entries.map(([value, label]) => html`<li><b>${value}</b><span>${label}</span></li> `)}
    </ul>
    ${few === '' ? NOTHING : html`<p class="note">${few}</p>`}`;
}

function whatFlew({ header, result }: Flight): Markup {
  const flown = `${formatSeconds(result.virtualMs)} flown in ${formatSeconds(result.wallMs)}.`;
  return html`<h3>What flew</h3>
    <ul class="plain words">
      ${[...header.words, flown].map((word) => html`<li>${word}</li>`)}
    </ul>
    <h3 class="next">Fly it again</h3>
    <pre class="replay">${header.replay}</pre>`;
}

function countsTable({ header, result }: Flight): Markup {
  const { calls, attempts } = result;
  const row = (label: string, value: string, share: string): Markup =>
    html`<tr>
      <th scope="row">${label}</th>
      <td class="number">${value}</td>
      <td class="number">${share}</td>
    </tr> `;
  const perOk = `${formatNumber(attempts.perOk)} an ok call`;
  const planned = header.calls === calls.offered ? '' : `of ${formatCount(header.calls)} planned`;
  return html`<h3>Calls</h3>
    <table class="wide counts">
      <tbody>
        ${row('offered', formatCount(calls.offered), planned)}
        ${OUTCOMES.map((outcome) =>
          row(outcome, formatCount(calls[outcome]), formatShare(calls[outcome], calls.offered)),
        )}
        ${row('attempts', formatCount(attempts.total), perOk)}
        ${row('NACKs', formatCount(attempts.nacks), formatShare(attempts.nacks, attempts.total))}
      </tbody>
    </table>`;
}

/** Bands listed by number; beyond this many the charts show them without numbers too. */
const LISTED_MAX = 24;

function faultList(flight: Flight): Markup {
  const bands = bandsOf(flight.faults);
  if (bands.length === 0) return NOTHING;
  const rest = bands.length - LISTED_MAX + flight.faultsOmitted;
  const rows = bands.slice(0, LISTED_MAX).map(({ fault, targets, fromMs, untilMs }, i) => {
    const lasted =
      untilMs === Number.POSITIVE_INFINITY
        ? 'to the end'
        : untilMs > fromMs
          ? `for ${formatSeconds(untilMs - fromMs)}`
          : 'an instant';
    return html`<tr>
      <td>${i + 1}</td>
      <th scope="row">${shorten(fault, 60)}</th>
      <td>${shorten(targets.join(', '), 120)}</td>
      <td class="number">at ${formatSeconds(fromMs)}</td>
      <td class="number">${lasted}</td>
    </tr> `;
  });
  const more = rest > 0 ? html`<p class="note">… and ${formatCount(rest)} more</p>` : NOTHING;
  return html`<h3>Faults</h3>
    <div class="scroll">
      <table class="wide faults">
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${more}`;
}

/** The element a chart is drawn into, with its height kept so that the page does not jump. */
export function figureOf(chart: Chart, prefix: string): Markup {
  const { figure, heightPx, half } = chart;
  const body =
    typeof figure === 'string'
      ? html`<div class="empty">${figure}</div>`
      : html`<div class="plot" id="${prefix}${chart.id}" style="height:${heightPx}px">
          <noscript>Charts need JavaScript; the tables do not.</noscript>
        </div>`;
  return html`<figure class="${half === true ? 'half' : 'full'}">
    <h3>${chart.title}</h3>
    ${body}
    ${typeof figure === 'string' ? NOTHING : html`<figcaption>${chart.caption}</figcaption>`}
  </figure> `;
}

function runnersTable({ result, header }: Flight): Markup {
  const slotsOf = new Map(header.runners.map(({ id, slots }) => [id, slots]));
  const rows = result.runners.map(({ id, calls, nacks, utilization }) => {
    const busy = utilization === null ? '–' : formatShare(utilization, 1);
    return html`<tr>
      <th scope="row">${id}</th>
      <td class="number">${slotsOf.get(id) ?? '–'}</td>
      <td class="number">${formatCount(calls)}</td>
      <td class="number">${formatCount(nacks)}</td>
      <td class="number">${busy}</td>
    </tr> `;
  });
  return html`<details>
    <summary>Runners (${formatCount(rows.length)})</summary>
    <div class="scroll">
      <table class="wide runners">
        <thead>
          <tr>
            <th>runner</th>
            <th class="number">slots</th>
            <th class="number">calls</th>
            <th class="number">NACKs</th>
            <th class="number">busy</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}
