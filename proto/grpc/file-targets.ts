/**
 * Runners named in a file, watched, in the format of Prometheus' `file_sd`: JSON or YAML, a list of
 * `{ targets: [host:port, …], labels: { … } }`. Of the labels these mean something here: `group`
 * (the group of runners; entries without one are of every file's own group), `weight`, and `name`
 * (what the certificate must say). Others are for others.
 */
import { concatMap, type Observable } from 'rxjs';
import { parse } from 'yaml';
import { readAddress } from '../../core/address.js';
import type { Target } from '../../core/discovery.js';
import { watchedFile, type WatchOptions } from './watched-file.js';

export interface FileTargetsOptions extends WatchOptions {
  /** Group of entries that name none; those that name another are left out. Default "default". */
  readonly group?: string;
  /** Told each time that the file is broken or gone: the last good list holds on. */
  readonly problem: (text: string) => void;
}

/** Runners of one file: more in a list that runs wild. */
const TARGETS_MAX = 10_000;

/**
 * Emits the list as soon as the file is good, and each time that it is good and another. Never
 * errors, never completes.
 */
export function fileTargets(file: string, options: FileTargetsOptions): Observable<Target[]> {
  const { group = 'default', problem } = options;
  return watchedFile(file, options).pipe(
    concatMap((reading) => {
      const found = reading.ok ? readTargets(reading.text, group) : '';
      if (typeof found !== 'string') return [found];
      problem(`${reading.ok ? `${file}: ${found}` : reading.why}: the last good list holds`);
      return [];
    }),
  );
}

/** The targets of a `file_sd` text for one group, or what is wrong with it, in one line. */
export function readTargets(text: string, group: string): Target[] | string {
  let entries: unknown;
  try {
    entries = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return `no YAML or JSON, ${(error as Error).message.split('\n')[0] ?? ''}`;
  }
  if (!Array.isArray(entries)) return 'not a list of { targets, labels }';
  const found: Target[] = [];
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const targets = readEntry(entry, group);
    if (typeof targets === 'string') return `[${index}]${targets}`;
    found.push(...targets);
    if (found.length > TARGETS_MAX) return `more than ${TARGETS_MAX} targets`;
  }
  return found;
}

function readEntry(entry: unknown, group: string): Target[] | string {
  if (!isMapping(entry)) return ': not a mapping with targets';
  const { targets, labels = {}, ...others } = entry;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `.${unknown}: unknown key, known here: targets, labels`;
  if (!Array.isArray(targets)) return '.targets: not a list of host:port';
  if (!isMapping(labels)) return '.labels: not a mapping';
  const weight = labels['weight'] === undefined ? 1 : Number(labels['weight']);
  if (!(weight > 0 && weight <= 1000)) return '.labels.weight: not a number above 0 and up to 1000';
  const { name } = labels;
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    return '.labels.name: not a name';
  }
  for (const [index, target] of (targets as unknown[]).entries()) {
    if (!isAddress(target)) return `.targets[${index}]: not host:port`;
  }
  if (labels['group'] !== undefined && labels['group'] !== group) return [];
  const shared = { group, weight, ...(name === undefined ? {} : { name }) };
  return (targets as string[]).map((id) => ({ id, ...shared }));
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `host:port`, an IPv6 host in brackets. */
export function isAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 300) return false;
  const port = readAddress(value)?.port;
  return port !== undefined && port >= 1 && port <= 65_535;
}
