/** Events of single calls for the tests of stories: each with what the test does not care for. */
import type { AttemptEnded, AttemptOpened, Ended } from '../core/probe.js';
import type { ClientLine, FlightEvent } from '../core/record.js';

export const arrive = (call: string, at: number): FlightEvent => ({
  kind: 'arrive',
  at,
  call,
  fn: 'f',
  lb: 'lb0',
});

export const attempt = (
  call: string,
  n: number,
  runner: string,
  at: number,
  how: Partial<AttemptOpened> = {},
): FlightEvent => ({
  kind: 'attempt',
  at,
  call,
  attempt: n,
  runner,
  hedge: false,
  token: false,
  ...how,
});

export const nack = (call: string, n: number, runner: string, at: number): FlightEvent => ({
  kind: 'nack',
  at,
  call,
  attempt: n,
  runner,
  reason: 'busy',
});

export const attemptEnd = (
  call: string,
  n: number,
  runner: string,
  at: number,
  how: Partial<AttemptEnded> = {},
): FlightEvent => {
  const said = { cause: '', message: '', userError: false, schedulerUs: 0, executionUs: 0 };
  return { kind: 'attempt-end', at, call, attempt: n, runner, outcome: 'ok', ...said, ...how };
};

export const start = (call: string, n: number, runner: string, at: number): FlightEvent => {
  const of = { at, call, attempt: n, runner };
  return { kind: 'exec-start', ...of, active: 1, slots: 4, cold: false, remainingUs: -1 };
};

export const stop = (call: string, n: number, runner: string, at: number): FlightEvent => {
  const of = { at, call, attempt: n, runner };
  return { kind: 'exec-end', ...of, outcome: 'ok', bytes: 0, hash: 0, marks: 0 };
};

export const end = (call: string, at: number, how: Partial<Ended> = {}): FlightEvent => {
  const counts = { attempts: 1, bytesIn: 0, bytesOut: 0, callEnd: false };
  return { kind: 'end', at, call, outcome: 'ok', code: '', status: 200, ...counts, ...how };
};

export const client = (
  call: string,
  sentAt: number,
  at: number,
  how: Partial<ClientLine> = {},
): ClientLine => {
  const sent = { sentBytes: 0, sentHash: 0, sentMarks: 0, idempotent: false };
  const got = { status: 200, how: 'ended', bytes: 0, hash: 0, marks: 0 } as const;
  return { kind: 'client', at, call, sentAt, ...sent, ...got, ...how };
};

/** An ok call that took `us`. */
export const answeredCall = (call: string, at: number, us: number): FlightEvent[] => [
  arrive(call, at),
  end(call, at + us),
  client(call, at, at + us),
];
