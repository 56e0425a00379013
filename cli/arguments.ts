/** Arguments of the program's options: text → value, or what is wrong with it. */
import { InvalidArgumentError } from 'commander';
import { readAddress } from '../core/address.js';
import type { Over, Shard } from './sweep.js';

const SEED_MAX = Number.MAX_SAFE_INTEGER;
/** Each takes some 90 MB. */
const JOBS_MAX = 256;
/** More than any viewer of traces opens. */
const TRACED_MAX = 1_000_000;

export function integer(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= SEED_MAX) return value;
  throw new InvalidArgumentError('not a whole number from 0 up.');
}

/** A time to work for. */
export function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,7}(?:\.\d{1,3})?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('not a number of seconds above 0.');
}

export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** `7` or `1..20`. */
export function seedRange(text: string): SeedRange {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const first = integer(match?.[1] ?? '');
  const last = integer(match?.[2] ?? match?.[1] ?? '');
  if (last >= first && last - first < 1_000_000) return { first, last };
  throw new InvalidArgumentError('not a range such as 1..20.');
}

/** Threads. */
export function jobCount(text: string): number {
  const value = integer(text);
  if (value >= 1 && value <= JOBS_MAX) return value;
  throw new InvalidArgumentError(`not from 1 to ${JOBS_MAX}.`);
}

/** Calls that a trace follows. */
export function callCount(text: string): number {
  const value = integer(text);
  if (value >= 1 && value <= TRACED_MAX) return value;
  throw new InvalidArgumentError(`not from 1 to ${TRACED_MAX}.`);
}

export const collect = (value: string, before: string[]): string[] => [...before, value];
const list = (value: string): string[] => value.split(',').filter((part) => part !== '');

/** Names of placers, comma-separated. */
export function placers(value: string): string[] {
  const names = list(value);
  if (names.length > 0) return names;
  throw new InvalidArgumentError('names no placer.');
}

/** `host:port`, comma-separated. */
export function addresses(value: string): string[] {
  const parts = list(value);
  const bad = parts.find((part) => readAddress(part) === undefined);
  if (bad === undefined && parts.length > 0) return parts;
  throw new InvalidArgumentError(`"${bad ?? value}" is not host:port.`);
}

/** `path=a,b,c`, with commas that are within brackets or quotes left alone. */
export function overs(text: string, before: readonly Over[]): Over[] {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(0, equals)).trim();
  const values = splitAtCommas(text.slice(equals + 1)).map((value) => value.trim());
  if (path === '' || values.includes('')) {
    throw new InvalidArgumentError('not path=value,value, such as placement.placer=p2c,least.');
  }
  const twice = values.find((value, index) => values.indexOf(value) < index);
  if (twice !== undefined) throw new InvalidArgumentError(`the value ${twice} is there twice.`);
  return [...before, { path, values }];
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let quote = '';
  for (const char of text) {
    if (char === ',' && depth === 0 && quote === '') {
      parts.push(part);
      part = '';
      continue;
    }
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if ('[{('.includes(char)) depth += 1;
    else if (')}]'.includes(char)) depth -= 1;
    part += char;
  }
  return [...parts, part];
}

/** `2/3`. */
export function shard(text: string): Shard {
  const [, k, n] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const part = { k: Number(k), n: Number(n) };
  if (part.k >= 1 && part.k <= part.n) return part;
  throw new InvalidArgumentError('not k/n with k from 1 to n, such as 1/4.');
}
