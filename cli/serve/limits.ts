/** The balancer's options as fields of a configuration: by their names, with units. */
import { z } from 'zod';
import { balancerDefaults, type BalancerOptions } from '../../core/index.js';
import { count, duration, expected, real, size } from '../../sim/index.js';

/** Set elsewhere in the file, or by the program. */
const ELSEWHERE = ['idPrefix', 'closeGraceMs'] as const;
type Elsewhere = (typeof ELSEWHERE)[number];
type Name = Exclude<keyof BalancerOptions, Elsewhere>;

const names = Object.keys(balancerDefaults).filter(
  (name): name is Name => !(ELSEWHERE as readonly string[]).includes(name),
);

const WORDS: Partial<Record<Name, [string, ...string[]]>> = {
  wait: ['room', 'poll'],
  retry: ['on', 'off'],
  hedge: ['on', 'off'],
};

/** `placementMs` is `placement: 15s` in a file, `bodyMaxBytes` is `bodyMax: 6MiB`. */
export function fieldName(name: string): string {
  const short = name.replace(/(?:Ms|Bytes)$/, '');
  const twin = names.some((other) => other !== name && other.replace(/Ms$/, '') === short);
  return name.endsWith('Bytes') && twin ? name : short;
}

function field(name: Name): z.ZodType {
  const words = WORDS[name];
  if (words !== undefined) return z.enum(words);
  if (name === 'idempotentHeader') return headerName();
  if (name === 'usableMin') return real({ min: 0.01, max: 1 });
  if (name === 'retryBudgetRatio') return real({ min: 0.001, max: 10 });
  // µs, as everywhere; the options are in ms.
  if (name.endsWith('Ms')) return duration({ min: '1ms', max: '24h' }).transform((us) => us / 1000);
  if (name.endsWith('Bytes')) return size({ min: '1B', max: '64GiB' });
  return count({ min: 1, max: 1_000_000 });
}

/** The name of a header. */
export function headerName(): z.ZodString {
  const message = expected("a header's name, at most 64 characters");
  return z.string({ error: message }).regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, { error: message });
}

/** Every option, none of them required. */
export const limitsFile = z.strictObject(
  Object.fromEntries(names.map((name) => [fieldName(name), field(name).optional()])),
);

/** What a file says, as options of the balancer. */
export function limitsOf(read: Readonly<Record<string, unknown>>): Partial<BalancerOptions> {
  const given = names.flatMap((name) => {
    const value = read[fieldName(name)];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given) as Partial<BalancerOptions>;
}
