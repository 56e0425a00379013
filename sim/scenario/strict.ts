/**
 * Text in YAML → a value of a strict schema, or every mistake in it: file, line, column, path, what
 * is wrong and what was meant. Knows no schema; scenarios are one, configurations another.
 */
import type { z } from 'zod';
import { pathText, readDocument, type PlainDocument, type Problem } from './document.js';
import { judge } from './judge.js';
import { applySets, type Override } from './sets.js';

export type Strict<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: string[] };

/** A screenful; whoever made more mistakes than this starts with these. */
export const MOST_ERRORS = 100;

/**
 * Reads `text` by `schema`. `file` names it in errors, which are one line each. `sets` are
 * `path=value` overrides, judged like lines of the file. `judgeTogether` is told the value as it
 * was written, whatever the schema said of it, and finds what no single field can know.
 */
export function readStrict<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  sets: readonly string[] = [],
  judgeTogether: (value: unknown) => readonly Problem[] = () => [],
): Strict<z.output<S>> {
  const document = readDocument(text);
  if (document.value === undefined) return { ok: false, errors: render(document, [], [], file) };
  const { value, overrides, errors } = applySets(document.value, sets);
  const problems = [...judge(schema, value), ...judgeTogether(value)];
  if (document.problems.length + errors.length + problems.length > 0) {
    return { ok: false, errors: [...errors, ...render(document, problems, overrides, file)] };
  }
  return { ok: true, value: schema.parse(value) };
}

interface Line {
  readonly order: number;
  readonly text: string;
}

/** The document's own problems and the judges', in the order of the file, each once. */
function render(
  document: PlainDocument,
  problems: readonly Problem[],
  overrides: readonly Override[],
  file: string,
): string[] {
  const refused = new Set(document.problems.map(({ path }) => pathText(path)));
  // What the document refused is missing in its value: saying that too would be the same twice.
  const fresh = problems.filter(({ path }) => !refused.has(pathText(path)));
  const lines = [...document.problems, ...fresh].map((problem): Line => {
    const shown = pathText(problem.path);
    const message = `${shown === '' ? '' : `${shown}: `}${problem.message}`;
    const from = problem.at ? undefined : overrideOf(problem, overrides, document);
    if (from !== undefined) return { order: 0, text: `--set ${from.text}: ${message}` };
    const { line, column } = problem.at ?? placeOf(problem, document);
    return { order: line * 100_000 + column, text: `${file}:${line}:${column}: ${message}` };
  });
  const texts = [...new Set(lines.sort((a, b) => a.order - b.order).map(({ text }) => text))];
  if (texts.length <= MOST_ERRORS) return texts;
  return [...texts.slice(0, MOST_ERRORS), `${file}: and ${texts.length - MOST_ERRORS} more errors`];
}

/** The `--set` that put there what the problem is about, if one did. */
function overrideOf(
  { path }: Problem,
  overrides: readonly Override[],
  document: PlainDocument,
): Override | undefined {
  const within = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  const latest = [...overrides].reverse();
  for (let length = path.length; length > 0; length--) {
    const here = pathText(path.slice(0, length));
    const setHere = latest.find((override) => within(here, pathText(override.path)));
    if (setHere !== undefined) return setHere;
    if (document.values.has(here) || document.keys.has(here)) return undefined;
    const setBelow = latest.find((override) => within(pathText(override.path), here));
    if (setBelow !== undefined) return setBelow;
  }
  return undefined;
}

/** The key for an unknown one, else the value, else the nearest thing around what is missing. */
function placeOf({ path, message }: Problem, document: PlainDocument) {
  const shown = pathText(path);
  const key = document.keys.get(shown);
  if (key !== undefined && message.startsWith('unknown key')) return key;
  for (let length = path.length; length >= 0; length--) {
    const here = pathText(path.slice(0, length));
    const place = document.values.get(here) ?? document.keys.get(here);
    if (place !== undefined) return place;
  }
  return { line: 1, column: 1 };
}
