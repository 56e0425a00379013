/**
 * Flights as a comment on a pull request: verdict, limits, figures, and a replay. Foreign
 * text stands in code spans only, where no name is a link, a mention or markup.
 */
import { flightNames } from './comparison.js';
import { plainText, shorten } from './escape.js';
import type { Flight } from './flight.js';
import { formatCount, formatMs, formatNumber, formatShare, unitOf } from './format.js';
import { NAME_MAX, table } from './markdown-table.js';
import { fewSamples, verdictOf } from './verdict.js';

const TROUBLE_MAX = 5;

export function renderMarkdown(flights: readonly Flight[]): string {
  const names = flightNames(flights);
  return flights
    .map((flight, i) => summaryOf(flight, flights.length === 1 ? '' : ` ${code(names[i] ?? '')}`))
    .join('\n');
}

function summaryOf(flight: Flight, name: string): string {
  const { header, result, end, trouble, percentiles } = flight;
  const { mark, text } = verdictOf(flight);
  const digest = result.digest === null ? 'no digest on gRPC' : `digest ${code(result.digest)}`;
  const few = fewSamples(percentiles.n);
  const flown = `placer ${code(header.placer)}, seed ${header.seed}, ${digest}`;
  return [
    `### ${mark} ${code(header.scenario)}${name}: ${text}`,
    '',
    ...sloTable(flight),
    ...table([['', ''], ...figuresOf(flight)]),
    ...(few === '' ? [] : [few, '']),
    ...[...end.violations, ...end.stuck].slice(0, TROUBLE_MAX).map((line) => `- ${code(line)}`),
    ...(trouble.violations + trouble.stuck > 0 ? [''] : []),
    `${header.on === 'sim' ? 'Simulated' : 'Real gRPC'}, ${flown}. To fly it again:`,
    '',
    ...fenced(header.replay),
    '',
  ].join('\n');
}

function sloTable({ result }: Flight): readonly string[] {
  if (result.slo.length === 0) return [];
  const rows = result.slo.map(({ metric, limit, value, ok }) => {
    const unit = unitOf(metric);
    const measured = value === null ? 'no value' : `${value}${unit}`;
    return [code(metric), `${code(limit)}${unit}`, measured, ok ? '✓ met' : '✗ missed'];
  });
  return table([['SLO', 'limit', 'measured', ''], ...rows]);
}

function figuresOf({ result }: Flight): readonly (readonly string[])[] {
  const { calls, latencyMs, attempts, goodputPerSec } = result;
  return [
    ['calls offered', formatCount(calls.offered)],
    ['ok', `${formatCount(calls.ok)} (${formatShare(calls.ok, calls.offered)})`],
    ['failed', formatCount(calls.failed)],
    ['refused', formatCount(calls.refused)],
    ['expired', formatCount(calls.expired)],
    ['canceled', formatCount(calls.canceled)],
    ['p50', formatMs(latencyMs.p50)],
    ['p90', formatMs(latencyMs.p90)],
    ['p99', formatMs(latencyMs.p99)],
    ['p99.9', formatMs(latencyMs.p999)],
    ['slowest', formatMs(latencyMs.max)],
    ['ok a second', formatNumber(goodputPerSec)],
    ['attempts a call', formatNumber(attempts.perCall)],
  ];
}

/** A code span that its text cannot end, nor the cell of a table that it stands in. */
function code(text: string): string {
  const line = shorten(
    plainText(text.replace(/\p{Cs}/gu, '\ufffd'))
      .replace(/\s+/g, ' ')
      .trim(),
    NAME_MAX,
  );
  const marks = '`'.repeat(longestRun(line) + 1);
  const padded = line === '' || /^`|`$/.test(line) ? ` ${line} ` : line;
  return `${marks}${padded.replaceAll('|', '\\|')}${marks}`;
}

function fenced(text: string): readonly string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}sh`, plainText(text), fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
