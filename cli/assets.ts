/**
 * `--assets shared`: the chart library as a file of its own beside the reports, once for all of
 * them. Its name has its hash, so that reports of two versions can lie in one folder.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sharedLibrary, type PageOptions } from '../reports/index.js';
import { CliError, reason } from './exit.js';
import type { Outputs } from './files.js';

export type Assets = 'inline' | 'shared';

export interface Library {
  /** For a report beside it. */
  readonly page: PageOptions;
  commit(): void;
}

/** Nothing where each report carries its own; another file of that name is refused. */
export function openLibrary(
  outputs: Outputs,
  assets: Assets,
  report: string | undefined,
): Library | undefined {
  if (assets === 'inline') return undefined;
  if (report === undefined) throw new CliError(['--assets shared: needs a report to write']);
  const { name, text } = sharedLibrary();
  const page = { library: name };
  const file = join(dirname(report), name);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    const output = outputs.open(file, '--assets');
    output.write(text);
    return { page, commit: () => output.commit() };
  }
  if (textOfFile(file) === text) return { page, commit: () => undefined };
  throw new CliError([`${file}: is there and is not the chart library; it is left as it is`]);
}

function textOfFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError([`--assets ${file}: ${reason(error)}`]);
  }
}
