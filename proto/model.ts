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
  readonly type: 'sync' | 'detached';
  readonly format: 'default' | 'http' | 'json' | 'cloudevent' | 'http-stream';
  readonly url: string;
  readonly method: string;
  readonly priority: number;
  /** Whole seconds, rounded up: the original has no finer unit. */
  readonly timeout: number;
  readonly idle_timeout: number;
  readonly memory: number;
  /** The original's text, for example `100m`; '' reserves none, and is not sent. */
  readonly cpus: string;
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

/**
 * A call as its model. Every field is worked out when it is read, and JSON.stringify reads them all
 * through `toJSON`: an attempt whose message stays an object pays for nothing.
 */
export function callModel(call: Call): CallModel {
  return new ModelOfCall(call);
}

class ModelOfCall implements CallModel {
  readonly #call: Call;
  constructor(call: Call) {
    this.#call = call;
  }
  get id(): string {
    return this.#call.id;
  }
  get status() {
    return 'running' as const;
  }
  get path(): string {
    return `/${this.#call.fn.name}`;
  }
  get image(): string {
    return this.#call.spec.image;
  }
  get type() {
    return this.#call.detached ? 'detached' : 'sync';
  }
  get format() {
    return 'default' as const;
  }
  get url(): string {
    return this.#call.url;
  }
  get method(): string {
    return this.#call.method;
  }
  get priority(): number {
    return 0;
  }
  get timeout(): number {
    return Math.max(1, Math.ceil(this.#call.spec.timeoutMs / 1000));
  }
  get idle_timeout(): number {
    return IDLE_TIMEOUT_S;
  }
  get memory(): number {
    return this.#call.spec.memoryMb;
  }
  get cpus(): string {
    return '';
  }
  get config() {
    return this.#call.spec.config;
  }
  get headers() {
    return groupHeaders(this.#call.spec.headers);
  }
  get created_at(): string {
    return isoDate(this.#call.createdWallMs);
  }
  get started_at(): string {
    return this.created_at;
  }
  get completed_at(): string {
    return ZERO_DATE;
  }
  get app_id(): string {
    return this.#call.spec.app.id;
  }
  get app_name(): string {
    return this.#call.spec.app.name;
  }
  get fn_id(): string {
    return this.#call.fn.id;
  }
  get trigger_id(): string {
    return '';
  }
  toJSON(): object {
    const { cpus, ...model } = plainModel(this);
    return cpus === '' ? model : { ...model, cpus };
  }
}

/** The model with all of its fields as plain values, in the order they travel. */
export function plainModel(model: CallModel): CallModel {
  return {
    id: model.id,
    status: model.status,
    path: model.path,
    image: model.image,
    type: model.type,
    format: model.format,
    url: model.url,
    method: model.method,
    priority: model.priority,
    timeout: model.timeout,
    idle_timeout: model.idle_timeout,
    memory: model.memory,
    cpus: model.cpus,
    config: model.config,
    headers: model.headers,
    created_at: model.created_at,
    started_at: model.started_at,
    completed_at: model.completed_at,
    app_id: model.app_id,
    app_name: model.app_name,
    fn_id: model.fn_id,
    trigger_id: model.trigger_id,
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
