/** PORT Executor: what runs functions behind a runner's end of the protocol. */
import type { Observable } from 'rxjs';
import type { RunnerEvent } from '../core/runner.js';
import type { Valve } from '../core/valve.js';
import type { CallModel } from './model.js';

/** One offer, as it came off the wire. */
export interface Offer {
  readonly model: CallModel;
  /** Number of the attempt within its call; 0 from an LB that does not say. */
  readonly attempt: number;
  /** What was left of the call when it was offered, µs; undefined where the LB says no deadline. */
  readonly remainingUs: number | undefined;
  readonly slotHashId: string;
  readonly extensions: Readonly<Record<string, string>>;
  /** The request body as it arrives. Subscribe once; what came before is kept until then. */
  readonly body: Observable<Uint8Array>;
  /** Closed while the LB takes no more output. */
  readonly valve: Valve;
  /**
   * Told by the executor when the function begins, after it has waited for a slot or an image: its
   * timeout runs from then. One that never tells has the LB's deadline alone.
   */
  begin(): void;
}

export interface Executor {
  /**
   * Executes, or emits one NACK. Cold; the grammar is the engagement's (`core/runner.ts`).
   * Unsubscribing stops the function and frees its slot: the LB has canceled, the function's time
   * is over, or it wrote more than it may. What no runner of this size could ever execute is a
   * failure with code 400, not a NACK. May emit during subscribe.
   */
  execute(offer: Offer): Observable<RunnerEvent>;
}
