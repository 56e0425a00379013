/** PORT FunctionKind: what the functions of a real runner are, a file a kind. It has no limits. */
import type { Data, Finished, Nack, Start } from '../../core/index.js';
import type { Offer } from '../../proto/index.js';

/** Whom an execution tells how it goes. */
export interface Told {
  /**
   * Said before the function can know of the call: from here on it may have been executed. At most
   * once. False means that it must not begin; a NACK has to follow.
   */
  begin(): boolean;
  output(event: Start | Data): void;
  /**
   * Said exactly once, after a stop as well: it is over, and no process, thread or socket of it is
   * left. A NACK only where `begin` has not said yes.
   */
  end(how: Finished | Nack): void;
}

export interface FunctionKind {
  /** What it is, for the line that says where the runner listens. */
  readonly words: string;
  /**
   * Executes one offer, at once: places and limits are the caller's affair. Returns how to stop it,
   * which is called at most once, and never after `end`. May tell during this call.
   */
  run(offer: Offer, told: Told): () => void;
  /** Ends whatever is left, synchronously: also called while the process exits. */
  close(): void;
}

export const DONE: Finished = Object.freeze({
  kind: 'finished',
  success: true,
  code: 0,
  message: '',
  userError: false,
});

/** `code` is an HTTP status from 400 up; `message` reaches the client. */
export const failed = (code: number, message: string): Finished => ({
  kind: 'finished',
  success: false,
  code,
  message,
  userError: true,
});

/** What is told of an execution that was stopped: nobody is left to read it. */
export const STOPPED: Finished = Object.freeze(failed(499, 'stopped'));

/** Certainly not executed, and the next runner may do better. */
export const NOT_NOW: Nack = Object.freeze({ kind: 'nack', reason: 'busy' });
