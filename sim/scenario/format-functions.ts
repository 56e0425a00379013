/**
 * The scenario file's functions, field by field. Like `format.ts`, of which it is a part: what a
 * call of a function costs is drawn in the simulator.
 */
import { z } from 'zod';
import { count, duration, expected, expectedKind, real, size } from './fields.js';

const lawMean = duration({ min: '0ms', max: '1h' });
const lawFile = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('constant').describe('Always the same time.'),
      value: lawMean.describe('The time.'),
    }),
    z
      .strictObject({
        kind: z.literal('uniform').describe('Any time between two, equally likely.'),
        min: lawMean.describe('Shortest time.'),
        max: lawMean.describe('Longest time.'),
      })
      .refine(({ min, max }) => min <= max, {
        path: ['max'],
        error: 'must not be smaller than min',
      }),
    z.strictObject({
      kind: z.literal('exponential').describe('Memoryless: the law of queueing theory.'),
      mean: lawMean.describe('Mean time.'),
    }),
    z.strictObject({
      kind: z.literal('lognormal').describe('Most calls short, a few very long, as in practice.'),
      median: lawMean.describe('Half of the calls take less.'),
      sigma: real({ min: 0, max: 4 }).describe(
        'Spread of the logarithm; 1 gives p99 = 10 medians.',
      ),
    }),
  ],
  { error: expectedKind('a law such as {kind: exponential, mean: 40ms}') },
);

const serviceFile = z.union([duration({ min: '0ms', max: '1h' }), lawFile], {
  error: expected('a duration such as "40ms", or a law such as {kind: exponential, mean: 40ms}'),
});

export const functionFile = z
  .strictObject({
    count: count({ min: 1, max: 1000 })
      .default(1)
      .describe('Functions like this: name1, name2, … Default 1, under the name alone.'),
    zipf: real({ min: 0, max: 5 })
      .default(0)
      .describe(
        'With a count over 1, the weight of the i-th is divided by i to this power: a few popular ' +
          'ones, many rare ones. Default 0: all alike.',
      ),
    weight: real({ min: 0, max: 1_000_000 })
      .default(1)
      .describe('Share of the calls, relative to the other functions. Default 1: equal shares.'),
    service: serviceFile
      .prefault({ kind: 'exponential', mean: '40ms' })
      .describe(
        'Time a runner of speed 1 takes; a duration alone is a constant law. ' +
          'Default exponential 40ms: a small function, and theory to compare with.',
      ),
    coldStart: duration({ min: '0ms', max: '10m' })
      .prefault('0ms')
      .describe(
        'What an execution takes longer on a runner that does not hold the function warm; work ' +
          'like the rest, at speed 1. Default 0ms: every runner is ready for every function.',
      ),
    timeout: duration({ min: '1ms', max: '24h' })
      .prefault('30s')
      .describe('Arrival to end of a call. Default 30s: as the original load balancer.'),
    request: size({ min: '0B', max: '64MiB' })
      .prefault('256B')
      .describe('Body of a request. Default 256B: a small JSON.'),
    response: size({ min: '0B', max: '64MiB' })
      .prefault('1KiB')
      .describe('Body of a response. Default 1KiB: a small JSON.'),
    idempotent: z
      .boolean({ error: expected('true or false') })
      .default(false)
      .describe('Safe to execute twice. Default false: declared, never assumed.'),
    head: z
      .enum(['late', 'early'])
      .default('late')
      .describe(
        'When the response head leaves the runner: with the answer (late), or as soon as the ' +
          'function starts (early). Default late: most functions know their status at the end.',
      ),
    memory: count({ min: 1, max: 1_048_576 })
      .default(128)
      .describe('MB an execution takes on its runner. Default 128: as the original.'),
  })
  .describe('A function that clients call.');

export type ReadFunction = z.output<typeof functionFile>;
export type ReadLaw = z.output<typeof serviceFile>;
