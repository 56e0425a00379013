/** A thread that runs a module's handler, a call at a time. Its other end: `module-threads.ts`. */
import { workerData, type MessagePort } from 'node:worker_threads';
import type { Header } from '../../core/index.js';
import { textOf } from '../exit.js';
import type { FullAnswer, Handler, HandlerAnswer, HandlerRequest, Piece } from './handler.js';

/** What a thread is made with. */
export interface ThreadData {
  /** Its URL. */
  readonly module: string;
  readonly port: MessagePort;
}

export type ToThread =
  | { readonly kind: 'call'; readonly request: Omit<HandlerRequest, 'signal'> }
  /** The next piece may come. */
  | { readonly kind: 'more' }
  | { readonly kind: 'cancel' };

export type FromThread =
  /** The module is there, and has a handler. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'start'; readonly status: number; readonly headers: readonly Header[] }
  /** The next one follows when `more` has come. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };

const { module, port } = workerData as ThreadData;

const say = (message: FromThread, moved: ArrayBuffer[] = []): void =>
  port.postMessage(message, moved);

let abort = new AbortController();
/** Of the piece that is out. */
let onMore: (() => void) | undefined;
let onCancel: ((why: Error) => void) | undefined;

const handler = await load();
port.on('message', (message: ToThread) => {
  if (message.kind === 'call') void serve(message.request);
  else if (message.kind === 'more') onMore?.();
  else {
    abort.abort();
    onCancel?.(new Error('canceled'));
  }
});
say({ kind: 'loaded' });

async function load(): Promise<Handler> {
  const loaded = (await import(module)) as { default?: unknown; handler?: unknown };
  const found = [loaded.default, loaded.handler].find((one) => typeof one === 'function');
  if (found === undefined) throw new Error('it exports no function, as default or as handler');
  return found as Handler;
}

async function serve(request: Omit<HandlerRequest, 'signal'>): Promise<void> {
  abort = new AbortController();
  try {
    const { signal } = abort;
    const { status, headers, pieces } = read(await handler({ ...request, signal }));
    say({ kind: 'start', status, headers });
    for await (const piece of pieces) await send(piece, signal);
    say({ kind: 'done' });
  } catch (thrown) {
    say({ kind: 'failed', why: textOf(thrown) });
  }
}

async function send(piece: unknown, signal: AbortSignal): Promise<void> {
  // A copy: what a view is a part of is not the other thread's.
  const bytes = typeof piece === 'string' ? encoder.encode(piece) : copyOf(piece);
  if (bytes.length === 0) return;
  const more = new Promise<void>((resolve, reject) => {
    if (signal.aborted) return reject(new Error('canceled'));
    onMore = resolve;
    onCancel = reject;
  });
  say({ kind: 'data', bytes }, [bytes.buffer]);
  await more;
}

const encoder = new TextEncoder();

function copyOf(piece: unknown): Uint8Array<ArrayBuffer> {
  if (piece instanceof Uint8Array) return new Uint8Array(piece);
  throw new TypeError(`a body is made of texts and Uint8Arrays, not of ${typeof piece}`);
}

interface Read {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly pieces: Iterable<Piece> | AsyncIterable<Piece>;
}

/** JavaScript may return anything. */
function read(answer: HandlerAnswer): Read {
  if (isPiece(answer)) return { status: 200, headers: [], pieces: [answer] };
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    const got = answer === null ? 'null' : Array.isArray(answer) ? 'an array' : typeof answer;
    throw new TypeError(`the handler returned ${got}, not a text, a Uint8Array or { body }`);
  }
  const { status = 200, headers = {}, body = [] }: FullAnswer = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`the handler returned the status ${String(status)}`);
  }
  const flat = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value: unknown): Header => [name, String(value)]),
  );
  return { status, headers: flat, pieces: isPiece(body) ? [body] : body };
}

const isPiece = (value: unknown): value is Piece =>
  typeof value === 'string' || value instanceof Uint8Array;
