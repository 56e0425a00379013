/**
 * `--set path=value`: changes to the plain document before anybody judges it, so that an override
 * is validated like a line of the file. It never edits the file's text.
 */
import { pathText, readDocument, type Path, type Problem } from './document.js';
import { show } from './fields.js';

/** A change that was understood; `text` is how the user wrote it. */
export interface Override {
  readonly text: string;
  readonly path: Path;
}

export interface Overridden {
  readonly value: unknown;
  readonly overrides: readonly Override[];
  /** One line each, complete: they have no place in the file. */
  readonly errors: readonly string[];
}

type Box = Record<string | number, unknown>;

/** Applies the overrides in order; later ones win. The value given in is not changed. */
export function applySets(document: unknown, sets: readonly string[]): Overridden {
  const root: Box = { document: structuredClone(document) };
  const overrides: Override[] = [];
  const errors: string[] = [];
  for (const text of sets) {
    const change = readSet(text);
    const problem = typeof change === 'string' ? change : put(root, change.path, change.value);
    if (problem !== undefined) errors.push(`--set ${oneLine(text)}: ${problem}`);
    else if (typeof change !== 'string') overrides.push({ text: oneLine(text), path: change.path });
  }
  return { value: root['document'], overrides, errors };
}

/** `fleet[0].slots=2` → its path and value, or what is wrong with it. */
function readSet(text: string): { readonly path: Path; readonly value: unknown } | string {
  const equals = text.indexOf('=');
  if (equals < 0) return 'expected path=value, such as placement.retry=off';
  const dotted = text.slice(0, equals).trim();
  if (!/^[A-Za-z_][\w-]*(\[\d{1,6}\]|\.[A-Za-z_][\w-]*)*$/.test(dotted)) {
    return `${show(dotted)} is not a path, such as placement.retry or fleet[0].slots`;
  }
  const { value, problems } = readDocument(text.slice(equals + 1));
  const problem: Problem | undefined = problems[0];
  if (problem !== undefined) return `${dotted}: ${problem.message}`;
  const path = dotted.match(/[\w-]+/g) ?? [];
  // `[0]` and `.0` differ, and the pattern has no `.0`: what starts with a digit is an index.
  return { path: path.map((part) => (/^\d/.test(part) ? Number(part) : part)), value };
}

/** Walks to the path, making what is missing on the way; says why if that cannot be. */
function put(root: Box, path: Path, value: unknown): string | undefined {
  let holder: Box = root;
  let slot: string | number = 'document';
  for (const [depth, part] of path.entries()) {
    if (part === '__proto__') return `${pathText(path)}: not a legal key`;
    if (!Object.hasOwn(holder, slot) || holder[slot] === undefined || holder[slot] === null) {
      holder[slot] = typeof part === 'number' ? [] : {};
    }
    const next = holder[slot];
    const shown = pathText(path.slice(0, depth)) || 'the scenario';
    if (typeof part === 'number' ? !Array.isArray(next) : !isMapping(next)) {
      const kind = typeof part === 'number' ? 'list' : 'mapping';
      return `${shown} is ${show(next)}, not a ${kind}: set the whole of it`;
    }
    if (Array.isArray(next) && typeof part === 'number' && part > next.length) {
      const missing = pathText([...path.slice(0, depth), part]);
      return `${missing} does not exist; a new one would be ${shown}[${next.length}]`;
    }
    holder = next as Box;
    slot = part;
  }
  holder[slot] = value;
  return undefined;
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}
