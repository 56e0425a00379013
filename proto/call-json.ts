/**
 * The JSON of a call, written and read. Reading is tolerant of fields that are missing, null or
 * unknown, because either revision of the original may be calling; a field of the wrong type is an
 * error, as it is there. It judges types only: whether a call makes sense is the session's matter.
 */
import type { CallModel } from './model.js';

type Fields = Readonly<Record<string, unknown>>;

export function callJson(model: CallModel): string {
  return JSON.stringify(model);
}

/** The call, or a text that says why it is none. */
export function parseCallJson(json: string): CallModel | string {
  try {
    const parsed: unknown = JSON.parse(json);
    if (parsed !== null && !isFields(parsed))
      return `invalid call: ${typeName(parsed)}, not an object`;
    return readCall(parsed ?? {});
  } catch (cause) {
    return `invalid call: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

const FORMATS = ['default', 'http', 'json', 'cloudevent', 'http-stream'] as const;

function readCall(fields: Fields): CallModel {
  const text = (name: string): string => scalar(fields, name, 'string', '');
  const count = (name: string): number => scalar(fields, name, 'number', 0);
  const format = text('format');
  return {
    id: text('id'),
    status: 'running',
    path: text('path'),
    image: text('image'),
    // The older revision's `async` never travels on this wire.
    type: text('type') === 'detached' ? 'detached' : 'sync',
    format: FORMATS.find((known) => known === format) ?? 'default',
    url: text('url'),
    method: text('method'),
    priority: count('priority'),
    timeout: count('timeout'),
    idle_timeout: count('idle_timeout'),
    memory: count('memory'),
    cpus: text('cpus'),
    config: record(fields, 'config', (value, name) => checked(value, name, 'string')),
    headers: record(fields, 'headers', (value, name) => list(value ?? [], name)),
    created_at: text('created_at'),
    started_at: text('started_at'),
    completed_at: text('completed_at'),
    app_id: text('app_id'),
    app_name: text('app_name'),
    fn_id: text('fn_id'),
    trigger_id: text('trigger_id'),
  };
}

interface Scalars {
  readonly string: string;
  readonly number: number;
}

function scalar<K extends keyof Scalars>(
  fields: Fields,
  name: string,
  type: K,
  zero: Scalars[K],
): Scalars[K] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return value === undefined || value === null ? zero : checked(value, name, type);
}

function checked<K extends keyof Scalars>(value: unknown, name: string, type: K): Scalars[K] {
  if (typeof value !== type) throw new Error(`${name} is ${typeName(value)}, not ${type}`);
  return value as Scalars[K];
}

function list(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value)) throw new Error(`${name} is ${typeName(value)}, not array`);
  return value.map((entry: unknown) => checked(entry, name, 'string'));
}

function record<T>(
  fields: Fields,
  name: string,
  entry: (value: unknown, name: string) => T,
): Record<string, T> {
  const value = (Object.hasOwn(fields, name) ? fields[name] : undefined) ?? {};
  if (!isFields(value)) throw new Error(`${name} is ${typeName(value)}, not object`);
  // fromEntries defines properties, so that a key `__proto__` is only a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, of]): [string, T] => [key, entry(of, `${name}.${key}`)]),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
