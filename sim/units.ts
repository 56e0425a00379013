/**
 * Quantities as people write them ("40ms", "2000/s", "6MiB", "120%") and as the code holds them:
 * integer µs, events per second, bytes, a ratio. Not a general parser: one spelling per quantity,
 * no spaces, no signs, no exponents, so that a scenario reads the same to everybody.
 */

/** A reading, or one clause that says why there is none. */
export type Reading =
  { readonly ok: true; readonly value: number } | { readonly ok: false; readonly why: string };

const NUMBER = '[0-9]{1,12}(\\.[0-9]{1,9})?';

/** JSON Schema patterns; the readers below accept exactly what matches. */
export const DURATION_PATTERN = `^${NUMBER}(us|ms|s|m|h)$`;
export const RATE_PATTERN = `^${NUMBER}/(s|m|h)$`;
export const SIZE_PATTERN = `^${NUMBER}(B|kB|KiB|MB|MiB|GB|GiB)$`;
export const PERCENT_PATTERN = `^${NUMBER}%$`;

const US_PER: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};
const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const BYTES_PER: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
};

/** "40ms" → 40 000. */
export function readDuration(text: string): Reading {
  const parts = split(text, DURATION_PATTERN);
  if (parts === undefined)
    return no('a duration is written like "150us", "40ms", "2s", "10m", "1h"');
  return whole(parts.number, US_PER[parts.unit] ?? 1, 'a duration is a whole number of us');
}

/** "30/m" → 0.5 per second. */
export function readRate(text: string): Reading {
  const parts = split(text, RATE_PATTERN);
  if (parts === undefined) return no('a rate is written like "2000/s", "30/m", "90/h"');
  return { ok: true, value: Number(parts.number) / (SECONDS_PER[parts.unit.slice(1)] ?? 1) };
}

/** "1KiB" → 1024. */
export function readSize(text: string): Reading {
  const parts = split(text, SIZE_PATTERN);
  if (parts === undefined) return no('a size is written like "256B", "10kB", "1KiB", "6MiB"');
  return whole(parts.number, BYTES_PER[parts.unit] ?? 1, 'a size is a whole number of bytes');
}

/** "120%" → 1.2. */
export function readPercent(text: string): Reading {
  const parts = split(text, PERCENT_PATTERN);
  if (parts === undefined) return no('a percentage is written like "120%"');
  // Not divided by 100: 99.9 / 100 is not 0.999.
  return { ok: true, value: Number(`${parts.number}e-2`) };
}

/** The shortest exact spelling, with `gap` before the unit: "40ms", or "40 ms" in sentences. */
export function formatDuration(us: number, gap = ''): string {
  if (us === 0) return `0${gap}ms`;
  for (const unit of ['h', 'm'] as const) {
    const size = US_PER[unit] ?? 1;
    if (us % size === 0) return `${us / size}${gap}${unit}`;
  }
  if (us >= 1_000_000) return `${us / 1_000_000}${gap}s`;
  return us >= 1000 ? `${us / 1000}${gap}ms` : `${us}${gap}us`;
}

/** Exact and in binary units: 6 291 456 → "6MiB", 1500 → "1500B". */
export function formatSize(bytes: number, gap = ''): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    const size = BYTES_PER[unit] ?? 1;
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${gap}${unit}`;
  }
  return `${bytes}${gap}B`;
}

/** For sentences: groups of three digits, at most `digits` decimals. 20000 → "20 000". */
export function formatNumber(value: number, digits = 0): string {
  const [head = '', tail = ''] = value.toFixed(digits).split('.');
  const decimals = tail.replace(/0+$/, '');
  const grouped = head.replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, ' ');
  return decimals === '' ? grouped : `${grouped}.${decimals}`;
}

/** For sentences: "2 000/s"; slow rates keep their first digits. */
export function formatRate(perSec: number): string {
  return `${formatNumber(perSec, perSec >= 100 ? 0 : perSec >= 1 ? 1 : 4)}/s`;
}

function split(text: string, pattern: string): { number: string; unit: string } | undefined {
  if (!new RegExp(pattern).test(text)) return undefined;
  const number = /^[0-9.]+/.exec(text)?.[0] ?? '';
  return { number, unit: text.slice(number.length) };
}

/** Big integers, for 1.1 × 1000 is not 1100 in floating point. */
function whole(number: string, unit: number, law: string): Reading {
  const [head = '', tail = ''] = number.split('.');
  const scaled = BigInt(head + tail) * BigInt(unit);
  const divisor = BigInt(`1${'0'.repeat(tail.length)}`);
  if (scaled % divisor !== 0n) return no(law);
  return { ok: true, value: Number(scaled / divisor) };
}

function no(why: string): Reading {
  return { ok: false, why };
}
