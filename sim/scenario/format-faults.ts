/**
 * The scenario file's faults and objectives, field by field. Like `format.ts`, of which it is a
 * part: what a fault does to a runner is the simulator's business.
 */
import { z } from 'zod';
import { duration, expected, expectedKind, real } from './fields.js';

const at = duration({ min: '0ms', max: '720h' }).describe('Begins so long after takeoff.');
const lasting = duration({ min: '1us', max: '720h' })
  .optional()
  .describe('Lasts so long. Left out: for ever.');
const runner = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(10_000)], {
    error: expected('a runner id, a list of ids, or "*"'),
  })
  .describe('A runner id, a list of ids, or "*" for the whole fleet.');
const probability = real({ min: 0.000001, max: 1 })
  .default(1)
  .describe('Chance that a call is hit. Default 1: every call.');

export const faultFile = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('crash').describe('The process dies and restarts afterwards, empty.'),
      at,
      for: lasting,
      runner,
    }),
    z.strictObject({
      kind: z
        .literal('drain')
        .describe(
          'A deploy: the process NACKs what comes, finishes what runs, ends, and restarts afterwards.',
        ),
      at,
      for: lasting,
      runner,
      rolling: duration({ min: '0ms', max: '24h' })
        .prefault('0ms')
        .describe('Each further runner begins so much later. Default 0ms: all at once.'),
    }),
    z.strictObject({
      kind: z.literal('pause').describe('The process stands still: SIGSTOP, then SIGCONT.'),
      at,
      for: lasting,
      runner,
    }),
    z.strictObject({
      kind: z.literal('slow').describe('Service takes longer.'),
      at,
      for: lasting,
      runner,
      factor: real({ min: 1, max: 1_000_000 })
        .default(1)
        .describe('Service times are multiplied by this. Default 1: not at all.'),
      add: duration({ min: '0ms', max: '1h' })
        .prefault('0ms')
        .describe('So much is added to each. Default 0ms: nothing.'),
    }),
    z.strictObject({
      kind: z.literal('nack-storm').describe('The runner NACKs calls though it has room.'),
      at,
      for: lasting,
      runner,
      probability,
    }),
    z.strictObject({
      kind: z.literal('stream-reset').describe('All open streams are reset at that instant.'),
      at,
      runner,
    }),
    z.strictObject({
      kind: z.literal('half-open').describe('Messages vanish both ways; the link looks up.'),
      at,
      for: lasting,
      runner,
    }),
    z.strictObject({
      kind: z.literal('response-lost').describe('Work is done, then the stream breaks instead.'),
      at,
      for: lasting,
      runner,
      probability,
    }),
  ],
  { error: expectedKind('a fault such as {kind: crash, at: 2s, for: 1s, runner: r7}') },
);

const bound = z.union([z.number(), z.string()], {
  error: expected('a number, or one with its unit such as "250ms"'),
});
export const sloFile = z
  .strictObject({
    metric: z
      .string({ error: expected('a metric such as "latencyMs.p99"') })
      .regex(/^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$/, {
        error: expected('a metric such as "latencyMs.p99"'),
      })
      .describe('Dotted path of a number in the result: latencyMs.p99, okRatio, calls.failed, …'),
    min: bound.optional().describe('Misses below this. Exactly one of min and max.'),
    max: bound
      .optional()
      .describe(
        'Misses above this. "250ms" for latencyMs.*, "99.9%" for …Ratio, "5/s" for …PerSec.',
      ),
  })
  .describe('A service level objective; a flight that misses one fails.');

export type ReadFault = z.output<typeof faultFile>;
export type ReadSlo = z.output<typeof sloFile>;
