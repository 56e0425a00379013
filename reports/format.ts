/** Numbers as people read them, the same on every machine (no locale). It computes nothing. */

/** Keeps digits and units on one line. */
const THIN = '\u202f';
const NONE = '–';

/** 200 000 */
export function formatCount(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** Three significant digits: 0.512, 9.25, 96.3, 309, 12 345. */
export function formatNumber(value: number | null): string {
  if (value === null) return NONE;
  const size = Math.abs(value);
  const decimals = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return decimals === 0 ? formatCount(value) : value.toFixed(decimals);
}

/** From a second on in seconds: 309 ms, 1.24 s. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NONE;
  return ms < 1000 ? `${formatNumber(ms)}${THIN}ms` : formatSeconds(ms);
}

export function formatSeconds(ms: number): string {
  return `${formatNumber(ms / 1000)}${THIN}s`;
}

/** Never rounds up to 100 % nor down to 0 %: one failed call in a million stays visible. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return NONE;
  const percent = (100 * part) / whole;
  if (part === 0 || part === whole) return `${percent}${THIN}%`;
  if (percent < 0.001) return `<${THIN}0.001${THIN}%`;
  if (percent > 99.999) return `>${THIN}99.999${THIN}%`;
  const decimals = percent > 99.9 || percent < 0.1 ? 3 : percent > 99 || percent < 1 ? 2 : 1;
  const scale = 10 ** decimals;
  const round = percent > 50 ? Math.floor : Math.round;
  return `${(round(percent * scale) / scale).toFixed(decimals)}${THIN}%`;
}

/** Whether a metric is a time in ms. */
export const isMs = (metric: string): boolean =>
  metric.startsWith('latencyMs.') || metric.endsWith('Ms');

/** The unit of a metric, to stand behind its value. */
export function unitOf(metric: string): string {
  if (isMs(metric)) return `${THIN}ms`;
  return metric === 'goodputPerSec' ? `${THIN}/s` : '';
}
