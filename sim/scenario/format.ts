/**
 * The scenario file, field by field: shape, range, default and the reason for it. The one source of
 * the file's types, of its JSON Schema and of its validation. What takes two fields to see is in
 * `together.ts`; what the fields become is in `resolved.ts`; functions and faults are next door.
 */
import { z } from 'zod';
import { placerByName, type PlacerName } from '../../core/placer.js';
import {
  count,
  duration,
  expected,
  expectedKind,
  percent,
  rate,
  real,
  size,
  word,
} from './fields.js';
import { faultFile, sloFile } from './format-faults.js';
import { functionFile } from './format-functions.js';

/** Totals that no single field can bound. */
export const TOTALS = {
  functions: 1000,
  /** Arrivals a second, when a load says how many. */
  ratePerSec: 10_000_000,
  /** Runners of the whole fleet. */
  runners: 10_000,
  /** Fault × runner pairs, for a resolved scenario lists each. */
  faultTargets: 1_000_000,
  /** Virtual µs from the first arrival to the last: thirty days. */
  arrivalsUs: 2_592_000_000_000,
} as const;

/** Placement policies a scenario may name: all there are. */
export const PLACERS = Object.keys(placerByName) as [PlacerName, ...PlacerName[]];
/** What a call does that found no runner. */
export const WAITS = ['room', 'poll'] as const;

const arrivalsShape = {
  rate: rate({ min: '0.001/s', max: '10000000/s' })
    .optional()
    .describe('Calls per second, minute or hour. Either this or load.'),
  load: percent({ min: '0.01%', max: '10000%' })
    .optional()
    .describe('Rate as a share of the mean capacity of the whole fleet. Either this or rate.'),
};
export const arrivalsFile = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('poisson').describe('Independent clients: exponential gaps.'),
      ...arrivalsShape,
    }),
    z.strictObject({
      kind: z.literal('constant').describe('A metronome: equal gaps.'),
      ...arrivalsShape,
    }),
  ],
  { error: expectedKind('arrivals such as {kind: poisson, rate: 2000/s}') },
);

const antagonistFile = z
  .strictObject({
    share: percent({ min: '1%', max: '99%' }).describe('Share of the cores that it takes.'),
    busy: duration({ min: '10ms', max: '24h' })
      .prefault('5s')
      .describe('Mean of the spells in which it does. Default 5s: long against a call.'),
    quiet: duration({ min: '10ms', max: '24h' })
      .prefault('5s')
      .describe('Mean of the spells in between. Default 5s: busy half of the time.'),
  })
  .describe(
    'Other work on the machine, by turns that are exponentially drawn. Needs cores. ' +
      'Left out: the runner has its machine to itself.',
  );

export const fleetFile = z
  .strictObject({
    name: word('a name').describe('Runner id; with a count over 1 the ids are name1, name2, …'),
    count: count({ min: 1, max: 10_000 }).default(1).describe('Runners like this. Default 1.'),
    slots: count({ min: 1, max: 10_000 }).describe('Calls a runner executes at once.'),
    queue: count({ min: 0, max: 100_000 })
      .default(0)
      .describe(
        'FIFO places behind the slots. Default 0: a full runner NACKs at once, ' +
          'so that the load balancer decides who waits.',
      ),
    speed: real({ min: 0.001, max: 1000 })
      .default(1)
      .describe('Service times are divided by this. Default 1: all machines alike.'),
    cores: real({ min: 0.001, max: 10_000 })
      .optional()
      .describe(
        'Cores that the executions share equally, none taking more than one; slots is then how ' +
          'many it admits. Left out: each slot has a core of its own, as in queueing theory.',
      ),
    antagonist: antagonistFile.optional(),
    memory: count({ min: 1, max: 1_048_576 })
      .optional()
      .describe(
        "MB that all executions share, each taking its function's; who asks for more than is left " +
          'gets a NACK for its size. Left out: as much as they need.',
      ),
    warm: count({ min: 1, max: TOTALS.functions })
      .default(TOTALS.functions)
      .describe(
        'Functions that a runner holds warm; the least recently used goes first. ' +
          'Default 1000: all of them, each cold once a runner.',
      ),
    cancel: z
      .enum(['stop', 'ignore'])
      .default('stop')
      .describe(
        'What a function does whose call was canceled or expired: stop, or run to its end in its ' +
          'slot, as many do. Default stop: the load balancer is judged, not its functions.',
      ),
  })
  .refine(({ antagonist, cores }) => antagonist === undefined || cores !== undefined, {
    path: ['antagonist'],
    error: 'needs cores, of which it takes a share',
  })
  .describe('A group of equal runners.');

const clientsFile = z
  .strictObject({
    retry: z
      .strictObject({
        times: count({ min: 0, max: 10 })
          .default(0)
          .describe(
            'How often a client without a good answer sends the same again. ' +
              'Default 0: what is offered is what the arrivals say.',
          ),
        after: duration({ min: '1ms', max: '24h' })
          .prefault('1s')
          .describe(
            'From sending to sending again; who still waits then hangs up first. ' +
              'Default 1s: what a person waits for.',
          ),
      })
      .prefault({})
      .describe('Whether clients lose patience. A retry is a call of its own: c5.r1 after c5.'),
  })
  .describe('Who sends the calls.');

const networkFile = z
  .strictObject({
    roundTrip: duration({ min: '0ms', max: '1m' })
      .prefault('1ms')
      .describe('Load balancer to runner and back. Default 1ms: one data centre.'),
    jitter: duration({ min: '0ms', max: '1m' })
      .prefault('0ms')
      .describe(
        'At most this much is added to a message, uniformly drawn; order is kept. ' +
          'Default 0ms: results are easier to reason about.',
      ),
    reconnect: duration({ min: '1ms', max: '10m' })
      .prefault('100ms')
      .describe('Pause before a lost connection is tried again. Default 100ms.'),
  })
  .describe('Links between the load balancer and its runners.');

const placementFile = z
  .strictObject({
    placer: z
      .enum(PLACERS)
      .default('naive')
      .describe('Order in which runners are asked. Default naive: as the original.'),
    retry: z
      .enum(['on', 'off'])
      .default('on')
      .describe(
        'on: a NACKed call is offered to the next runner. off: the first NACK is final, ' +
          'to see what the retry is worth. Default on.',
      ),
    budget: duration({ min: '1ms', max: '1h' })
      .prefault('15s')
      .describe(
        'Longest time a call looks for a runner; half of its timeout if that is less. ' +
          'Default 15s: half of the default timeout, for a call placed late only burns a slot.',
      ),
    pause: duration({ min: '1ms', max: '1m' })
      .prefault('10ms')
      .describe('Between two rounds over all runners. Default 10ms: as the original.'),
    wait: z
      .enum(WAITS)
      .default('room')
      .describe(
        'room: wait until a runner may have room. poll: after the pause, ask all runners again, ' +
          'as the original. Default room: asking everybody melts where all are busy.',
      ),
    hedge: z
      .enum(['on', 'off'])
      .default('off')
      .describe(
        'on: a call that is idempotent and silent for longer than 95 % of its like is offered to ' +
          'a second runner as well, within the retry budget. Default off: it doubles slow work.',
      ),
  })
  .describe('How the load balancer finds a runner.');

const lbFile = z
  .strictObject({
    replicas: count({ min: 1, max: 100 })
      .default(1)
      .describe(
        'Load balancers that share the fleet and see nothing of each other; each call goes to one ' +
          'of those that are there, drawn evenly. Default 1.',
      ),
    late: count({ min: 0, max: 99 })
      .default(0)
      .describe('So many of them, the last ones, join later. Default 0: all are there at once.'),
    joinAfter: duration({ min: '0ms', max: '24h' })
      .prefault('10s')
      .describe('When the late ones have their first calls. Default 10s: the others are busy.'),
  })
  .describe('The load balancers.');

const limitsFile = z
  .strictObject({
    inFlight: count({ min: 1, max: 10_000_000 })
      .default(100_000)
      .describe('Calls in the load balancer at once. Default 100000: about 1 GiB of small calls.'),
    requestBody: size({ min: '1B', max: '64MiB' })
      .prefault('6MiB')
      .describe('Largest request body. Default 6MiB: bodies are cached for a retry.'),
    responseBody: size({ min: '1B', max: '64MiB' })
      .prefault('6MiB')
      .describe('Largest response body. Default 6MiB: symmetric with the request.'),
    bodyTotal: size({ min: '1B', max: '64GiB' })
      .prefault('1GiB')
      .describe('Cached request bodies of all calls. Default 1GiB: what one process can spare.'),
  })
  .describe("The load balancer's limits.");

const name = word('a name').describe('Names the flight in reports and file names.');

/** Each part on its own too: a mistake in one part must not hide those in another. */
export const scenarioFile = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    name,
    about: z
      .string({ error: expected('a sentence or two') })
      .max(1000)
      .default('')
      .describe('One or two sentences for people. Default empty.'),
    seed: count({ min: 0, max: Number.MAX_SAFE_INTEGER })
      .default(1)
      .describe('All chance comes from it. Default 1: the same flight every time.'),
    calls: count({ min: 1, max: 10_000_000 }).describe('Calls that arrive, over all functions.'),
    arrivals: arrivalsFile.describe('When calls arrive: open loop, whatever became of the others.'),
    functions: z
      .record(word('a function name'), functionFile, {
        error: expected('functions by name, such as {hello: {service: 40ms}}'),
      })
      .prefault({ hello: {} })
      .describe('Functions by name, 1 to 1000. Default one, "hello", with all defaults.'),
    fleet: z
      .array(fleetFile, { error: expected('a list of runner groups') })
      .min(1)
      .max(1000)
      .describe('Groups of runners, 1 to 1000; at most 10000 runners in all.'),
    clients: clientsFile.prefault({}),
    network: networkFile.prefault({}),
    placement: placementFile.prefault({}),
    lb: lbFile.prefault({}),
    limits: limitsFile.prefault({}),
    faults: z
      .array(faultFile, { error: expected('a list of faults') })
      .max(1000)
      .default([])
      .describe('What goes wrong, and when; at most 1000. Default nothing.'),
    slo: z
      .array(sloFile, { error: expected('a list of objectives') })
      .max(100)
      .default([])
      .describe('What must hold; at most 100. Default nothing: the flight is only watched.'),
  })
  .describe('A windtunnel scenario: what to fly.');

/** A scenario as a person writes it. */
export type ScenarioFile = z.input<typeof scenarioFile>;
/** The same, valid and with defaults; quantities are µs, bytes, ratios and events per second. */
export type ReadScenario = z.output<typeof scenarioFile>;
export type ReadFleet = z.output<typeof fleetFile>;

/** JSON Schema (draft 2020-12) of the file, for editors. */
export function scenarioJsonSchema(): object {
  return { title: 'windtunnel scenario', ...z.toJSONSchema(scenarioFile, { io: 'input' }) };
}
