/** `windtunnel merge`: the shards of a sweep → the file that the whole sweep would have written. */
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutput } from './files.js';
import { readSweep, type SweepFile, type SweepHeader } from './sweep-file.js';

/** Rows that are named when they are missing. */
const NAMED = 5;

export function merge(files: readonly string[], to: string): ExitCode {
  const parts = files.map((file) => ({ file, ...readSweep(file) }));
  const [first] = parts as [(typeof parts)[number]];
  const header = whole(first.header);
  const text = JSON.stringify(header);
  for (const { file, header: other } of parts) {
    if (JSON.stringify(whole(other)) !== text) {
      throw new CliError([
        `${file}: of another sweep than ${first.file}, ${differing(header, other)}`,
      ]);
    }
  }
  const rows = rowsOf(parts, header);
  const output = createOutput(to, '--out');
  try {
    output.write(`${text}\n`);
    for (const row of rows) output.write(`${row}\n`);
    output.commit();
  } finally {
    output.discard();
  }
  process.stdout.write(`merge: ${rows.length} rows in ${to}\n`);
  return EXIT.fine;
}

/** Without what is a part's own. */
function whole({ shard: _, ...header }: SweepHeader): Omit<SweepHeader, 'shard'> {
  return header;
}

function differing(one: Omit<SweepHeader, 'shard'>, other: SweepHeader): string {
  const names = Object.keys(one) as (keyof typeof one)[];
  const name = names.find((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
  return name === undefined ? 'its header has other parts' : `"${name}" differs`;
}

/** All rows in their order, each once. */
function rowsOf(
  parts: readonly (SweepFile & { readonly file: string })[],
  { rows: count }: Pick<SweepHeader, 'rows'>,
): string[] {
  const rows = new Map<number, { text: string; file: string }>();
  for (const { file, rows: own } of parts) {
    for (const { index, text } of own) {
      const there = rows.get(index);
      if (index >= count) throw new CliError([`${file}: row ${index} of a sweep of ${count} rows`]);
      if (there !== undefined && there.text !== text) {
        throw new CliError([`${file}: row ${index} is another one in ${there.file}`]);
      }
      rows.set(index, { text, file });
    }
  }
  const missing = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !rows.has(index),
  );
  if (missing.length > 0) {
    const more = missing.length > NAMED ? `, … (${missing.length} in all)` : '';
    throw new CliError([`rows are missing: ${missing.slice(0, NAMED).join(', ')}${more}`]);
  }
  return Array.from({ length: count }, (_, index) => rows.get(index)?.text ?? '');
}
