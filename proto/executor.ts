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
  readonly slotHashId: string;
  readonly extensions: Readonly<Record<string, string>>;
  /** The request body as it arrives. Subscribe once; what came before is kept until then. */
  readonly body: Observable<Uint8Array>;
  /** Closed while the LB takes no more output. */
  readonly valve: Valve;
}

export interface Executor {
  /**
   * Executes, or emits one NACK. Cold; the grammar is the engagement's (`core/runner.ts`).
   * Unsubscribing stops the function and frees its slot. May emit during subscribe.
   */
  execute(offer: Offer): Observable<RunnerEvent>;
}
