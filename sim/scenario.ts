/**
 * Scenario text → what flies, or every mistake in it. The door of `scenario/`: nobody else imports
 * from there. It reads text, not files, and decides what to fly, not how.
 */
import { pathText, type Problem } from './scenario/document.js';
import { scenarioFile } from './scenario/format.js';
import { judge } from './scenario/judge.js';
import { resolve } from './scenario/resolve.js';
import { resolvedScenario, type Scenario } from './scenario/resolved.js';
import { MOST_ERRORS, readStrict } from './scenario/strict.js';
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
export { count, duration, expected, real, size, word } from './scenario/fields.js';
export { pathText, type Problem } from './scenario/document.js';
export { hint } from './scenario/suggest.js';
export { readStrict, type Strict } from './scenario/strict.js';
export { scenarioTemplate } from './scenario/template.js';
export { describe } from './scenario/words.js';

export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly errors: string[] };

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
  const together = (value: unknown) => judgeTogether(value, knownMetrics);
  const read = readStrict(scenarioFile, text, file, sets, together);
  return read.ok ? { ok: true, scenario: resolve(read.value) } : read;
}

/** Reads a resolved scenario back, for example out of a capsule; `file` names it in errors. */
export function scenarioFromJson(value: unknown, file: string): ParsedScenario {
  const { data } = resolvedScenario.safeParse(value);
  if (data !== undefined) return { ok: true, scenario: data };
  const line = ({ path, message }: Problem): string => `${file}: ${pathText(path)}: ${message}`;
  return { ok: false, errors: judge(resolvedScenario, value).slice(0, MOST_ERRORS).map(line) };
}
