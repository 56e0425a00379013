/** One flight as HTML: verdict and SLO first, then what flew, counts, charts and runners. */
import { attemptsChart, effortChart, throughputChart } from './charts/throughput.js';
import { bandsOf, type Chart } from './charts/figure.js';
import { latencyOverTimeChart, percentileChart } from './charts/latency.js';
import { latencyMapChart } from './charts/latency-map.js';
import { loadMapChart, runnersChart } from './charts/load.js';
import { loadSpreadChart } from './charts/load-spread.js';
import { phasesChart } from './charts/phases.js';
import { waitingChart } from './charts/waiting.js';
import { tableBehind } from './chart-table.js';
import { html, name, shorten, type Markup } from './escape.js';
import { andMore, scrolling } from './listing.js';
import type { Flight } from './flight.js';
import { formatCount, formatMs, formatNumber, formatSeconds, formatShare } from './format.js';
import { runnersTable } from './runners-table.js';
import { sloTable } from './slo-table.js';
import { fewSamples, verdictOf } from './verdict.js';
import { waterfalls } from './waterfall.js';

const NOTHING: Markup = html``;
/** A sentence of what flew, and all lines of trouble, may be that long. */
const [WORD_MAX, TROUBLE_MAX] = [1000, 10_000];
const OUTCOMES = ['ok', 'failed', 'refused', 'expired', 'canceled'] as const;

/** All charts of one flight, in reading order. */
export function chartsOf(flight: Flight): readonly Chart[] {
  return [
    percentileChart([flight], ['latency']),
    phasesChart(flight),
    latencyOverTimeChart(flight),
    latencyMapChart(flight),
    throughputChart(flight),
    waitingChart(flight),
    attemptsChart(flight),
    effortChart(flight),
    runnersChart(flight),
    loadMapChart(flight),
    loadSpreadChart(flight),
  ];
}

/**
 * @param charts Those of `chartsOf`, which the page draws too.
 * @param prefix Makes the ids of the charts unique in the page.
 * @param flights How many are on the page.
 */
export function flightSection(
  flight: Flight,
  charts: readonly Chart[],
  prefix: string,
  title: Markup,
  flights: number,
): Markup {
  return html`<section>
    ${title} ${metaLine(flight)} ${verdictBanner(flight)} ${sloTable(flight)}
    ${troubleList('Broken laws', flight.end.violations, flight.trouble.violations)}
    ${troubleList('Calls that never ended', flight.end.stuck, flight.trouble.stuck)}
    ${tiles(flight)}
    <div class="columns">
      <div>${whatFlew(flight, prefix)}</div>
      <div>${countsTable(flight)}</div>
    </div>
    ${faultList(flight)}
    <div class="charts">${charts.map((chart) => figureOf(chart, prefix))}</div>
    ${waterfalls(flight.stories, flights)} ${runnersTable(flight)}
  </section>`;
}

/** Who flew what, with what: enough to tell this flight from any other. */
function metaLine({ header, result }: Flight): Markup {
  const facts: readonly (readonly [term: string, value: string])[] = [
    ['flown on', header.on === 'sim' ? 'simulator' : 'real gRPC'],
    ['placer', header.placer],
    ['seed', String(header.seed)],
    ['digest', result.digest ?? 'none on gRPC'],
    ['commit', shorten(header.commit, 12)],
    ['windtunnel', header.windtunnel],
    ['Node', header.node],
  ];
  return html`<dl class="meta">
    ${facts.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${name(value)}</dd>
        </div> `,
    )}
  </dl>`;
}

function verdictBanner(flight: Flight): Markup {
  const { kind, mark, text } = verdictOf(flight);
  return html`<p class="verdict ${kind}"><span>${mark}</span><span>${text}</span></p>`;
}

function troubleList(title: string, lines: readonly string[], count: number): Markup {
  if (count === 0) return NOTHING;
  const rest = count - lines.length;
  return html`<div class="trouble">
    <h3>${title} (${formatCount(count)})</h3>
    <pre>${name(lines.join('\n'), TROUBLE_MAX)}</pre>
    ${andMore(rest)}
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

function whatFlew({ header, result }: Flight, prefix: string): Markup {
  const flown = `${formatSeconds(result.virtualMs)} flown in ${formatSeconds(result.wallMs)}.`;
  return html`<h3>What flew</h3>
    <ul class="plain words">
      ${[...header.words, flown].map((word) => html`<li>${name(word, WORD_MAX)}</li>`)}
    </ul>
    <h3 class="next">Fly it again</h3>
    ${replayLine(header.replay, `${prefix}replay`)}`;
}

/** Without a script there is no button, and the line can be selected as any text. */
function replayLine(replay: string, id: string): Markup {
  return html`<pre class="replay" id="${id}" tabindex="-1">${name(replay, replay.length)}</pre>
    <p class="copying">
      <button type="button" class="copy" data-copies="${id}" hidden>
        Copy<span class="unseen"> the replay command</span>
      </button>
      <span class="note" role="status"></span>
    </p>`;
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
      <caption class="unseen">
        Calls by outcome, attempts and NACKs
      </caption>
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
      <th scope="row">${name(fault, 60)}</th>
      <td>${name(targets.join(', '), 120)}</td>
      <td class="number">at ${formatSeconds(fromMs)}</td>
      <td class="number">${lasted}</td>
    </tr> `;
  });
  return html`<h3>Faults</h3>
    ${scrolling(
      'Faults',
      html`<table class="wide faults">
        <caption class="unseen">
          Faults: number, kind, runners hit, when, how long
        </caption>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
    )}
    ${andMore(rest)}`;
}

/** The element a chart is drawn into, with its height kept so that the page does not jump. */
export function figureOf(chart: Chart, prefix: string): Markup {
  const { figure, heightPx, half, title, caption } = chart;
  const id = `${prefix}${chart.id}`;
  const size = half === true ? 'half' : 'full';
  if (typeof figure === 'string') {
    return html`<figure class="${size}" role="group" aria-labelledby="${id}-title">
      <h3 id="${id}-title">${title}</h3>
      <div class="empty">${figure}</div>
    </figure> `;
  }
  return html`<figure class="${size}" role="group" aria-labelledby="${id}-title">
    <h3 id="${id}-title">${title}</h3>
    <div
      class="plot"
      id="${id}"
      role="img"
      aria-labelledby="${id}-title"
      aria-describedby="${id}-caption"
      tabindex="-1"
      style="height:${heightPx}px"
    >
      <noscript>Charts need JavaScript; the tables do not.</noscript>
    </div>
    <figcaption id="${id}-caption">${caption}</figcaption>
    ${tableBehind(chart)}
  </figure> `;
}
