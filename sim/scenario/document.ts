/**
 * YAML text as plain values that remember where they stood. Knows YAML, not scenarios: no aliases,
 * one document, each key once, so that every value has one place and a `--set` changes one value.
 */
import {
  Composer,
  LineCounter,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type Document,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';

export type Path = readonly (string | number)[];

/** Line and column, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One mistake. `at` is where, if the text says; `path` is of what, if it has come to that. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly at?: Place;
}

export interface PlainDocument {
  readonly value: unknown;
  /** Where a key stands, or the value itself; by `pathText`. */
  readonly keys: ReadonlyMap<string, Place>;
  readonly values: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

/** A person writes less; ten times as much costs the parser seconds. */
const LONGEST_TEXT = 262_144;
/** A scenario needs six. */
const DEEPEST = 32;

/** `fleet[0].slots`; a key that does not look like one is quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(part)) text += `[${JSON.stringify(part.slice(0, 60))}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** Reads one YAML document; on a syntax error the value is undefined and the problems say why. */
export function readDocument(text: string): PlainDocument {
  const nothing = { value: undefined, keys: new Map(), values: new Map() };
  if (text.length > LONGEST_TEXT) {
    const message = `${text.length} characters, more than the ${LONGEST_TEXT} a scenario may have`;
    return { ...nothing, problems: [{ path: [], message }] };
  }
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) {
    const message = `nested deeper than ${DEEPEST} levels`;
    return { ...nothing, problems: [{ path: [], message, at: placeOf(lines, deep) }] };
  }
  const composer = new Composer<ParsedNode>({ prettyErrors: false, uniqueKeys: false });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) return { ...nothing, value: null, problems: [] };
  if (second !== undefined) {
    const at = placeOf(lines, second.range[0]);
    return { ...nothing, problems: [{ path: [], message: 'a second document begins here', at }] };
  }
  const syntax = syntaxProblems(document, lines);
  if (syntax.length > 0) return { ...nothing, problems: syntax };
  return toPlain(document, lines);
}

/**
 * The offset at which the nesting goes too far. Looked for before composing, which recurses: at the
 * end of its stack V8 may fail to compile a regular expression and abort the process (measured).
 */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return level[0]?.offset;
    level = level.flatMap(partsOf);
  }
  return undefined;
}

function partsOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [
    ...(key ? [key] : []),
    ...(value ? [value] : []),
  ]);
}

/** One error a line: the parser trips over the same stone more than once. */
function syntaxProblems(document: Document.Parsed, lines: LineCounter): readonly Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of [...document.errors, ...document.warnings]) {
    const at = placeOf(lines, error.pos[0]);
    if (byLine.has(at.line)) continue;
    const oneLine = error.message.replace(/\s+/g, ' ').slice(0, 200);
    byLine.set(at.line, { path: [], message: `not valid YAML: ${oneLine}`, at });
  }
  return [...byLine.values()];
}

function toPlain(document: Document.Parsed, lines: LineCounter): PlainDocument {
  const keys = new Map<string, Place>();
  const values = new Map<string, Place>();
  const problems: Problem[] = [];

  const plain = (node: ParsedNode | null, path: Path): unknown => {
    if (node === null) return null;
    const at = placeOf(lines, node.range[0]);
    values.set(pathText(path), at);
    const refuse = (message: string): undefined => void problems.push({ path, message, at });
    if (isAlias(node)) return refuse('an alias; write the value out, for each value has one place');
    // Tags such as !!binary and !!timestamp make objects.
    if (isScalar(node) && Object(node.value) !== node.value) return node.value;
    if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index]));
    return isMap(node) ? plainMap(node, path) : refuse('a kind of value no scenario has');
  };

  const plainMap = (map: YAMLMap.Parsed, path: Path): unknown => {
    const entries = new Map<string, unknown>();
    for (const { key, value } of map.items) {
      const at = placeOf(lines, key.range[0]);
      const simple = isScalar(key) && (typeof key.value === 'string' || key.value === null);
      if (!simple && !(isScalar(key) && typeof key.value === 'number')) {
        problems.push({ path, message: 'a key must be a plain word', at });
        continue;
      }
      const word = String((key.value as string | number | null) ?? '');
      const here = [...path, word];
      const first = keys.get(pathText(here));
      if (first !== undefined || word === '__proto__') {
        const twice = `appears twice, first at line ${first?.line}`;
        problems.push({ path: here, message: first ? twice : 'not a legal key', at });
        continue;
      }
      keys.set(pathText(here), at);
      entries.set(word, plain(value, here));
    }
    return Object.fromEntries(entries);
  };

  const value = plain(document.contents, []);
  return { value, keys, values, problems };
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
