/** What the checkers know of one call. */
import type { Outcome } from '../core/call.js';
import type { ClientLine } from '../core/record.js';

/**
 * Flat and small, since it is kept to the end of the flight for executor lines that come late. -1
 * is "not told yet". Hashes are kept as signed 32-bit integers.
 */
export class Seen {
  arrived = false;
  deadline = Number.MAX_SAFE_INTEGER;
  attempts = 0;
  /** Attempts that are open: two while one of them is a hedge. */
  open = 0;
  committed = false;
  /** How it ended, and when; undefined while it has not. */
  outcome: Outcome | undefined;
  endedAt = -1;
  /** Its listeners are being told of the end, which is the one thing that may follow. */
  ending = false;
  bytesOut = -1;
  /** The last two attempts that ended in another way than by a NACK. */
  kept = -1;
  keptBefore = -1;
  /** Starts in the executors' log, and the attempts of the last two. */
  starts = 0;
  started = -1;
  startedBefore = -1;
  readBytes = -1;
  readHash = 0;
  /** Not a number when two executions got different ones. */
  readMarks = 0;
  /** Two executions read different bytes: one of them not what the client sent. */
  readsDiffer = false;
  answerBytes = -1;
  answerHash = 0;
  answerMarks = 0;
  /** What the client saw; undefined while it said nothing. */
  how: ClientLine['how'] | undefined;
  status = 0;
  idempotent = false;
  sentBytes = -1;
  sentHash = 0;
  sentMarks = 0;
  gotBytes = -1;
  gotHash = 0;
  gotMarks = 0;

  constructor(readonly id: string) {}
}
