/**
 * The shape of a function in a module: what `--module` wants as the default export, or as the one
 * named `handler`. Types only.
 *
 * @example
 * export default ({ body }) => ({ headers: { 'Content-Type': 'text/plain' }, body });
 */

export interface HandlerRequest {
  /** Call id; the same for each attempt of a call. */
  readonly id: string;
  readonly method: string;
  /** Path and query, as the client asked for them. */
  readonly url: string;
  /** By lower-case name; several values of one are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body. Its own: it may be written to. */
  readonly body: Uint8Array;
  /**
   * Aborted when nobody waits for the answer any more: the client left, or the time is over. A
   * handler that has not ended 100 ms later loses its thread, and the module's state with it.
   */
  readonly signal: AbortSignal;
}

export type Piece = string | Uint8Array;

export interface FullAnswer {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Pieces are asked for only as fast as the client takes them. Default: empty. */
  readonly body?: Piece | Iterable<Piece> | AsyncIterable<Piece>;
}

/** Alone, a text or bytes are the body of a 200. */
export type HandlerAnswer = Piece | FullAnswer;

/** One call at a time in each thread. What it throws is a failure of the call, with 502. */
export type Handler = (request: HandlerRequest) => HandlerAnswer | Promise<HandlerAnswer>;
