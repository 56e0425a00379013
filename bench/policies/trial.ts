/** A trial: a question, the flights that answer it, and what must hold. */
import type { MakePlacer } from '../../core/placer.js';
import { fly, type Flown } from './flown.js';
import { SEEDS, figure, show, type Figure } from './measure.js';
import { table, type Row } from '../row.js';

export interface Column {
  readonly name: string;
  readonly of: (flown: Flown, seed: number) => number;
  readonly digits: number;
  readonly unit?: string;
  /** What must hold of the figure, in the rows that are held to it. */
  readonly must?: (figure: Figure) => boolean;
}

export interface Flying {
  readonly name: string;
  readonly scenario: string;
  readonly sets: readonly string[];
  /** Default: the scenario's, by name. */
  readonly placer?: MakePlacer;
  /** Default true. False: a figure to compare with. */
  readonly held?: boolean;
}

export interface Trial {
  readonly title: string;
  /** What is flown and what must show, for people. */
  readonly about: string;
  readonly rows: readonly Flying[];
  readonly columns: readonly Column[];
  /** What takes all rows to see: lines, and whether they hold. */
  readonly across?: (rows: ReadonlyMap<string, readonly Figure[]>) => readonly Verdict[];
}

export interface Verdict {
  readonly line: string;
  readonly holds: boolean;
}

export interface Ran {
  readonly text: string;
  readonly failures: readonly string[];
}

/** Flies a trial; `tell` is told of each row as it is done. */
export function run(trial: Trial, tell: (line: string) => void): Ran {
  const failures: string[] = [];
  const figures = new Map<string, readonly Figure[]>();
  const rows: Row[] = trial.rows.map(({ name, scenario, sets, placer, held = true }) => {
    const startedAt = performance.now();
    const values = trial.columns.map((): number[] => []);
    for (const seed of SEEDS) {
      const flown = fly(scenario, sets, seed, placer);
      trial.columns.forEach(({ of }, index) => values[index]?.push(of(flown, seed)));
    }
    const of = values.map(figure);
    figures.set(name, of);
    const cells = trial.columns.map((column, index) => {
      const value = of[index] as Figure;
      const holds = !held || column.must === undefined || column.must(value);
      if (!holds) failures.push(`${trial.title}: ${name}: ${column.name}`);
      const mark = !held || column.must === undefined ? '' : holds ? ' ✓' : ' ✗';
      return [column.name, `${show(value, column.digits, column.unit)}${mark}`];
    });
    tell(`  ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return { name, figures: Object.fromEntries(cells) as Row['figures'] };
  });
  const verdicts = trial.across?.(figures) ?? [];
  for (const { line, holds } of verdicts) if (!holds) failures.push(`${trial.title}: ${line}`);
  const across = verdicts.map(({ line, holds }) => `- ${holds ? '✓' : '✗'} ${line}\n`).join('');
  const text = `## ${trial.title}\n\n${trial.about}\n\n${table(rows)}\n${across && `\n${across}`}`;
  return { text, failures };
}
