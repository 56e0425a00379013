/** Our own implementations of the ports, held to the suites that others can hold theirs to. */
import { NEVER, map, observeOn, type Observable } from 'rxjs';
import { describe, test } from 'vitest';
import { cachedData } from '../core/cached-data.js';
import { asScheduler, createSystemClock } from '../core/clock.js';
import { staticApps, staticFunctions, type DataAccess } from '../core/data-access.js';
import { placerByName } from '../core/placer.js';
import { createPool, staticPool } from '../core/pools.js';
import { seededRng } from '../core/rng.js';
import { parseCallJson } from '../proto/call-json.js';
import type { Executor } from '../proto/executor.js';
import type { CallModel } from '../proto/model.js';
import { createRunner } from '../proto/runner.js';
import { serve } from '../proto/session.js';
import { createSimExecutor } from '../sim/executor.js';
import {
  clockLaws,
  dataAccessLaws,
  dynamicPoolLaws,
  executorLaws,
  placerLaws,
  poolLaws,
  realPatience,
  rngLaws,
  runnerLaws,
  sinkLaws,
  virtualPatience,
  wireLaws,
  type ClockRig,
  type DataRig,
  type ExecutorRig,
  type Law,
  type RunnerRig,
  type WireRig,
} from './conformance/index.js';
import { turn, type Rig } from './conformance/law.js';
import { CARRIERS, STATUS, carriers, type Carrier, type CarrierName } from './support/carriers.js';
import { oneRunner } from './support/served-runner.js';
import { scriptedLine } from './support/scripted-line.js';
import { httpSink, promisedSink, simulatedSink } from './support/sinks.js';
import { createVirtualClock, type VirtualClock } from './support/virtual.js';

/** Runs a suite as the laws of one implementation. */
function obey<Make>(name: string, laws: readonly Law<Make>[], make: Make): void {
  describe(name, () => {
    test.each(laws.map((law) => ({ law, name: law.name })))('$name', ({ law }) => law.run(make));
  });
}

async function wireRig(name: CarrierName): Promise<WireRig> {
  const carrier = carriers[name]();
  return { ...carrier, ...(await carrier.line()), status: STATUS };
}

async function runnerRig(carrier: Omit<Carrier, 'open'>): Promise<RunnerRig> {
  const { clock } = carrier;
  const { channel, accept, crash } = await carrier.line();
  let executor: Executor = { execute: () => NEVER };
  const limits = { bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 };
  accept((wire) => serve({ clock, executor, ...limits }, wire));
  const runner = createRunner(clock, 'a', channel);
  return { ...carrier, runner, crash, runs: (next) => void (executor = next) };
}

function scripted(): Promise<RunnerRig> {
  const clock = createVirtualClock();
  const line = (): ReturnType<Carrier['line']> => Promise.resolve(scriptedLine(clock));
  return runnerRig({ clock, ...virtualPatience(clock), line, close: () => undefined });
}

describe('Wire', () => {
  for (const name of CARRIERS) obey(name, wireLaws, () => wireRig(name));
});

describe('Runner', () => {
  for (const name of CARRIERS) obey(name, runnerLaws, () => runnerRig(carriers[name]()));
  obey('scripted peer', runnerLaws, scripted);
});

describe('Executor', () => {
  for (const slots of [1, 3]) {
    obey(`simulated, ${slots} slots`, executorLaws, () => simulatedExecutor(slots));
  }
});

function simulatedExecutor(slots: number): ExecutorRig {
  const clock = createVirtualClock();
  const { runner, functions } = oneRunner('{ service: 5ms, response: 20KiB }', slots);
  const rng = seededRng(1);
  const chances = { service: rng, chance: rng, antagonist: rng };
  const parts = { clock, ...chances, runner, functions, log: () => undefined };
  const executor = createSimExecutor({ ...parts, machine: { memoryMb: 4096 } });
  const patience = virtualPatience(clock);
  const rig = { ...patience, executor, slots, close: () => undefined };
  const impossible = modelOf({ fn_id: 'a', memory: 8192 });
  return { ...rig, model: modelOf({ fn_id: 'a' }), unknown: modelOf({ fn_id: 'b' }), impossible };
}

function modelOf(fields: Partial<CallModel>): CallModel {
  const model = parseCallJson(JSON.stringify({ id: 'c1', ...fields }));
  if (typeof model === 'string') throw new Error(model);
  return model;
}

describe('Sink', () => {
  obey('of the HTTP edge', sinkLaws, httpSink);
  obey('of the promise door', sinkLaws, promisedSink);
  obey('of a simulated client', sinkLaws, simulatedSink);
});

describe('Pool', () => {
  obey('static', poolLaws, staticPool);
  const filled: typeof staticPool = (runners) => {
    const pool = createPool();
    for (const runner of runners) pool.add(runner);
    return pool;
  };
  obey('dynamic', poolLaws, filled);
  obey('dynamic, as its runners come and go', dynamicPoolLaws, () => createPool());
});

describe('Placer', () => {
  for (const [name, make] of Object.entries(placerByName)) obey(name, placerLaws, make);
});

const APPS = staticApps({
  shop: { id: 'app-1', functions: { pay: { config: { A: '1' } } }, routes: { '/v1/pay': 'pay' } },
  empty: { functions: {} },
});
const APP = { id: 'app-1', name: 'shop', path: '/v1/pay' };

/** Functions that answer in the turn after the question. */
function dataRig(make: (clock: VirtualClock) => Omit<DataRig, keyof Rig>): DataRig {
  const clock = createVirtualClock();
  return { ...virtualPatience(clock), ...make(clock), close: () => undefined };
}

describe('DataAccess', () => {
  const functions = staticFunctions({ pay: { config: { A: '1' } } });
  obey('static functions', dataAccessLaws, () => dataRig(() => ({ data: functions, fn: 'pay' })));
  const apps = { data: APPS, fn: 'shop/pay', app: APP };
  obey('static apps', dataAccessLaws, () => dataRig(() => apps));
  obey('cached', dataAccessLaws, () =>
    dataRig((clock) => ({ ...apps, data: cachedData(clock, spoilable(clock)) })),
  );
});

/** A source whose answers come a turn later, and could be changed by whoever gets them. */
function spoilable(clock: VirtualClock): DataAccess {
  const later = <T>(source: Observable<T>): Observable<T> =>
    source.pipe(
      map((answer) => structuredClone(answer)),
      observeOn(asScheduler(clock)),
    );
  return {
    appByName: (name) => later(APPS.appByName(name)),
    appById: (id) => later(APPS.appById(id)),
    functionById: (id) => later(APPS.functionById(id)),
    functionByRoute: (app, path) => later(APPS.functionByRoute(app, path)),
  };
}

describe('Clock', () => {
  const close = (): void => undefined;
  obey('virtual', clockLaws, (): ClockRig => {
    const clock = createVirtualClock();
    return { ...virtualPatience(clock), clock, close };
  });
  obey('system', clockLaws, (): ClockRig => {
    return { ...realPatience(turn), clock: createSystemClock(), close };
  });
});

describe('Rng', () => obey('seeded', rngLaws, seededRng));
