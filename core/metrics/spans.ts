/**
 * The original's spans out of the probe's events, through the OpenTelemetry API. It chooses no
 * exporter, no sampler and no propagation: those are the tracer's. Without a call in flight it
 * holds nothing, and every span that it starts ends with its call, or with the call's end.
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
import type { Clock } from '../clock.js';
import type { AttemptEnded, AttemptNacked, Cached, Ended, Probe, ProbeEvent } from '../probe.js';
import { RUNNER_EXPIRED } from '../runner.js';

/**
 * Spans of one balancer's calls, below whatever span is active where it is handed one. A call whose
 * first span is not recorded has no others (measured, first-flight: 4 µs a call instead of 18).
 * @example
 * const probe = createSpans(clock, trace.getTracer('windtunnel'));
 */
export function createSpans(clock: Clock, tracer: Tracer): Probe {
  const open = new Map<string, CallSpans>();

  const arrive = (id: string, at: number): void => {
    // Only a client that uses an id twice meets its own call here.
    open.get(id)?.end(at);
    const spans = new CallSpans(tracer, id, at, clock.wall() * 1000 - at);
    if (spans.recorded) open.set(id, spans);
    else open.delete(id);
  };

  return (event) => {
    if (event.kind === 'arrive') return arrive(event.call, event.at);
    const spans = open.get(event.call);
    if (spans === undefined) return;
    tell(spans, event);
    if (event.kind === 'call-end' || (event.kind === 'end' && !event.callEnd)) {
      spans.end(event.at);
      open.delete(event.call);
    }
  };
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
      return spans.attempt(event.at, event.runner);
    case 'nack':
      return spans.nacked(event);
    case 'commit':
      return spans.committed(event.at);
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

/** The spans of one call. Instants on the LB's clock, µs. */
class CallSpans {
  private readonly submit: Span;
  private readonly context: Context;
  private image = '';
  /** Open ones, and none where they have not begun or are over. */
  private start: Span | undefined;
  private send: Span | undefined;
  private receive: Span | undefined;
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

  attempt(at: number, runner: string): void {
    this.send = this.child('send_to_runner', at, SpanKind.CLIENT, { 'fn.runner': runner });
    this.receive = this.child('receive_from_runner', at, SpanKind.SERVER, {
      'fn.call_id': this.id,
      'fn.runner': runner,
      image: this.image,
    });
  }

  /** What was sent and was not read by then is the runner's affair, not a failure to send. */
  committed(at: number): void {
    this.send?.end(this.time(at));
    this.send = undefined;
    this.receive?.addEvent('commit', this.time(at));
  }

  nacked({ at, reason }: AttemptNacked): void {
    fail(this.receive, `503 ${reason}`);
    this.endAttempt(at);
  }

  attemptEnded(event: AttemptEnded): void {
    const { at, outcome, cause, message } = event;
    const judged = outcome === 'ok' || outcome === 'failed' || cause === String(RUNNER_EXPIRED);
    if (judged) this.receive?.addEvent('Runner Execution Details', details(event), this.time(at));
    if (outcome === 'broken') fail(this.send, `DataLoss ${cause}`);
    if (judged) {
      if (outcome !== 'ok') fail(this.receive, `${cause} ${message}`);
    } else {
      fail(this.receive, cause === '' ? outcome : `DataLoss ${cause}`);
    }
    this.endAttempt(at);
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
    this.endAttempt(at);
    this.start?.end(this.time(at));
    this.start = undefined;
    if (this.responding) this.submit.end(this.time(at));
    this.responding = false;
  }

  private endAttempt(at: number): void {
    this.send?.end(this.time(at));
    this.receive?.end(this.time(at));
    this.send = undefined;
    this.receive = undefined;
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
