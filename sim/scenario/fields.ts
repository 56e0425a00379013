/**
 * The kinds of fields a scenario is made of, as zod schemas with units, ranges and their words. The
 * fields themselves are in `format.ts`. Every kind has a finite range.
 */
import { z } from 'zod';
import {
  DURATION_PATTERN,
  PERCENT_PATTERN,
  RATE_PATTERN,
  SIZE_PATTERN,
  readDuration,
  readPercent,
  readRate,
  readSize,
  type Reading,
} from '../units.js';

/** Lowest and highest legal value, in the field's own spelling, both included. */
export interface Range<T> {
  readonly min: T;
  readonly max: T;
}

/** A value as an error shows it: on one line, and never long. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'string') return 'a mapping';
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

/** The message of a field that got something else, or nothing at all. */
export function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    input === undefined ? `missing, expected ${what}` : `expected ${what}, got ${show(input)}`;
}

/** The same for a mapping of several kinds; an unknown kind gets the list of kinds instead. */
export function expectedKind(what: string) {
  return (issue: { readonly input?: unknown; readonly discriminator?: unknown }) =>
    issue.discriminator === undefined ? expected(what)(issue) : undefined;
}

/** "40ms" → integer µs. */
export function duration(range: Range<string>) {
  return quantity('a duration such as "40ms"', DURATION_PATTERN, readDuration, range);
}

/** "2000/s" → events per second. */
export function rate(range: Range<string>) {
  return quantity('a rate such as "2000/s"', RATE_PATTERN, readRate, range);
}

/** "6MiB" → bytes. */
export function size(range: Range<string>) {
  return quantity('a size such as "256B"', SIZE_PATTERN, readSize, range);
}

/** "120%" → 1.2. */
export function percent(range: Range<string>) {
  return quantity('a percentage such as "80%"', PERCENT_PATTERN, readPercent, range);
}

/** A whole number. */
export function count({ min, max }: Range<number>) {
  return z
    .int({ error: expected(`a whole number from ${min} to ${max}`) })
    .min(min)
    .max(max);
}

/** Any finite number. */
export function real({ min, max }: Range<number>) {
  return z
    .number({ error: expected(`a number from ${min} to ${max}`) })
    .min(min)
    .max(max);
}

/** A name that may stand in a path, in a list of ids and in a file name without quotes. */
export function word(what: string) {
  const message = expected(`${what}: a letter, then letters, digits, "-" or "_", at most 64`);
  return z.string({ error: message }).regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, { error: message });
}

function quantity(
  what: string,
  pattern: string,
  read: (text: string) => Reading,
  range: Range<string>,
) {
  const bound = (text: string): number => {
    const reading = read(text);
    if (!reading.ok) throw new Error(`bound ${text}: ${reading.why}`);
    return reading.value;
  };
  const [low, high] = [bound(range.min), bound(range.max)];
  const between = `${what} from ${range.min} to ${range.max}`;
  return z
    .string({ error: expected(between) })
    .regex(new RegExp(pattern), { error: expected(between), abort: true })
    .transform((text, context) => {
      const reading = read(text);
      if (reading.ok && reading.value >= low && reading.value <= high) return reading.value;
      const message = reading.ok
        ? `must be from ${range.min} to ${range.max}, got ${text}`
        : `${reading.why}, got ${text}`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}
