/**
 * The trace context of an attempt: headers by which its runner knows which span of the LB's it
 * works for. They are the attempt's, not the call's: two runners that are offered one call get
 * different ones. It makes no span (`metrics/spans.ts` does), and without a tracer it does nothing.
 */
import type { Call } from './call.js';
import type { Header } from './runner.js';

/** Asked as an attempt opens, right behind the probe; undefined leaves the client's headers be. */
export type TraceOf = (call: string, attempt: number) => readonly Header[] | undefined;

/** W3C Trace Context. A `tracestate` without the `traceparent` that it came with means nothing. */
const OF_A_TRACE: readonly string[] = ['traceparent', 'tracestate'];

/** The call as this attempt offers it. All that its stations share stays shared. */
export function underTrace(call: Call, trace: readonly Header[]): Call {
  const replaced = new Set([...OF_A_TRACE, ...trace.map(([name]) => name.toLowerCase())]);
  const others = call.spec.headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...call, trace, spec: { ...call.spec, headers: [...others, ...trace] } };
}
