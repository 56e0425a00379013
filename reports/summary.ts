/** A flight as a few aligned lines of text for a terminal. It prints nothing and has no colours. */
import { plainText } from './escape.js';
import type { Flight } from './flight.js';
import { formatCount, formatMs, formatNumber, formatSeconds, formatShare } from './format.js';
import { fewSamples, verdictOf } from './verdict.js';

/** Trouble lines shown; the report has more. */
const LINES_MAX = 5;

/** @example process.stdout.write(summarize(flight)); */
export function summarize(flight: Flight): string {
  const { result, header, trouble, end } = flight;
  const { calls, attempts, latencyMs: latency } = result;
  const verdict = verdictOf(flight);
  const others = (['failed', 'refused', 'expired', 'canceled'] as const).map(
    (outcome) => `${formatCount(calls[outcome])} ${outcome}`,
  );
  const ok = `${formatCount(calls.ok)} ok (${formatShare(calls.ok, calls.offered)})`;
  const perCall = `${formatNumber(attempts.perCall)} a call`;
  const lines = [
    `${verdict.mark} ${header.scenario}: ${verdict.text}`,
    row('flew', [`on ${header.on}`, `placer ${header.placer}`, `seed ${header.seed}`]),
    row('calls', [`${formatCount(calls.offered)} offered`, ok, ...others]),
    row(
      'latency',
      latencyWords(latency),
      latency.max === null ? '' : fewSamples(flight.percentiles.n),
    ),
    row('attempts', [
      `${formatCount(attempts.total)} (${perCall})`,
      `${formatCount(attempts.nacks)} NACKs`,
    ]),
    row('goodput', [
      `${formatNumber(result.goodputPerSec)} ok/s`,
      `${formatSeconds(result.virtualMs)} flown in ${formatSeconds(result.wallMs)}`,
    ]),
    ...sloLines(result.slo),
    ...troubleLines('broken', end.violations, trouble.violations),
    ...troubleLines('stuck', end.stuck, trouble.stuck),
    row('digest', [result.digest ?? 'none on gRPC']),
    row('replay', [header.replay]),
  ];
  return lines.map((line) => `${plainText(line)}\n`).join('');
}

function row(label: string, parts: readonly string[], note = ''): string {
  const text = `  ${label.padEnd(9)} ${parts.join(' · ')}`;
  return note === '' ? text : `${text}  (${note})`;
}

function latencyWords(latency: Flight['result']['latencyMs']): readonly string[] {
  if (latency.max === null) return ['none: no call was ok'];
  return [
    `p50 ${formatMs(latency.p50)}`,
    `p90 ${formatMs(latency.p90)}`,
    `p99 ${formatMs(latency.p99)}`,
    `p99.9 ${formatMs(latency.p999)}`,
    `max ${formatMs(latency.max)}`,
  ];
}

function sloLines(slo: Flight['result']['slo']): readonly string[] {
  const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((t) => t.length));
  const metricWidth = width(slo.map((line) => line.metric));
  const limitWidth = width(slo.map((line) => line.limit));
  return slo.map((line, i) => {
    const mark = line.ok ? '✓' : '✗';
    const metric = line.metric.padEnd(metricWidth);
    const limit = line.limit.padEnd(limitWidth);
    return row(i === 0 ? 'SLO' : '', [
      `${mark} ${metric}  ${limit}  is ${line.value ?? 'unknown'}`,
    ]);
  });
}

function troubleLines(label: string, lines: readonly string[], count: number): readonly string[] {
  const shown = lines.slice(0, LINES_MAX).map((line, i) => row(i === 0 ? label : '', [line]));
  return count > shown.length ? [...shown, row('', [`… ${count - shown.length} more`])] : shown;
}
