/** What the tests of the metrics share: the text, and the samples in it. */
import type { Service } from '../../test/support/service.js';
import { createMetrics } from './metrics.js';

/** The text of all that the service's probe was told until now. */
export function textOf(service: Service): string {
  const metrics = createMetrics();
  for (const event of service.probed) metrics.probe(event);
  return metrics.render();
}

/** Every sample that is not zero, by its name without "fn_"; of a histogram, sum and count. */
export function samples(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^fn_(\S+) (\S+)$/.exec(line) ?? [];
    if (name === undefined || value === '0' || name.includes('_bucket{')) continue;
    found[name] = Number(value);
  }
  return found;
}

export const counted = (service: Service): Record<string, number> => samples(textOf(service));

/** Of all samples, those of a family or of several whose names begin so. */
export function those(found: Record<string, number>, ...begin: string[]): Record<string, number> {
  const entries = Object.entries(found);
  return Object.fromEntries(entries.filter(([name]) => begin.some((it) => name.startsWith(it))));
}

/** The counters of how calls end, and of calls. */
export const ENDS = ['calls', 'completed', 'canceled', 'timeouts', 'errors', 'server_busy'];

/** One family as Prometheus reads it: samples by name and labels. */
export interface Read {
  readonly help: string;
  readonly type: string;
  readonly samples: Map<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABELS = String.raw`\{${NAME}="(?:[^"\\\n]|\\["\\n])*"(?:,${NAME}="(?:[^"\\\n]|\\["\\n])*")*\}`;
const SAMPLE = new RegExp(`^(${NAME})(${LABELS})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)$`);
const OPENING = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);

/**
 * Reads a text by the rules of the exposition format 0.0.4, and throws where it breaks one: a
 * family's lines are together and begin with HELP and TYPE, no sample comes twice, the buckets of
 * a histogram add up to `+Inf`, which is its count, and the last line is ended.
 */
export function read(text: string): Map<string, Read> {
  const families = new Map<string, Read>();
  let open = { name: '', help: '', type: '', samples: new Map<string, number>() };
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, what, name = '', rest = ''] = OPENING.exec(line) ?? [];
    if (what === 'HELP') {
      if (families.has(name)) throw new Error(`two families are ${name}`);
      open = { name, help: rest, type: '', samples: new Map() };
      families.set(name, open);
    } else if (what === 'TYPE') {
      if (name !== open.name || open.samples.size > 0)
        throw new Error(`TYPE out of place: ${line}`);
      open.type = rest;
    } else {
      const [, of = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      const ends = open.type === 'histogram' ? '_(?:bucket|sum|count)' : '';
      if (!new RegExp(`^${open.name}${ends}$`).test(of)) throw new Error(`out of place: ${line}`);
      if (open.samples.has(of + labels)) throw new Error(`twice: ${line}`);
      open.samples.set(of + labels, Number(value.replace('Inf', 'Infinity')));
    }
  }
  for (const [name, family] of families)
    if (family.type === 'histogram') checkBuckets(name, family);
  return families;
}

function checkBuckets(name: string, { samples }: Read): void {
  const below = new Map<string, number>();
  for (const [sample, value] of samples) {
    const [, le = '', rest = ''] = /_bucket\{le="([^"]+)",?(.*)\}$/.exec(sample) ?? [];
    if (le === '') continue;
    if (value < (below.get(rest) ?? 0)) throw new Error(`${sample} is less than the one before`);
    below.set(rest, value);
    const of = rest === '' ? '' : `{${rest}}`;
    if (le === '+Inf' && samples.get(`${name}_count${of}`) !== value) {
      throw new Error(`${sample} is not the count`);
    }
  }
}
