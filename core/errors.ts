/**
 * The one error type that crosses the core, its closed list of codes, and the one table from code
 * to HTTP status and outcome. Nothing here is matched by text.
 */
import type { Outcome } from './call.js';
import { RUNNER_EXPIRED, type Finished } from './runner.js';

/**
 * Code → what the client is sent, and how the call counts. The texts are the original's where it
 * has one; the details in a CallError's message stay inside.
 */
const CODES = {
  /** The LB is closing. */
  closed: { status: 503, outcome: 'refused', text: 'Timed out - server too busy' },
  /** The LB closed for good over an open attempt: maybe executed, so "refused" would be a lie. */
  aborted: { status: 502, outcome: 'failed', text: 'the server closed' },
  /** A cap of the gate is reached. */
  full: { status: 503, outcome: 'refused', text: 'Timed out - server too busy' },
  /** No runner accepted the call while it was being looked for. */
  not_placed: { status: 503, outcome: 'refused', text: 'Timed out - server too busy' },
  /** The lookup did not answer in time. */
  lookup_late: { status: 503, outcome: 'refused', text: 'Timed out - server too busy' },
  lookup_failed: { status: 502, outcome: 'failed', text: 'function lookup failed' },
  unknown_app: { status: 404, outcome: 'failed', text: 'app not found' },
  unknown_function: { status: 404, outcome: 'failed', text: 'function not found' },
  /** Neither a function nor a route was asked for. */
  no_request: {
    status: 500,
    outcome: 'failed',
    text: 'no model or request provided for call',
  },
  /** A call option or a listener refused the call. */
  rejected: { status: 500, outcome: 'failed', text: 'internal server error' },
  bad_request: { status: 400, outcome: 'failed', text: 'bad request' },
  body_too_large: { status: 413, outcome: 'failed', text: 'Request content too large' },
  /** The client broke off its body. */
  body_broken: { status: 400, outcome: 'failed', text: 'request body broke off' },
  /** The deadline passed while the client was still uploading. */
  body_late: { status: 408, outcome: 'expired', text: 'request body came too late' },
  /** The deadline passed while an attempt was open, or the runner said so. */
  expired: { status: 504, outcome: 'expired', text: 'Timed out' },
  /** An attempt broke: maybe executed, never offered again (but see idempotent calls). */
  broken: { status: 502, outcome: 'failed', text: 'connection to the runner broke' },
  /** The runner's verdict was a failure. */
  failed: { status: 502, outcome: 'failed', text: 'function failed' },
  response_too_large: { status: 502, outcome: 'failed', text: 'function response body too large' },
  /** The runner sent more or less than the Content-Length it announced. */
  response_length: { status: 502, outcome: 'failed', text: 'invalid function response' },
  /** The client stopped reading. */
  client_idle: { status: 499, outcome: 'canceled', text: 'client closed request' },
  /** The client left. */
  canceled: { status: 499, outcome: 'canceled', text: 'client closed request' },
  /** A bug of ours: an invariant did not hold. */
  internal: { status: 500, outcome: 'failed', text: 'internal server error' },
} as const satisfies Record<string, { status: number; outcome: Outcome; text: string }>;

export type ErrorCode = keyof typeof CODES;

export class CallError extends Error {
  readonly code: ErrorCode;
  /** HTTP status for the client. */
  readonly status: number;
  /** How a call that ends with this error counts. */
  readonly outcome: Outcome;

  /** What the client is told. */
  readonly text: string;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; status?: number; text?: string },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CallError';
    this.code = code;
    this.status = options?.status ?? CODES[code].status;
    this.outcome = CODES[code].outcome;
    this.text = options?.text ?? CODES[code].text;
  }

  /** The only door for foreign errors: what is not a CallError yet is a bug of ours. */
  static from(thrown: unknown): CallError {
    if (thrown instanceof CallError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new CallError('internal', message, { cause: thrown });
  }
}

/** A runner's verdict of failure as an error: its code is the status, where it is an error status.
 * A 503 here came after `start`, so it is not "not executed" and must not read like it. */
export function failure(finished: Finished): CallError {
  const { code, message } = finished;
  if (code === RUNNER_EXPIRED) return new CallError('expired', `the runner: ${message}`);
  const status = code >= 400 && code <= 599 && code !== 503 ? code : 502;
  const text = message === '' || status !== code ? undefined : message;
  const options = text === undefined ? { status } : { status, text };
  return new CallError('failed', `the runner: ${code} ${message}`, options);
}
