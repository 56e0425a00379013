/**
 * `windtunnel sweep`: flies scenarios over values of their paths and over seeds, on threads, and
 * writes a row for each flight. `--shard k/n` flies every n-th row; `merge` makes one of all.
 */
import { createHash } from 'node:crypto';
import { EXIT, CliError, type ExitCode } from './exit.js';
import { createOutputs, readScenario } from './files.js';
import { worst } from './flight.js';
import { commitHere, version } from './package.js';
import { createInterrupt } from './interrupt.js';
import { inJobs } from './jobs.js';
import { createProgress } from './progress.js';
import { SWEEP_VERSION, createCsv, type SweepHeader } from './sweep-file.js';
import { createTable } from './sweep-table.js';
import type { SweepAnswer, SweepCell, SweepData, SweepJob } from './sweep-thread.js';

/** A path of a scenario, and the values that it takes. */
export interface Over {
  readonly path: string;
  readonly values: readonly string[];
}

/** Part `k` of `n`, from 1. */
export interface Shard {
  readonly k: number;
  readonly n: number;
}

export interface SweepOptions {
  readonly over: readonly Over[];
  readonly sets: readonly string[];
  readonly seeds: { readonly first: number; readonly last: number };
  readonly jobs: number;
  readonly shard: Shard | undefined;
  readonly out: string;
  readonly csv: string | undefined;
}

/** Each row takes some 1.6 kB of the file. */
const ROWS_MAX = 1_000_000;
/** Scenarios that are resolved and held at once. */
const CELLS_MAX = 10_000;

export async function sweep(files: readonly string[], options: SweepOptions): Promise<ExitCode> {
  const cells = cellsOf(files, options);
  const { first, last } = options.seeds;
  const rows = cells.length * (last - first + 1);
  if (rows > ROWS_MAX) throw new CliError([`${rows} flights, at most ${ROWS_MAX} are one sweep`]);
  const header = headerOf(files, cells, rows, options);
  const interrupt = createInterrupt();
  const outputs = createOutputs();
  const progress = createProgress('sweep');
  try {
    const out = outputs.open(options.out, '--out');
    const csv = options.csv === undefined ? undefined : outputs.open(options.csv, '--csv');
    const csvOf = createCsv(header);
    const table = createTable(header);
    const codes: ExitCode[] = [];
    out.write(`${JSON.stringify(header)}\n`);
    const data: SweepData = { cells };
    const module = new URL('./sweep-thread.js', import.meta.url);
    const items = jobsOf(cells.length, options);
    const { jobs } = options;
    let flown = 0;
    const mine = Math.ceil(rows / (options.shard?.n ?? 1));
    for await (const { item, answer } of inJobs<SweepJob, SweepAnswer>({
      ...{ module, data, items, jobs, interrupt },
    })) {
      if (!answer.ok) {
        const { file, sets } = cells[item.cell] as SweepCell;
        const what = [file, ...sets, `seed ${item.seed}`].join(' ');
        throw new CliError([`${what}: its flight failed, ${answer.error}`], EXIT.internal);
      }
      const { row, exit, complaint, replay } = answer.result;
      flown += 1;
      progress.update(flown, mine, `row ${row.index}`);
      out.write(`${JSON.stringify(row)}\n`);
      csv?.write(csvOf(row));
      table.add(row);
      codes.push(exit);
      if (complaint === undefined) continue;
      progress.end();
      process.stdout.write(`row ${row.index}: ${complaint}\nrow ${row.index}: replay: ${replay}\n`);
    }
    progress.end();
    process.stdout.write(table.text());
    out.commit();
    csv?.commit();
    process.stdout.write(`sweep: ${flown} flights, rows in ${options.out}\n`);
    return worst(codes);
  } finally {
    progress.end();
    outputs.close();
  }
}

/** Every scenario with every combination of values. All are read before the first flies. */
function cellsOf(files: readonly string[], { over, sets }: SweepOptions): SweepCell[] {
  const twice = over.find(({ path }, index) => over.findIndex((one) => one.path === path) < index);
  if (twice !== undefined) throw new CliError([`--over ${twice.path}: given twice`]);
  const count = over.reduce((product, { values }) => product * values.length, files.length);
  if (count > CELLS_MAX) {
    throw new CliError([`${count} scenarios to fly, at most ${CELLS_MAX} are one sweep`]);
  }
  let combinations: Readonly<Record<string, string>>[] = [{}];
  for (const { path, values } of over) {
    combinations = combinations.flatMap((set) =>
      values.map((value) => ({ ...set, [path]: value })),
    );
  }
  return files.flatMap((file) =>
    combinations.map((set): SweepCell => {
      const all = [...sets, ...Object.entries(set).map(([path, value]) => `${path}=${value}`)];
      return { file, sets: all, set, scenario: readScenario(file, all) };
    }),
  );
}

function headerOf(
  files: readonly string[],
  cells: readonly SweepCell[],
  rows: number,
  { over, sets, seeds, shard }: SweepOptions,
): SweepHeader {
  const content = createHash('sha256');
  for (const { scenario } of cells) content.update(JSON.stringify(scenario));
  return {
    kind: 'sweep',
    version: SWEEP_VERSION,
    windtunnel: version,
    commit: commitHere(),
    node: process.version,
    scenarios: [...files],
    over: over.map(({ path, values }) => ({ path, values: [...values] })),
    sets: [...sets],
    seeds: { ...seeds },
    content: content.digest('hex'),
    rows,
    ...(shard === undefined ? {} : { shard: `${shard.k}/${shard.n}` }),
  };
}

function* jobsOf(cells: number, { seeds, shard }: SweepOptions): Generator<SweepJob> {
  let index = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let seed = seeds.first; seed <= seeds.last; seed++, index++) {
      if (shard === undefined || index % shard.n === shard.k - 1) yield { index, cell, seed };
    }
  }
}
