/**
 * Scenario text → what flies, or every mistake in it. The door of `scenario/`: nobody else imports
 * from there. It reads text, not files, and decides what to fly, not how.
 */
import { pathText, readDocument, type PlainDocument, type Problem } from './scenario/document.js';
import { scenarioFile } from './scenario/format.js';
import { judge } from './scenario/judge.js';
import { resolve } from './scenario/resolve.js';
import { resolvedScenario, type Scenario } from './scenario/resolved.js';
import { applySets, type Override } from './scenario/sets.js';
import { judgeTogether } from './scenario/together.js';

export { capacityPerSec, lawMeanUs, meanServiceUs, type Fleet } from './scenario/capacity.js';
export { scenarioJsonSchema, type ScenarioFile } from './scenario/format.js';
export type {
  Scenario,
  ScenarioFault,
  ScenarioFunction,
  ScenarioRunner,
  ScenarioSlo,
  ServiceLaw,
} from './scenario/resolved.js';
export { scenarioTemplate } from './scenario/template.js';
export { describe } from './scenario/words.js';

export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly errors: string[] };

/** A screenful; whoever made more mistakes than this starts with these. */
const MOST_ERRORS = 100;

/**
 * Reads a scenario. `file` names it in errors, which are one line each: file:line:column, the path,
 * what is wrong. `sets` are `path=value` overrides, judged like lines of the file. An SLO may name
 * any metric, or only `knownMetrics` if they are given.
 */
export function parseScenario(
  text: string,
  file: string,
  sets: readonly string[] = [],
  knownMetrics?: readonly string[],
): ParsedScenario {
  const document = readDocument(text);
  if (document.value === undefined) return { ok: false, errors: render(document, [], [], file) };
  const { value, overrides, errors } = applySets(document.value, sets);
  const problems = [...judge(scenarioFile, value), ...judgeTogether(value, knownMetrics)];
  if (document.problems.length + errors.length + problems.length > 0) {
    return { ok: false, errors: [...errors, ...render(document, problems, overrides, file)] };
  }
  return { ok: true, scenario: resolve(scenarioFile.parse(value)) };
}

/** Reads a resolved scenario back, for example out of a capsule; `file` names it in errors. */
export function scenarioFromJson(value: unknown, file: string): ParsedScenario {
  const { data } = resolvedScenario.safeParse(value);
  if (data !== undefined) return { ok: true, scenario: data };
  const line = ({ path, message }: Problem): string => `${file}: ${pathText(path)}: ${message}`;
  return { ok: false, errors: judge(resolvedScenario, value).slice(0, MOST_ERRORS).map(line) };
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
