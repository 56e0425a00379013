/**
 * The JSON of a call as the runner reads it (`TryCall.models_call_json`): the union of the field
 * sets of both revisions of the original, so that either kind of runner finds what it needs.
 */
import type { Call } from '../core/call.js';
import { isoDate } from '../core/clock.js';
import type { Header } from '../core/runner.js';

/** Field names are the original's. Dates are RFC 3339 with milliseconds. */
export interface CallModel {
  readonly id: string;
  readonly status: 'running';
  readonly path: string;
  readonly image: string;
  readonly type: 'sync';
  readonly format: 'default' | 'http' | 'json' | 'cloudevent' | 'http-stream';
  readonly url: string;
  readonly method: string;
  readonly priority: number;
  /** Whole seconds, rounded up: the original has no finer unit. */
  readonly timeout: number;
  readonly idle_timeout: number;
  readonly memory: number;
  readonly config: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly created_at: string;
  readonly started_at: string;
  readonly completed_at: string;
  readonly app_id: string;
  readonly app_name: string;
  readonly fn_id: string;
  readonly trigger_id: string;
}

/** The original's zero date, which is sent and not left out. */
const ZERO_DATE = '0001-01-01T00:00:00.000Z';

/** The original's default idle timeout of a function's container, s. */
const IDLE_TIMEOUT_S = 30;

export function callModel(call: Call): CallModel {
  const created = isoDate(call.createdWallMs);
  return {
    id: call.id,
    status: 'running',
    path: `/${call.fn.name}`,
    image: call.fn.image,
    type: 'sync',
    format: 'default',
    url: call.url,
    method: call.method,
    priority: 0,
    timeout: Math.max(1, Math.ceil(call.fn.timeoutMs / 1000)),
    idle_timeout: IDLE_TIMEOUT_S,
    memory: call.fn.memoryMb,
    config: call.fn.config,
    headers: groupHeaders(call.headers),
    created_at: created,
    started_at: created,
    completed_at: ZERO_DATE,
    app_id: call.fn.group,
    app_name: call.fn.group,
    fn_id: call.fn.id,
    trigger_id: '',
  };
}

/** Go's canonical form of a header name: `x-request-id` becomes `X-Request-Id`. */
export function canonicalHeader(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function groupHeaders(headers: readonly Header[]): Record<string, string[]> {
  const grouped: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (grouped[canonicalHeader(name)] ??= []).push(value);
  return grouped;
}
