/**
 * The resolved scenario: what flies, with nothing left to decide. Plain JSON in integer µs, bytes
 * and events per second, every default filled in, every runner by its id. Records and capsules
 * carry it, so it is a schema of its own: `scenarioFromJson` reads one back.
 */
import { z } from 'zod';
import { PLACERS, WAITS } from './format.js';

const us = z.int().min(0);
const bytes = z.int().min(0);
const positive = z.number().positive();
const ratio = z.number().min(0).max(1);

const law = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), valueUs: us }).readonly(),
  z.strictObject({ kind: z.literal('uniform'), minUs: us, maxUs: us }).readonly(),
  z.strictObject({ kind: z.literal('exponential'), meanUs: us }).readonly(),
  z
    .strictObject({ kind: z.literal('lognormal'), medianUs: us, sigma: z.number().min(0) })
    .readonly(),
]);

const flownFunction = z
  .strictObject({
    name: z.string(),
    weight: z.number().min(0),
    service: law,
    coldStartUs: us,
    timeoutUs: us,
    requestBytes: bytes,
    responseBytes: bytes,
    idempotent: z.boolean(),
    head: z.enum(['late', 'early']),
    memoryMb: z.int().min(1),
  })
  .readonly();

const flownRunner = z
  .strictObject({
    id: z.string(),
    slots: z.int().min(1),
    queue: z.int().min(0),
    speed: positive,
    /** Null: each slot has a core of its own. */
    cores: positive.nullable(),
    antagonist: z
      .strictObject({ share: ratio.lt(1), busyUs: us.min(1), quietUs: us.min(1) })
      .readonly()
      .nullable(),
    /** Null: no such limit. */
    memoryMb: z.int().min(1).nullable(),
    warm: z.int().min(1),
    cancel: z.enum(['stop', 'ignore']),
  })
  .readonly();

/** `untilUs: null` is for ever (JSON has no Infinity); of an instant it equals `atUs`. */
const spell = { atUs: us, untilUs: us.nullable(), runners: z.array(z.string()).readonly() };
const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('crash'), ...spell }).readonly(),
  // The k-th runner, from 0, begins and ends k · rollingUs later.
  z.strictObject({ kind: z.literal('drain'), ...spell, rollingUs: us }).readonly(),
  z.strictObject({ kind: z.literal('pause'), ...spell }).readonly(),
  z.strictObject({ kind: z.literal('slow'), ...spell, factor: positive, addUs: us }).readonly(),
  z.strictObject({ kind: z.literal('nack-storm'), ...spell, probability: ratio }).readonly(),
  z.strictObject({ kind: z.literal('stream-reset'), ...spell, untilUs: us }).readonly(),
  z.strictObject({ kind: z.literal('half-open'), ...spell }).readonly(),
  z.strictObject({ kind: z.literal('response-lost'), ...spell, probability: ratio }).readonly(),
]);

const slo = z.union([
  z.strictObject({ metric: z.string(), min: z.number() }).readonly(),
  z.strictObject({ metric: z.string(), max: z.number() }).readonly(),
]);

export const resolvedScenario = z
  .strictObject({
    version: z.literal(1),
    name: z.string(),
    about: z.string(),
    seed: z.int().min(0),
    calls: z.int().min(1),
    arrivals: z
      .strictObject({ kind: z.enum(['poisson', 'constant']), ratePerSec: positive })
      .readonly(),
    clients: z
      .strictObject({ retry: z.strictObject({ times: z.int().min(0), afterUs: us }).readonly() })
      .readonly(),
    functions: z.array(flownFunction).min(1).readonly(),
    runners: z.array(flownRunner).min(1).readonly(),
    network: z.strictObject({ roundTripUs: us, jitterUs: us, reconnectUs: us }).readonly(),
    placement: z
      .strictObject({
        placer: z.enum(PLACERS),
        retry: z.boolean(),
        budgetUs: us,
        pauseUs: us,
        wait: z.enum(WAITS),
        hedge: z.boolean(),
      })
      .readonly(),
    lb: z
      .strictObject({ replicas: z.int().min(1), late: z.int().min(0), joinAfterUs: us })
      .readonly(),
    limits: z
      .strictObject({
        inFlight: z.int().min(1),
        requestBodyBytes: bytes,
        responseBodyBytes: bytes,
        bodyTotalBytes: bytes,
      })
      .readonly(),
    faults: z.array(fault).readonly(),
    slo: z.array(slo).readonly(),
  })
  .readonly();

export type Scenario = z.infer<typeof resolvedScenario>;
export type ScenarioFunction = Scenario['functions'][number];
export type ScenarioRunner = Scenario['runners'][number];
export type ScenarioFault = Scenario['faults'][number];
export type ScenarioSlo = Scenario['slo'][number];
export type ServiceLaw = ScenarioFunction['service'];
