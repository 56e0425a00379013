/**
 * The head of a response: which of a runner's headers reach the client, how many bytes it
 * announced, and what its type is when it does not say. The LB owns framing; the runner only
 * describes.
 */
import type { ErrorShape } from './call.js';
import type { CallError } from './errors.js';
import { connectionNames, HOP_BY_HOP, isOfGrpc } from './hop-headers.js';
import type { Header, Start } from './runner.js';

/** Headers of one hop, and the length, which the LB counts for itself. */
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  'content-length',
  // The LB says which call it was.
  'fn-call-id',
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What RFC 9110 allows in a field value, as Latin-1. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Statuses that never have a body. */
const BODYLESS = new Set([204, 205, 304]);

/** Whether a client could make sense of it: no response ends with a 1xx, and none has a 600. */
export const isFinal = (status: number): boolean => status >= 200 && status <= 599;

/** What the LB needs to know of a runner's head. */
export interface Head {
  readonly status: number;
  readonly headers: readonly Header[];
  /** The Content-Length the runner announced, when it is a plain number. */
  readonly declared: number | undefined;
  readonly typed: boolean;
  /** No body may follow: HEAD, 204, 205, 304. */
  readonly bodyless: boolean;
  /** Characters of the runner's headers, forwarded or not, with their `: ` and line ends. */
  readonly size: number;
}

/** Reads a runner's `start`. Headers that are not valid HTTP are dropped; repeats are kept. */
export function readHead(start: Start, method: string): Head {
  // 0 is what a runner says that sets none; the original applies nothing below it either.
  const status = start.status <= 0 ? 200 : start.status;
  const hop = connectionNames(start.headers);
  let declared: number | undefined;
  let typed = false;
  let size = 0;
  const headers: Header[] = [];
  for (const header of start.headers) {
    const name = header[0].toLowerCase();
    size += name.length + header[1].length + 4;
    if (name === 'content-length' && /^\d{1,15}$/.test(header[1])) declared = Number(header[1]);
    if (NOT_FORWARDED.has(name) || isOfGrpc(name) || hop?.has(name) === true) continue;
    if (!TOKEN.test(name) || !VALUE.test(header[1])) continue;
    if (name === 'content-type') typed = true;
    headers.push(header);
  }
  const bodyless = method === 'HEAD' || BODYLESS.has(status);
  return { status, headers, declared, typed, bodyless, size };
}

/** The type of a body whose runner did not say: JSON by its first byte, as the original; else text
 * when it has no control bytes, else bytes. */
export function sniffType(first: Uint8Array | undefined): string {
  if (first === undefined || first.length === 0) return 'text/plain; charset=utf-8';
  if (first[0] === 0x7b) return 'application/json; charset=utf-8';
  const looked = first.subarray(0, 512);
  const binary = looked.some((byte) => byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13);
  return binary ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}

const encoder = new TextEncoder();

/** The response to a call that ended with an error before its head was out. */
export function errorResponse(
  error: CallError,
  callId: string,
  shape: ErrorShape,
): { status: number; headers: Header[]; body: Uint8Array } {
  const message = { message: error.text };
  const body = encoder.encode(`${JSON.stringify(shape === 'v1' ? { error: message } : message)}\n`);
  const headers: Header[] = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Content-Length', String(body.length)],
  ];
  // What is refused before it was a call has no id.
  if (callId !== '') headers.push(['Fn-Call-Id', callId]);
  if (error.status === 503) headers.push(['Retry-After', '15']);
  return { status: error.status, headers, body };
}
