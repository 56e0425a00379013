/** A sweep in short: a line for each scenario and combination of values, means over its seeds. */
import type { SweepHeader, SweepRow } from './sweep-file.js';

interface Line {
  readonly name: string;
  readonly sums: Map<string, { sum: number; count: number }>;
  flights: number;
  complaints: number;
}

type Read = (row: SweepRow) => number | null;

/** Columns: what people ask of a policy first. The file has everything. */
const COLUMNS: Readonly<Record<string, { readonly read: Read; readonly digits: number }>> = {
  'ok %': {
    read: ({ result: { calls } }) =>
      calls.offered === 0 ? null : (100 * calls.ok) / calls.offered,
    digits: 2,
  },
  'p50 ms': { read: ({ result }) => result.latencyMs.p50, digits: 1 },
  'p99 ms': { read: ({ result }) => result.latencyMs.p99, digits: 1 },
  'attempts/call': { read: ({ result }) => result.attempts.perCall, digits: 3 },
  'ok/s': { read: ({ result }) => result.goodputPerSec, digits: 1 },
};

/** Lines that are shown. */
const LINES_MAX = 200;

export interface Table {
  add(row: SweepRow): void;
  text(): string;
}

export function createTable(header: SweepHeader): Table {
  const lines = new Map<string, Line>();
  return {
    add(row) {
      const values = header.over.map(({ path }) => `${path}=${row.set[path]}`);
      const name = [row.scenario, ...values].join(' ');
      let line = lines.get(name);
      if (line === undefined) {
        line = { name, sums: new Map(), flights: 0, complaints: 0 };
        lines.set(name, line);
      }
      line.flights += 1;
      line.complaints += row.violations + row.stuck;
      for (const [column, { read }] of Object.entries(COLUMNS)) {
        const value = read(row);
        if (value === null) continue;
        const sum = line.sums.get(column) ?? { sum: 0, count: 0 };
        line.sums.set(column, { sum: sum.sum + value, count: sum.count + 1 });
      }
    },
    text() {
      const shown = [...lines.values()].slice(0, LINES_MAX);
      const rows = [
        ['', 'flights', ...Object.keys(COLUMNS), 'complaints'],
        ...shown.map((line) => [
          line.name,
          String(line.flights),
          ...Object.entries(COLUMNS).map(([column, { digits }]) => {
            const { sum, count } = line.sums.get(column) ?? { sum: 0, count: 0 };
            return count === 0 ? '–' : (sum / count).toFixed(digits);
          }),
          String(line.complaints),
        ]),
      ];
      const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => (row[column] ?? '').length)),
      );
      const text = rows.map((row) =>
        row
          .map((cell, at) =>
            at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0),
          )
          .join('  '),
      );
      const more = lines.size - shown.length;
      return `${text.join('\n')}\n${more > 0 ? `and ${more} more lines\n` : ''}`;
    },
  };
}
