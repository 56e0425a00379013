/** A difference in words and figures, the same for a terminal, a comment and a page. */
import type { Change, Difference } from './difference.js';
import { percentInterval, percentOf } from './difference.js';
import { formatCount, formatMs, formatNumber, formatShare, isMs } from './format.js';
import type { Interval } from './interval.js';

const LABELS: Readonly<Record<string, string>> = {
  'calls.offered': 'calls offered',
  'calls.ok': 'ok calls',
  'calls.failed': 'failed',
  'calls.refused': 'refused',
  'calls.expired': 'expired',
  'calls.canceled': 'canceled',
  'latencyMs.p50': 'p50',
  'latencyMs.p90': 'p90',
  'latencyMs.p99': 'p99',
  'latencyMs.p999': 'p99.9',
  'latencyMs.max': 'slowest',
  'latencyMs.mean': 'mean latency',
  goodputPerSec: 'ok a second',
  'attempts.perCall': 'attempts a call',
  okRatio: 'ok',
};

export const metricLabel = (metric: string): string =>
  Object.hasOwn(LABELS, metric) ? LABELS[metric]! : metric;

export const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  better: '✓ better',
  worse: '✗ worse',
  changed: '≠ changed',
  noise: '≈ noise',
  even: '= same',
  unsure: '? unsure',
};

export function metricText(metric: string, value: number | null): string {
  if (value === null) return '–';
  if (metric.endsWith('Ratio')) return formatShare(value, 1);
  if (isMs(metric)) return formatMs(value);
  return metric.startsWith('calls.') && Number.isInteger(value)
    ? formatCount(value)
    : formatNumber(value);
}

/** `+7.2 %` of the base; where there was nothing, and for ratios, the change itself. */
export function changeText(difference: Difference): string {
  const { metric, change, from } = difference;
  if (change === null) return '–';
  if (change === 0) return '0';
  const percent = percentOf(change, from);
  if (metric.endsWith('Ratio')) return `${signed(100 * change)}\u202fpoints`;
  if (percent !== null) return `${signed(percent)}\u202f%`;
  return `${signed(change)}${isMs(metric) ? '\u202fms' : ''}`;
}

/** `+2.1 … +12.4`, in the unit of `changeText`; '' where nothing is known, or nothing changed. */
export function intervalText({ metric, change, interval, from }: Difference): string {
  if (interval === null || change === 0) return '';
  const points: Interval = [100 * interval[0], 100 * interval[1]];
  const shown = metric.endsWith('Ratio') ? points : (percentInterval(interval, from) ?? interval);
  return `${signed(shown[0])} … ${signed(shown[1])}`;
}

/** Three digits, and always a sign: a change is read by it. */
export function signed(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞';
  const text = formatNumber(Math.abs(value));
  if (Number(text) === 0) return '0';
  return `${value > 0 ? '+' : '−'}${text}`;
}
