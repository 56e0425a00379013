/**
 * What is wrong with a plain value by the scenario's schema, in our words: all of it, one problem a
 * field. Knows zod's issues so that nobody else has to.
 */
import { z } from 'zod';
import type { Path, Problem } from './document.js';
import { expected, show } from './fields.js';
import { hint, nearest } from './suggest.js';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** A branch of the JSON Schema, as far as we walk it. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly const?: unknown;
}

/** Every problem the schema sees in `value`. */
export function judge(schema: z.ZodType, value: unknown): readonly Problem[] {
  const { error } = schema.safeParse(value, { error: say });
  if (error === undefined) return [];
  const root = z.toJSONSchema(schema, { io: 'input' }) as Node;
  return error.issues.flatMap((issue) => problemsOf(issue, [], value, root));
}

function problemsOf(issue: Issue, base: Path, value: unknown, root: Node): readonly Problem[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAllowedAt(root, path, value);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key${hint(key, allowed, 'known here:')}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path, message }));
  }
  if (issue.code === 'invalid_union') {
    // The branch that got the right kind of value knows better than the union what is wrong.
    const isWrongType = (branch: readonly Issue[]): boolean =>
      branch.some(({ code, path: inner }) => code === 'invalid_type' && inner.length === 0);
    const meant = issue.errors.filter((branch) => !isWrongType(branch));
    if (meant.length === 1) {
      return (meant[0] ?? []).flatMap((inner) => problemsOf(inner, path, value, root));
    }
  }
  return [{ path, message: issue.message }];
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  nan: 'a number',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
};

/** Our words for zod's; a field's own words go before these. */
function say(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return expected(TYPES[issue.expected] ?? issue.expected)(issue);
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'invalid_union': {
      const { discriminator, options } = issue as { discriminator?: string; options?: unknown[] };
      if (discriminator === undefined || options === undefined) return undefined;
      const box = issue.input as Readonly<Record<string, unknown>>;
      return oneOf(options, Object.hasOwn(box, discriminator) ? box[discriminator] : undefined);
    }
    case 'too_small':
    case 'too_big': {
      const small = issue.code === 'too_small';
      const limit = small ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      const { input } = issue;
      if (Array.isArray(input)) return `must have ${limit} in the list, has ${input.length}`;
      if (typeof input !== 'string') return `must be ${limit}, got ${show(input)}`;
      return `must have ${limit} characters, has ${input.length}`;
    }
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const words = values.map(show);
  const what = words.length === 1 ? words.join() : `one of ${words.join(', ')}`;
  const near = typeof input === 'string' ? nearest(input, values.map(String)) : undefined;
  return expected(what)({ input }) + (near === undefined ? '' : `, did you mean "${near}"?`);
}

/** Keys a mapping at `path` may have, given the kind it says it is. */
function keysAllowedAt(root: Node, path: Path, value: unknown): readonly string[] {
  let nodes = alternatives(root, value);
  let here = value;
  for (const part of path) {
    here = (here as Readonly<Record<string | number, unknown>> | undefined)?.[part];
    nodes = nodes
      .map((node) => (typeof part === 'number' ? node.items : propertyOf(node, part)))
      .flatMap((node) => (node === undefined ? [] : alternatives(node, here)));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function propertyOf({ properties, additionalProperties }: Node, key: string): Node | undefined {
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return additionalProperties === false ? undefined : additionalProperties;
}

function alternatives(node: Node, value: unknown): readonly Node[] {
  const options = node.oneOf ?? node.anyOf;
  if (options === undefined) return [node];
  return options
    .filter((option) => fits(option, value))
    .flatMap((option) => alternatives(option, value));
}

function fits({ properties }: Node, value: unknown): boolean {
  if (properties === undefined || typeof value !== 'object' || value === null) return true;
  return Object.entries(properties).every(
    ([key, { const: fixed }]) =>
      fixed === undefined || (value as Readonly<Record<string, unknown>>)[key] === fixed,
  );
}
