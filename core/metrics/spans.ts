/**
 * The original's spans out of the probe's events, through the OpenTelemetry API. It chooses no
 * exporter and no sampler: those are the tracer's. Runners are told of the span of their attempt.
 * Without a call in flight it holds nothing, and every span that it starts ends with its call, or
 * with the call's end.
 *
 * ```text
 * lb_agent_submit            arrive ─ end
 *   agent_call_start         cached ─ listeners are done
 *   send_to_runner           attempt ─ first answer, for each attempt
 *   receive_from_runner      attempt ─ last answer, for each attempt
 *   agent_call_end           end ─ listeners are done
 * ```
 */
import {
  SpanKind,
  SpanStatusCode,
  context,
  trace,
  type Attributes,
  type Context,
  type HrTime,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { TraceOf } from '../attempt-trace.js';
import type { Clock } from '../clock.js';
import type {
  AttemptEnded,
  AttemptNacked,
  AttemptOpened,
  Cached,
  Committed,
  Ended,
  Probe,
  ProbeEvent,
} from '../probe.js';
import { RUNNER_EXPIRED, type Header } from '../runner.js';
import { traceHeaders } from './trace-headers.js';

/** The probe, and what runners are to be told of its spans. */
export type Spans = Probe & {
  /** Give it to the balancer as `trace`: runners work below the `send_to_runner` of an attempt. */
  readonly traceOf: TraceOf;
};

/**
 * Spans of one balancer's calls, below whatever span is active where it is handed one. A call whose
 * first span is not recorded has no others (measured, first-flight: 4 µs a call instead of 18).
 * @example
 * const spans = createSpans(clock, trace.getTracer('windtunnel'));
 * const balancer = createBalancer({ clock, rng, pool, data, probe: spans, trace: spans.traceOf });
 */
export function createSpans(clock: Clock, tracer: Tracer): Spans {
  const open = new Map<string, CallSpans>();

  const arrive = (id: string, at: number): void => {
    // Only a client that uses an id twice meets its own call here.
    open.get(id)?.end(at);
    const spans = new CallSpans(tracer, id, at, clock.wall() * 1000 - at);
    if (spans.recorded) open.set(id, spans);
    else open.delete(id);
  };

  const probe: Probe = (event) => {
    if (event.kind === 'arrive') return arrive(event.call, event.at);
    const spans = open.get(event.call);
    if (spans === undefined) return;
    tell(spans, event);
    if (event.kind === 'call-end' || (event.kind === 'end' && !event.callEnd)) {
      spans.end(event.at);
      open.delete(event.call);
    }
  };
  const traceOf: TraceOf = (call, attempt) => open.get(call)?.traceOf(attempt);
  return Object.assign(probe, { traceOf });
}

function tell(spans: CallSpans, event: Exclude<ProbeEvent, { kind: 'arrive' }>): void {
  switch (event.kind) {
    case 'cached':
      return spans.cached(event);
    case 'skip':
    case 'round':
    case 'wait':
      return spans.listened(event.at);
    case 'attempt':
      spans.listened(event.at);
      return spans.attempt(event);
    case 'nack':
      return spans.nacked(event);
    case 'commit':
      return spans.committed(event);
    case 'attempt-end':
      return spans.attemptEnded(event);
    case 'end':
      return spans.responded(event);
    case 'runner':
    case 'over-budget':
    case 'head':
    case 'call-end':
      return;
  }
}

/** The spans of one attempt. */
interface AttemptSpans {
  readonly send: Span;
  readonly receive: Span;
  /** `send` has not ended. */
  sending: boolean;
}

/** The spans of one call. Instants on the LB's clock, µs. */
class CallSpans {
  private readonly submit: Span;
  private readonly context: Context;
  private image = '';
  /** Open ones, and none where they have not begun or are over. */
  private start: Span | undefined;
  /** By number: a hedge runs beside the attempt that it is for. */
  private readonly attempts = new Map<number, AttemptSpans>();
  private callEnd: Span | undefined;
  private sought = false;
  private responding = true;

  constructor(
    private readonly tracer: Tracer,
    private readonly id: string,
    at: number,
    /** From the LB's clock to µs since 1970, read once a call so that its spans fit together. */
    private readonly epochUs: number,
  ) {
    const parent = context.active();
    const attributes = { 'fn.call_id': id };
    this.submit = tracer.startSpan(
      'lb_agent_submit',
      { attributes, startTime: this.time(at) },
      parent,
    );
    this.context = trace.setSpan(parent, this.submit);
  }

  cached({ at, fn, app, rid, image }: Cached): void {
    this.image = image;
    this.submit.setAttribute('fn.fn_id', fn);
    if (app !== '') this.submit.setAttribute('fn.app_id', app);
    if (rid !== '') this.submit.setAttribute('fn.rid', rid);
    this.start = this.child('agent_call_start', at);
  }

  get recorded(): boolean {
    return this.submit.isRecording();
  }

  /** The listeners have agreed: the search for a runner is on. */
  listened(at: number): void {
    this.sought = true;
    this.start?.end(this.time(at));
    this.start = undefined;
  }

  attempt({ at, attempt, runner }: AttemptOpened): void {
    const of = { 'fn.call_id': this.id, 'fn.runner': runner, image: this.image };
    this.attempts.set(attempt, {
      send: this.child('send_to_runner', at, SpanKind.CLIENT, { 'fn.runner': runner }),
      receive: this.child('receive_from_runner', at, SpanKind.SERVER, of),
      sending: true,
    });
  }

  traceOf(attempt: number): readonly Header[] | undefined {
    const send = this.attempts.get(attempt)?.send;
    return send === undefined ? undefined : traceHeaders(trace.setSpan(this.context, send));
  }

  /** What was sent and was not read by then is the runner's affair, not a failure to send. */
  committed({ at, attempt }: Committed): void {
    const spans = this.attempts.get(attempt);
    if (spans === undefined) return;
    this.endSending(spans, at);
    spans.receive.addEvent('commit', this.time(at));
  }

  nacked({ at, attempt, reason }: AttemptNacked): void {
    fail(this.attempts.get(attempt)?.receive, `503 ${reason}`);
    this.endAttempt(attempt, at);
  }

  attemptEnded(event: AttemptEnded): void {
    const { at, attempt, outcome, cause, message } = event;
    const { send, receive, sending } = this.attempts.get(attempt) ?? {};
    const judged = outcome === 'ok' || outcome === 'failed' || cause === String(RUNNER_EXPIRED);
    if (judged) receive?.addEvent('Runner Execution Details', details(event), this.time(at));
    if (outcome === 'broken' && sending === true) fail(send, `DataLoss ${cause}`);
    if (judged) {
      if (outcome !== 'ok') fail(receive, `${cause} ${message}`);
    } else {
      fail(receive, cause === '' ? outcome : `DataLoss ${cause}`);
    }
    this.endAttempt(attempt, at);
  }

  /** The client has its response: from here on only the call's end is open. */
  responded({ at, outcome, code, status }: Ended): void {
    this.submit.setAttribute('http.response.status_code', status);
    if (outcome === 'canceled') this.submit.addEvent('canceled', this.time(at));
    else if (outcome !== 'ok') fail(this.submit, code);
    // The time for looking can be over before it begins, and then nothing else was told of it.
    if (code === 'not_placed') this.listened(at);
    else if (outcome !== 'canceled') fail(this.start, code);
    this.endCall(at);
    if (this.sought) this.callEnd = this.child('agent_call_end', at);
  }

  /** Ends whatever is open. */
  end(at: number): void {
    this.endCall(at);
    this.callEnd?.end(this.time(at));
    this.callEnd = undefined;
  }

  private endCall(at: number): void {
    for (const attempt of [...this.attempts.keys()]) this.endAttempt(attempt, at);
    this.start?.end(this.time(at));
    this.start = undefined;
    if (this.responding) this.submit.end(this.time(at));
    this.responding = false;
  }

  private endAttempt(attempt: number, at: number): void {
    const spans = this.attempts.get(attempt);
    if (spans === undefined) return;
    this.attempts.delete(attempt);
    this.endSending(spans, at);
    spans.receive.end(this.time(at));
  }

  private endSending(spans: AttemptSpans, at: number): void {
    if (spans.sending) spans.send.end(this.time(at));
    spans.sending = false;
  }

  private child(
    name: string,
    at: number,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = {},
  ): Span {
    const options = { kind, attributes, startTime: this.time(at) };
    return this.tracer.startSpan(name, options, this.context);
  }

  /** Seconds and ns since 1970: the SDK takes a number that is small for another clock's. */
  private time(at: number): HrTime {
    const us = this.epochUs + at;
    const seconds = Math.floor(us / 1_000_000);
    return [seconds, (us - seconds * 1_000_000) * 1000];
  }
}

/** By the original's names, and in its unit for durations: ns. */
const details = (event: AttemptEnded): Attributes => ({
  error_user: event.userError,
  success: event.outcome === 'ok',
  execution_duration: event.executionUs * 1000,
  scheduler_duration: event.schedulerUs * 1000,
});

function fail(span: Span | undefined, message: string): void {
  span?.setStatus({ code: SpanStatusCode.ERROR, message });
}
