/**
 * A record is read back: its lines go one by one into the collector that a flight itself feeds,
 * so that what is made of a record is, to the byte, what the flight would have made.
 */
import { z } from 'zod';
import type { ProbeEvent } from '../core/probe.js';
import type { FlightEnd, FlightEvent, FlightHeader } from '../core/record.js';
import {
  createCollector,
  isMetric,
  type CallTrace,
  type Collector,
  type Flight,
  type FlightTrace,
} from '../reports/index.js';
import { createDigest } from '../sim/index.js';
import { CliError } from './exit.js';
import { linesOf } from './lines.js';
import { problemOf } from './record-events.js';

/** Of a line. The last one names every stuck call, so it may be long. */
const LINE_MAX = 64 * 1024 * 1024;
const VERSION = 1;

const count = z.int().min(0);
const amount = z.number().min(0);

const limit = z
  .object({
    metric: z.string().refine(isMetric, 'is no metric'),
    max: z.number().optional(),
    min: z.number().optional(),
  })
  .refine(({ max, min }) => max !== undefined || min !== undefined, 'neither max nor min');

const headerLine = z.object({
  kind: z.literal('flight'),
  version: z.literal(VERSION),
  scenario: z.string(),
  words: z.array(z.string()),
  on: z.enum(['sim', 'grpc']),
  placer: z.string(),
  seed: z.number(),
  calls: count,
  runners: z.array(z.object({ id: z.string(), slots: count })),
  slo: z.array(limit),
  replay: z.string(),
  commit: z.string(),
  node: z.string(),
  windtunnel: z.string(),
});

const endLine = z.object({
  kind: z.literal('landed'),
  digest: z.string().nullable(),
  wallMs: amount,
  virtualMs: amount,
  violations: z.array(z.string()),
  stuck: z.array(z.string()),
});

/** What executors, clients and faults tell; all else is the core's, and of that is the digest. */
const NO_PROBE = ['exec-start', 'exec-read', 'exec-end', 'exec-nack', 'client', 'fault'];

/** Every flight of a record, in the order they flew; a trace is told of them as they are read. */
export function readRecords(file: string, trace?: CallTrace): readonly Flight[] {
  const flights: Flight[] = [];
  let collector: Collector | undefined;
  let traced: FlightTrace | undefined;
  let digest = createDigest();
  let number = 0;
  for (const text of linesOf(file, LINE_MAX)) {
    number += 1;
    const where = `${file}:${number}`;
    const line = objectOf(text, where, number);
    if (collector === undefined) {
      const header = headerOf(line, where);
      collector = createCollector(header);
      traced = trace?.fly(header);
      digest = createDigest();
    } else if (line['kind'] === 'landed') {
      const end = checked<FlightEnd>(endLine, line, where, 'landed');
      refuseChanged(end, digest.text(), where);
      flights.push(collector.land(end));
      traced?.land();
      collector = undefined;
    } else {
      const problem = problemOf(line);
      if (problem !== undefined) throw new CliError([`${where}: ${problem}`]);
      const event = line as unknown as FlightEvent;
      if (!NO_PROBE.includes(event.kind)) digest.add(event as ProbeEvent);
      collector.event(event);
      traced?.event(event);
    }
  }
  if (number === 0) throw new CliError([`${file}: is empty, no record`]);
  if (collector === undefined) return flights;
  throw new CliError([`${file}:${number}: the record ends before its flight has landed`]);
}

/** A flight with lines lost from its middle would be told as another one, under its own digest. */
function refuseChanged(end: FlightEnd, digest: string, where: string): void {
  // A real flight has none.
  if (end.digest === null || end.digest === digest) return;
  throw new CliError([
    `${where}: lines before it are missing or changed: their digest is ${digest}, not ` +
      end.digest.slice(0, 40),
  ]);
}

function headerOf(line: Readonly<Record<string, unknown>>, where: string): FlightHeader {
  if (line['kind'] !== 'flight') {
    throw new CliError([
      `${where}: no record of a flight, which begins with a line of kind flight`,
    ]);
  }
  const { version } = line;
  if (version !== VERSION) {
    const is = JSON.stringify(version)?.slice(0, 40) ?? 'unknown';
    throw new CliError([`${where}: a record of version ${is}; this program reads ${VERSION}`]);
  }
  return checked<FlightHeader>(headerLine, line, where, 'flight');
}

function checked<T>(schema: z.ZodType, line: unknown, where: string, kind: string): T {
  const parsed = schema.safeParse(line);
  if (parsed.success) return parsed.data as T;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new CliError([`${where}: ${kind}: ${path}: ${issue?.message}`]);
}

function objectOf(text: string, where: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError([`${where}: ${number === 1 ? notARecord(text) : 'is no JSON'}`]);
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new CliError([`${where}: is no JSON object, which every line of a record is`]);
}

function notARecord(text: string): string {
  // The second byte of gzip is no UTF-8, so it was replaced.
  if (text.startsWith('\u001f\ufffd')) return 'no record but gzip: unpack it first';
  if (/^\s*</.test(text)) return 'no record but HTML or XML';
  return 'no record, which is a JSON object a line';
}
