/** A line of a benchmark's table. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, string>>;
}

/** Rows of equal figures as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0]?.figures ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...names]),
    line(['---', ...names.map(() => '---:')]),
    ...rows.map((row) => line([row.name, ...names.map((name) => row.figures[name] ?? '')])),
  ].join('\n');
}
