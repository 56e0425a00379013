/**
 * The end of a call, behind its response: listeners are told, for no longer than a limit, and only
 * then is the ticket given back. No client waits for it; close does.
 */
import { Subscription } from 'rxjs';
import type { Call } from './call.js';
import type { Clock, Timer } from './clock.js';
import { after, type CallListener } from './listeners.js';
import type { Verdict } from './response.js';

/** Runs the end and tells `done` once. Returns what cuts it short; that tells `done` as well. */
export function endCall(
  clock: Clock,
  listeners: readonly CallListener[],
  call: Call,
  verdict: Verdict,
  limitUs: number,
  done: () => void,
): () => void {
  let timer: Timer | undefined;
  const running = new Subscription();
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    timer?.cancel();
    running.unsubscribe();
    done();
  };
  // A listener that fails has nobody to tell: the call is over.
  running.add(after(listeners, call, verdict).subscribe({ error: finish, complete: finish }));
  if (!over) timer = clock.after(limitUs, finish);
  return finish;
}
