/**
 * A sweep's file: JSON lines, a header and a row for each flight, in the order of the plan. What
 * differs between machines is not in it, so that shards of a sweep, merged, are the whole of it to
 * the byte.
 */
import { z } from 'zod';
import { flightResult, metricsOf } from '../reports/index.js';
import { CliError } from './exit.js';
import { linesOf } from './lines.js';

export const SWEEP_VERSION = 1;

const sweepHeader = z.strictObject({
  kind: z.literal('sweep'),
  version: z.literal(SWEEP_VERSION),
  /** The program that flew it. */
  windtunnel: z.string(),
  commit: z.string(),
  node: z.string(),
  scenarios: z.array(z.string()).readonly(),
  /** Paths and the values that each took. */
  over: z.array(z.strictObject({ path: z.string(), values: z.array(z.string()).readonly() })),
  sets: z.array(z.string()).readonly(),
  seeds: z.strictObject({ first: z.int().min(0), last: z.int().min(0) }),
  /** SHA-256 of all resolved scenarios: files that changed in between are another sweep. */
  content: z.string(),
  /** Rows of the whole sweep. */
  rows: z.int().min(1),
  /** `k/n` of a part, which has the rows whose number is k - 1 modulo n. */
  shard: z
    .string()
    .regex(/^\d+\/\d+$/)
    .optional(),
});
export type SweepHeader = z.infer<typeof sweepHeader>;

const sweepRow = z.strictObject({
  /** Number of the row in the whole sweep, from 0. */
  index: z.int().min(0),
  scenario: z.string(),
  /** Path → value of this row. */
  set: z.record(z.string(), z.string()),
  seed: z.int().min(0),
  violations: z.int().min(0),
  stuck: z.int().min(0),
  /** As `run --json` writes it; `wallMs` is 0, as it says something of a machine. */
  result: flightResult,
});
export type SweepRow = z.infer<typeof sweepRow>;

export interface SweepFile {
  readonly header: SweepHeader;
  /** In the order of the file, with the text of each. */
  readonly rows: readonly { readonly index: number; readonly text: string }[];
}

/** Of a line: more is none of a sweep. */
const LINE_MAX = 4 * 1024 * 1024;

export function readSweep(file: string): SweepFile {
  let header: SweepHeader | undefined;
  const rows: { index: number; text: string }[] = [];
  let number = 0;
  for (const text of linesOf(file, LINE_MAX)) {
    number += 1;
    const where = `${file}:${number}`;
    const parsed = (number === 1 ? sweepHeader : sweepRow).safeParse(fromJson(text, where));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const what = number === 1 ? 'no header of a sweep' : 'no row of a sweep';
      throw new CliError([`${where}: ${what}, ${issue?.path.join('.')}: ${issue?.message}`]);
    }
    if (number === 1) header = parsed.data as SweepHeader;
    else rows.push({ index: (parsed.data as SweepRow).index, text });
  }
  if (header === undefined) throw new CliError([`${file}: is empty`]);
  return { header, rows };
}

function fromJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError([`${where}: is no JSON`]);
  }
}

/** The same as a table: a line each, a column for each path and metric. */
export function createCsv(header: SweepHeader): (row: SweepRow) => string {
  const paths = header.over.map(({ path }) => path);
  let metrics: readonly string[] | undefined;
  return (row) => {
    const values = metricsOf(row.result);
    const first = metrics === undefined;
    metrics ??= Object.keys(values).filter((name) => name !== 'wallMs');
    const cells = [
      row.scenario,
      ...paths.map((path) => row.set[path] ?? ''),
      row.seed,
      row.violations + row.stuck,
      ...metrics.map((name) => values[name] ?? ''),
    ];
    const line = `${cells.map(csvCell).join(',')}\n`;
    if (!first) return line;
    const names = ['scenario', ...paths, 'seed', 'complaints', ...metrics];
    return `${names.map(csvCell).join(',')}\n${line}`;
  };
}

/** RFC 4180. */
function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
