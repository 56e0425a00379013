/**
 * The logs that one call leaves behind, well-formed, in each shape that a call can take; and ways
 * to change one thing in them.
 */
import type { ClientLine, FlightEvent } from '../../core/record.js';

/** What the LB, the executors and the client say of a call. Each of the three keeps its order. */
export type Logbook = readonly (readonly FlightEvent[])[];

/** The call runs out of time at this instant, µs. */
export const DEADLINE = 1000;

/** Its attempts open at these instants, µs. */
const OPENED = { 1: 20, 2: 50 } as const;

const SENT = { bytes: 3, hash: 0xdeadbeef, marks: 7 };
const WRITTEN = { bytes: 5, hash: 0xfeedbeef, marks: 8 };
const ENDED = {
  kind: 'end',
  outcome: 'ok',
  code: '',
  status: 200,
  bytesIn: 3,
  bytesOut: 5,
  callEnd: false,
} as const;
const UNTOLD = { message: '', userError: false, schedulerUs: 0, executionUs: 0 };
const OF_FUNCTION = { fn: 'f', app: '', image: '', group: 'default', rid: '' };

/** The events of one call, by what differs between shapes. */
function teller(call: string) {
  const at = (us: number) => ({ at: us, call });
  const of = (us: number, attempt: number) => ({ ...at(us), attempt, runner: `r${attempt}` });
  const runs = (us: number, attempt: 1 | 2): FlightEvent[] => {
    const remainingUs = DEADLINE - OPENED[attempt];
    return [
      { kind: 'exec-start', ...of(us, attempt), active: 2, slots: 2, cold: false, remainingUs },
      { kind: 'exec-read', ...of(us + 1, attempt), ...SENT },
    ];
  };
  return {
    at,
    of,
    runs,
    opens: (): FlightEvent[] => [
      { kind: 'arrive', lb: 'lb0', ...at(0), fn: 'f' },
      { kind: 'cached', ...at(10), bytes: SENT.bytes, deadline: DEADLINE, ...OF_FUNCTION },
      { kind: 'skip', ...at(20), runner: 'r9' },
      { kind: 'attempt', hedge: false, token: false, ...of(OPENED[1], 1) },
    ],
    /** The second attempt is the one that answers. */
    answers: (): FlightEvent[] => [
      { kind: 'attempt', hedge: false, token: false, ...of(OPENED[2], 2) },
      { kind: 'commit', ...of(70, 2) },
      { kind: 'head', ...at(70), status: 200 },
      { kind: 'attempt-end', ...of(90, 2), outcome: 'ok', cause: '', ...UNTOLD },
      { ...ENDED, ...at(95), attempts: 2 },
    ],
    executes: (): FlightEvent[] => [
      ...runs(60, 2),
      { kind: 'exec-end', ...of(80, 2), outcome: 'ok', ...WRITTEN },
    ],
    sees(saw: Partial<ClientLine> = {}): FlightEvent[] {
      const sent = { sentAt: 0, sentBytes: SENT.bytes, sentHash: SENT.hash, sentMarks: SENT.marks };
      const got = { how: 'ended', status: 200, ...WRITTEN } as const;
      return [{ kind: 'client', ...at(100), idempotent: false, ...sent, ...got, ...saw }];
    },
  };
}

/** Every shape a call can take. */
export const shapes = {
  ok(call: string): Logbook {
    const { at, of, opens, answers, executes, sees } = teller(call);
    const nacked: FlightEvent[] = [
      { kind: 'nack', ...of(30, 1), reason: 'busy' },
      { kind: 'round', ...at(40), round: 1, runners: 2 },
    ];
    const refuses: FlightEvent = { kind: 'exec-nack', ...of(25, 1), reason: 'busy' };
    return [[...opens(), ...nacked, ...answers()], [refuses, ...executes()], sees()];
  },
  /** Declared idempotent: the first attempt broke, the second answers. */
  retried(call: string): Logbook {
    const { of, opens, answers, runs, executes, sees } = teller(call);
    const breaks: FlightEvent = {
      kind: 'attempt-end',
      ...of(30, 1),
      outcome: 'broken',
      cause: 'stream reset',
      ...UNTOLD,
    };
    // The first runner hears of it long after; what it wrote until then is nobody's answer.
    const stops = { ...of(99, 1), outcome: 'canceled', bytes: 1, hash: 1, marks: 0 } as const;
    return [
      [...opens(), breaks, ...answers()],
      [...runs(22, 1), ...executes(), { kind: 'exec-end', ...stops }],
      sees({ idempotent: true }),
    ];
  },
  refused(call: string): Logbook {
    const { at, of, opens, sees } = teller(call);
    const ends = { ...ENDED, ...at(40), outcome: 'refused', code: 'not_placed' } as const;
    return [
      [...opens(), { kind: 'nack', ...of(30, 1), reason: 'busy' }, { ...ends, attempts: 1 }],
      [{ kind: 'exec-nack', ...of(25, 1), reason: 'busy' }],
      sees({ status: 503, bytes: 9, hash: 9, marks: 0 }),
    ];
  },
  /** It broke after its head went out. */
  cut(call: string): Logbook {
    const { at, of, opens, runs, sees } = teller(call);
    const breaks: FlightEvent[] = [
      { kind: 'commit', ...of(30, 1) },
      { kind: 'head', ...at(30), status: 200 },
      { kind: 'attempt-end', ...of(40, 1), outcome: 'broken', cause: 'stream reset', ...UNTOLD },
      { ...ENDED, ...at(40), outcome: 'failed', code: 'broken', attempts: 1 },
    ];
    return [[...opens(), ...breaks], runs(22, 1), sees({ how: 'cut', bytes: 4, hash: 4 })];
  },
} as const;

export type Shape = keyof typeof shapes;

type Kind = FlightEvent['kind'];
type Of<K extends Kind> = Extract<FlightEvent, { readonly kind: K }>;

/** One change of a logbook. */
export type Change = (book: Logbook) => Logbook;

/** Puts others in the place of the `nth` event of a kind, counted from 1. */
function instead<K extends Kind>(
  kind: K,
  nth: number,
  by: (event: Of<K>) => FlightEvent[],
): Change {
  return (book) => {
    let met = 0;
    const changed = book.map((log) =>
      log.flatMap((event) => (event.kind === kind && ++met === nth ? by(event as Of<K>) : [event])),
    );
    if (met < nth) throw new Error(`no event ${nth} of the kind ${kind}`);
    return changed;
  };
}

/** The event says something else. */
export const put = <K extends Kind>(kind: K, fields: Partial<Of<K>>, nth = 1): Change =>
  instead(kind, nth, (event) => [{ ...event, ...fields }]);

/** The event is told twice, the second time with other fields. */
export const again = <K extends Kind>(kind: K, fields: Partial<Of<K>>, nth = 1): Change =>
  instead(kind, nth, (event) => [event, { ...event, ...fields }]);

/** The event is not told. */
export const without = (kind: Kind, nth = 1): Change => instead(kind, nth, () => []);

/** Others are told behind the event. */
export const behind = (kind: Kind, more: readonly FlightEvent[], nth = 1): Change =>
  instead(kind, nth, (event) => [event, ...more]);

export const both =
  (first: Change, second: Change): Change =>
  (book) =>
    second(first(book));
