/** The configuration of `serve`, field by field: shape, range, default and its reason. */
import { z } from 'zod';
import { placerByName, readAddress, type PlacerName } from '../../core/index.js';
import { isAddress } from '../../proto/index.js';
import { count, duration, expected, size, word } from '../../sim/index.js';
import { headerName, limitsFile } from './limits.js';

const POLICIES = Object.keys(placerByName) as [PlacerName, ...PlacerName[]];

const text = (what: string) => {
  const message = expected(what);
  return z.string({ error: message }).min(1, { error: message }).max(4096, { error: message });
};
const path = () => text('the path of a file');
/** µs → ms. */
const ms = (min: string, max: string) => duration({ min, max }).transform((us) => us / 1000);

/** `host:port`; port 0 takes a free one. */
const listenAt = () => {
  const message = expected('host:port, such as 127.0.0.1:8080');
  return z
    .string({ error: message })
    .refine((at) => (at.endsWith(':0') && readAddress(at) !== undefined) || isAddress(at), {
      error: message,
    });
};
const runnerAt = () => {
  const message = expected('host:port of a runner');
  return z.string({ error: message }).refine(isAddress, { error: message });
};

/** Names of functions and apps, as they stand in a path. */
const named = <T extends z.ZodType>(what: string, value: T) => {
  const message = expected(`${what}: letters, digits, ".", "-" or "_", at most 128`);
  return z.record(z.string().regex(/^(?:[\w.-]{1,128}|\*)$/, { error: message }), value);
};

const functionFile = z.strictObject({
  timeout: ms('1ms', '24h').default(30_000).describe('From arrival to end.'),
  group: word('a group').default('default').describe('The runners that serve it.'),
  memory: count({ min: 1, max: 1_000_000 }).default(128).describe('MB an execution takes.'),
  idempotent: z.boolean().default(false).describe('May be executed twice: one second chance.'),
  image: z.string().max(1024).default(''),
  config: z.record(z.string(), z.string().max(65_536)).default({}),
});

const appFile = z.strictObject({
  config: z.record(z.string(), z.string().max(65_536)).default({}),
  functions: named('a function', functionFile),
  routes: z
    .record(z.string().regex(/^\//, { error: expected('a path that begins with "/"') }), z.string())
    .optional()
    .describe('Path → function of the app. Default: each function at / and its name.'),
});

const tlsFile = z.strictObject({
  cert: path(),
  key: path(),
  clientCa: path().optional().describe('Whose certificates clients need. Default: they need none.'),
});

const listenerFile = z.strictObject({
  listen: listenAt(),
  tls: z
    .union([z.literal('off'), tlsFile])
    .optional()
    .describe('HTTPS, and HTTP/2 for who wants it. Default: plain on loopback, else to be said.'),
});

const runnerTlsFile = z.strictObject({
  ca: path().describe('Whose certificates runners need.'),
  cert: path().optional(),
  key: path().optional(),
  name: text('a host name')
    .optional()
    .describe('The name in their certificates. Default: the host.'),
});

const groupFile = z.strictObject({
  policy: z.enum(POLICIES).default('p2c').describe('p2c: good at any load, and asks nobody.'),
  runners: z
    .array(runnerAt())
    .max(10_000)
    .optional()
    .describe('Fixed addresses. Either these or a file.'),
  file: path().optional().describe("Watched, in the format of Prometheus' file_sd."),
  tls: z
    .union([z.literal('off'), runnerTlsFile])
    .optional()
    .describe('Default: plain to loopback; beyond, "off" has to be said.'),
});

const edgeFile = z.strictObject({
  callIdHeader: headerName().optional().describe('Of a trusted proxy in front. Default: none.'),
  requestIdHeader: headerName().optional().describe('Travels on to the runner. Default: none.'),
  linger: ms('1ms', '1m').default(2000).describe('For a client to read its last answer.'),
  headersTimeout: ms('100ms', '10m').default(10_000).describe('To send all headers.'),
  requestTimeout: ms('100ms', '24h').default(60_000).describe('To send a whole request.'),
  keepAlive: ms('100ms', '1h').default(60_000).describe('An idle connection is closed after it.'),
  headersMax: size({ min: '1KiB', max: '1MiB' }).default(16_384).describe('Of one request.'),
  connectionsMax: count({ min: 1, max: 1_000_000 }).default(20_000).describe('Of one listener.'),
  streamsMax: count({ min: 1, max: 10_000 }).default(100).describe('Of one HTTP/2 connection.'),
});

const logFile = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  access: z.enum(['on', 'off']).default('on').describe('A line a call.'),
  file: path().optional().describe('Opened again on SIGHUP. Default: stdout.'),
});

const drainFile = z.strictObject({
  wait: ms('0ms', '10m').default(5000).describe('Not ready, still serving: balancers look away.'),
  grace: ms('1ms', '24h').default(30_000).describe('For calls in flight; then they are ended.'),
});

export const serveFile = z.strictObject({
  version: z.literal(1),
  id: word('an id').optional().describe('Prefix of call ids, another one for each LB.'),
  listeners: z.array(listenerFile).min(1).max(16),
  admin: z
    .union([z.literal('off'), z.strictObject({ listen: listenAt() })])
    .default({ listen: '127.0.0.1:9901' })
    .describe('/metrics, /healthz, /readyz, /debug. On loopback: it tells much.'),
  functions: named('a function', functionFile)
    .default({})
    .describe('By name; "*" is any other. Default: none, and each call is 404.'),
  apps: named('an app', appFile).default({}),
  routes: z
    .array(
      z.strictObject({
        path: z
          .string()
          .regex(/^\/[^?#]*$/, { error: expected('a path, at its end "*" for all below it') }),
        function: text('a function'),
      }),
    )
    .max(10_000)
    .default([])
    .describe('Paths of your own, before /invoke, /r and /t; the longest that fits.'),
  groups: z.record(word('a group'), groupFile),
  limits: limitsFile.default({}),
  edge: edgeFile.prefault({}),
  log: logFile.prefault({}),
  drain: drainFile.prefault({}),
});

export type ServeFile = z.output<typeof serveFile>;
