/** What a trial of the soak comes to: figures in a table, and what must hold of them. */
import { table, type Row } from '../row.js';

export interface Must {
  readonly line: string;
  readonly holds: boolean;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly musts: readonly Must[];
}

export interface Stage {
  /** For files of this trial. */
  readonly folder: string;
  /** 1 is the size that counts; less for a quick look. */
  readonly scale: number;
  /** A part of the load that counts, for machines that have other things to do. */
  readonly load: number;
  /** What is started is ended with this at the end, whatever happens. */
  readonly onEnd: (end: () => unknown) => void;
  readonly tell: (line: string) => void;
}

export interface Trial {
  readonly name: string;
  readonly title: string;
  /** What is done and what must show, for people. */
  readonly about: string;
  readonly run: (stage: Stage) => Promise<Outcome>;
}

/** The part of docs/SOAK.md that is of one trial; `where` says on what it was flown. */
export function textOf({ title, about }: Trial, { rows, musts }: Outcome, where: string): string {
  const lines = musts.map(({ line, holds }) => `- ${holds ? '✓' : '✗'} ${line}\n`).join('');
  return `## ${title}\n\n${about}\n\n${where}\n\n${table(rows)}\n\n${lines}`;
}

export const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const HEAP_MORE_MAX = 5 * 2 ** 20;

export const heapMust = (before: number, after: number): Must => ({
  line: `heap after a collection back to its start within 5 MiB (${mib(before)} → ${mib(after)})`,
  holds: after - before <= HEAP_MORE_MAX,
});
