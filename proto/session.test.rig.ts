/** What the tests of the session share: an LB that a test plays, an executor that it scripts. */
import { Subject, type Observable } from 'rxjs';
import type { RunnerEvent } from '../core/runner.js';
import { testCall, utf8 } from '../test/support/calls.js';
import { scriptedServerWire, type ScriptedServerWire } from '../test/support/scripted-wire.js';
import { createVirtualClock, type VirtualClock } from '../test/support/virtual.js';
import type { Offer } from './executor.js';
import { callModel, plainModel, type CallModel } from './model.js';
import { serve, type SessionParts } from './session.js';
import type { ClientMessage } from './wire.js';

const MODEL = plainModel(callModel(testCall(createVirtualClock())));

/** An offer like any other, but for these fields of its call. */
export const offering = (fields: Partial<CallModel> = {}, slotHashId = 'c0'): ClientMessage => ({
  kind: 'try',
  model: { ...MODEL, ...fields },
  slotHashId,
  extensions: { a: 'b' },
});
export const TRY = offering();
export const HALF_CLOSE: ClientMessage = { kind: 'unknown' };
export const frame = (content: string, eof = false): ClientMessage => ({
  kind: 'data',
  bytes: utf8(content),
  eof,
});

type Limits = Partial<Omit<SessionParts, 'clock' | 'executor'>>;

export interface Serving {
  readonly clock: VirtualClock;
  readonly wire: ScriptedServerWire;
  readonly offers: readonly Offer[];
  /** What the executor says, where no `answer` was given. */
  readonly says: Subject<RunnerEvent>;
  peer(...all: readonly ClientMessage[]): void;
}

/** One session, with whatever an executor answers to its offer. */
export function serving(
  given: Limits & {
    readonly answer?: (offer: Offer) => Observable<RunnerEvent>;
    readonly wire?: Parameters<typeof scriptedServerWire>[0];
    readonly clock?: VirtualClock;
  } = {},
): Serving {
  const { answer, wire: wireOf, clock = createVirtualClock(), ...limits } = given;
  const wire = scriptedServerWire(wireOf);
  const offers: Offer[] = [];
  const says = new Subject<RunnerEvent>();
  const executor = {
    execute(offer: Offer) {
      offers.push(offer);
      return answer?.(offer) ?? says;
    },
  };
  serve({ clock, executor, bodyMaxBytes: 1000, responseMaxBytes: 100_000, ...limits }, wire);
  return { clock, wire, offers, says, peer: (...all) => all.forEach((m) => wire.peer(m)) };
}

/** The verdict that was sent, as code and text. */
export const verdict = ({ wire }: Serving): string => {
  const last = wire.sent.at(-1);
  if (last?.kind !== 'finished') return `${wire.sent.length} sent`;
  return last.success ? 'ok' : `${last.errorCode} ${last.errorStr}`;
};
