/** Traces of the LB in service: its spans are of the trace that the client began. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { of } from 'rxjs';
import { afterAll, expect, test } from 'vitest';
import type { RunnerEvent } from '../core/index.js';
import type { Executor } from '../proto/index.js';
import { configText, startLb, type Lb } from './support/lb.js';
import { serveExecutor } from './support/program.js';

const folder = mkdtempSync(join(tmpdir(), 'windtunnel-traces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a user's own set-up of OpenTelemetry does, as small as it can be. */
const SETUP = `
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, propagation, trace, ROOT_CONTEXT } from '${import.meta.resolve('@opentelemetry/api')}';
import { BasicTracerProvider, SimpleSpanProcessor } from '${import.meta.resolve('@opentelemetry/sdk-trace-base')}';
const stored = new AsyncLocalStorage();
context.setGlobalContextManager({
  active: () => stored.getStore() ?? ROOT_CONTEXT,
  with: (ctx, work, self, ...args) => stored.run(ctx, () => work.call(self, ...args)),
  bind: (ctx, target) => target, enable() { return this; }, disable() { return this; },
});
propagation.setGlobalPropagator({
  inject() {}, fields: () => ['traceparent'],
  extract(ctx, carrier) {
    const [, traceId, spanId] = (carrier.traceparent ?? '').split('-');
    if (traceId === undefined) return ctx;
    return trace.setSpanContext(ctx, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
});
const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const parent = span.parentSpanContext?.spanId;
      process.stderr.write('SPAN ' + JSON.stringify({ name: span.name, traceId, spanId, parent }) + '\\n');
    }
    done({ code: 0 });
  },
  shutdown: async () => {},
};
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
`;

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'rojo=1' };

type Told = Readonly<Record<'traceparent' | 'tracestate', string | undefined>>;

/** NACKs every call's first attempt, and takes note of the trace that each offer is of. */
function refusesOnce(told: Told[]): Executor {
  const head: RunnerEvent = { kind: 'start', status: 200, headers: [] };
  const verdict = { success: true, code: 0, message: '', userError: false };
  return {
    execute({ model, attempt }) {
      const [traceparent] = model.headers['Traceparent'] ?? [];
      const [tracestate] = model.headers['Tracestate'] ?? [];
      told.push({ traceparent, tracestate });
      if (attempt === 1) return of<RunnerEvent>({ kind: 'nack', reason: 'busy' });
      return of<RunnerEvent[]>(head, { kind: 'finished', ...verdict });
    },
  };
}

/** One call by a client that traces, through an LB with this set-up, to two runners. */
async function tracedCall(env: NodeJS.ProcessEnv): Promise<{ lb: Lb; told: Told[] }> {
  const told: Told[] = [];
  const executor = refusesOnce(told);
  const runners = await Promise.all([serveExecutor(executor), serveExecutor(executor)]);
  const text = configText(`listeners: [{ listen: 127.0.0.1:0 }]
functions: { a: {} }
groups: { default: { runners: ${JSON.stringify(runners.map(({ address }) => address))} } }`);
  const lb = await startLb(join(folder, 'lb.yaml'), text, env);
  expect((await lb.ask({ headers })).status).toBe(200);
  expect(await lb.stop()).toBe(0);
  for (const runner of runners) runner.kill();
  return { lb, told };
}

test('one span a call and one an attempt, and each runner works below its own', async () => {
  const setup = join(folder, 'otel.mjs');
  writeFileSync(setup, SETUP);
  const { lb, told } = await tracedCall({ NODE_OPTIONS: `--import=${setup}` });
  const spans = [...lb.running.stderr().matchAll(/^SPAN (.*)$/gm)].map(
    ([, json = '']) => JSON.parse(json) as Record<string, string>,
  );
  const named = (wanted: string) => spans.filter(({ name }) => name === wanted);
  expect(new Set(spans.map((span) => span['traceId']))).toEqual(new Set([TRACE]));
  const [submit] = named('lb_agent_submit');
  expect(submit?.['parent']).toBe(PARENT);
  const attempts = named('receive_from_runner');
  expect(attempts.map((span) => span['parent'])).toEqual(Array(2).fill(submit?.['spanId']));
  const sends = named('send_to_runner').map((span) => span['spanId']);
  expect(new Set(sends).size).toBe(2);
  const traceparents = sends.map((spanId) => `00-${TRACE}-${spanId}-01`);
  expect(told.map((one) => one.traceparent)).toEqual(traceparents);
});

test('without a tracer the headers of the client go on as they are', async () => {
  const { told } = await tracedCall({});
  expect(told).toEqual([headers, headers]);
});
