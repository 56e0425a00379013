/** A span's context as headers: W3C Trace Context, and what registered propagators make of it. */
import { propagation, trace, type Context } from '@opentelemetry/api';
import type { Header } from '../runner.js';

/** What is both a header and a name of gRPC metadata, whose `-bin` values are no text. */
const NAME = /^(?!grpc-)(?!.*-bin$)[0-9a-z_.-]{1,128}$/;
const VALUE = /^[\x20-\x7e]{1,8192}$/;

/** Those of the active span of `of`. Names that travel are in lower case. */
export function traceHeaders(of: Context): readonly Header[] {
  const carrier: Record<string, string> = {};
  const span = trace.getSpanContext(of);
  if (span !== undefined) {
    const { traceId, spanId, traceFlags, traceState } = span;
    carrier['traceparent'] =
      `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
    carrier['tracestate'] = traceState?.serialize() ?? '';
  }
  // A set-up without W3C's propagator has a runner that reads another's headers.
  propagation.inject(of, carrier);
  return Object.entries(carrier)
    .map(([name, value]): Header => [name.toLowerCase(), value])
    .filter(([name, value]) => NAME.test(name) && VALUE.test(value));
}
