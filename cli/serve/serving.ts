/**
 * An LB in service: fleet, balancer, listeners and the operators' listener, out of one
 * configuration. A reload is taken up whole or not at all; a drain loses nobody who listens.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import {
  createMetrics,
  createSpans,
  createSystemClock,
  seededRng,
  type CallError,
} from '../../core/index.js';
import { createLog } from './access-log.js';
import { openAdmin, type Admin } from './admin.js';
import { createBalancing } from './balancing.js';
import type { ServeConfig } from './config.js';
import { createFleet } from './fleet.js';
import { openListener, type Listener } from './listeners.js';
import { believed, createGauges, createRefusals, heldBy, type Counts } from './telling.js';

export interface Serving {
  /** Where clients, and operators, find it. */
  readonly urls: readonly string[];
  readonly adminUrl: string | undefined;
  /** Takes a configuration up. Throws an Error that says why not; then all is as it was. */
  reload(config: ServeConfig): Promise<void>;
  /** A configuration could not even be read. */
  refused(lines: readonly string[]): void;
  /** The log's file was moved away. */
  reopenLog(): void;
  /**
   * Not ready; after `drain.wait` no new connections; resolves when the calls in flight have ended,
   * which they are made to after `drain.grace`.
   */
  drain(): Promise<void>;
}

/** What a configuration may give a function. */
const LONGEST_CALL_MS = 24 * 60 * 60 * 1000;

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Throws an Error for what cannot be another one while it runs. */
function fixed(before: ServeConfig, next: ServeConfig): void {
  for (const name of ['admin', 'log'] as const) {
    if (!isSame(before[name], next[name])) throw new Error(`${name} is changed by a restart only`);
  }
  for (const settings of next.listeners) {
    const { listen } = settings;
    const open = before.listeners.find((one) => one.listen === listen);
    if (open === undefined || (isSame(open, settings) && isSame(before.edge, next.edge))) continue;
    throw new Error(`${listen} stays open: its tls and edge are changed by a restart only`);
  }
}

/** Opens everything, or nothing and throws an Error with the reason. */
export async function serve(first: ServeConfig): Promise<Serving> {
  let config = first;
  const log = createLog(config.log.level, config.log.access === 'on', config.log.file);
  const problem = (text: string): void => log.logger.warn(text);
  const clock = createSystemClock();
  const rng = seededRng(randomInt(0x7fff_ffff));
  const fleet = createFleet(clock, problem);
  const metrics = createMetrics();
  const spans = createSpans(clock, trace.getTracer('windtunnel'));
  const probe = [metrics.probe, log.probe, spans];
  const refusals = createRefusals();
  const refused = (error: CallError): void => {
    refusals.count(error);
    log.refused(error);
  };
  const balancing = createBalancing(
    { clock, rng, pool: fleet.pool, probe, trace: spans.traceOf, refused },
    config,
  );
  const gauges = createGauges();
  const counts: Counts = { version: 1, refused: 0 };
  const startedAt = clock.now();
  const open = new Map<string, Listener>();
  let draining = false;
  let sessionsCut = 0;
  const cutOff = (): void => void (sessionsCut += 1);
  let admin: Admin | undefined;

  const keyOf = (settings: ServeConfig['listeners'][number], edge: ServeConfig['edge']): string =>
    JSON.stringify([settings, edge]);
  /** They have had no client yet. */
  const shut = (opened: ReadonlyMap<string, Listener>): Promise<unknown> =>
    Promise.all([...opened.values()].map((one) => one.drain(0)));
  const openAll = async (next: ServeConfig): Promise<Map<string, Listener>> => {
    const opened = new Map<string, Listener>();
    try {
      for (const settings of next.listeners) {
        const key = keyOf(settings, next.edge);
        if (open.has(key)) continue;
        const { edge } = next;
        const handler = balancing.handler;
        opened.set(key, await openListener({ settings, edge, handler, clock, problem, cutOff }));
      }
      return opened;
    } catch (error) {
      await shut(opened);
      throw error;
    }
  };

  const ready = (): boolean => !draining;
  const connections = (): number =>
    [...open.values()].reduce((sum, one) => sum + one.connections, 0);
  const state = () => ({
    id: config.id,
    ready: ready(),
    config: counts,
    upSeconds: Math.round((clock.now() - startedAt) / 1e6),
    connections: connections(),
    held: heldBy(balancing.all),
    logLinesLost: log.lost,
    memory: process.memoryUsage(),
  });
  const gaugesNow = (): string => {
    const { calls, waiting, attempts, callEnds, bodyBytes, responseBytes } = heldBy(balancing.all);
    return gauges.render({
      ready: ready() ? 1 : 0,
      config_version: counts.version,
      config_refused: counts.refused,
      log_lines_lost: log.lost,
      connections: connections(),
      sessions_cut: sessionsCut,
      calls,
      waiting,
      attempts,
      call_ends: callEnds,
      body_bytes: bodyBytes,
      response_bytes: responseBytes,
    });
  };

  let reloading: Promise<unknown> = Promise.resolve();
  const takeUp = async (next: ServeConfig): Promise<void> => {
    if (draining) return;
    if (isSame(next, config)) {
      // A signal for the log, or for a change that was seen already: what is believed of the
      // runners is worth more than a balancer that is the same.
      return log.logger.info({ version: counts.version }, 'configuration as before');
    }
    fixed(config, next);
    // Whatever can fail comes first.
    const balancer = balancing.prepare(next);
    const opened = await openAll(next);
    if (draining) {
      // Nobody would close them any more.
      await shut(opened);
      return;
    }
    try {
      fleet.follow(next);
    } catch (error) {
      await shut(opened);
      throw error;
    }
    const kept = new Set(next.listeners.map((settings) => keyOf(settings, next.edge)));
    for (const [key, listener] of open) {
      if (kept.has(key)) continue;
      open.delete(key);
      // Who is in flight has as long as a call can have: nobody waits for the address to be gone.
      void listener.drain(LONGEST_CALL_MS);
    }
    for (const [key, listener] of opened) open.set(key, listener);
    config = next;
    balancer.begin();
    counts.version += 1;
    log.logger.info({ version: counts.version }, 'configuration taken up');
  };

  const end = async (): Promise<void> => {
    await Promise.all([...open.values()].map((one) => one.drain(config.drain.grace)));
    await balancing.close();
    fleet.close();
    await admin?.close();
    log.close();
  };

  try {
    fleet.follow(config);
    for (const [key, listener] of await openAll(config)) open.set(key, listener);
    if (config.admin !== 'off') {
      admin = await openAdmin(config.admin.listen, {
        ready,
        metrics: () => metrics.render() + gaugesNow() + refusals.render(),
        metricsType: metrics.contentType,
        runners: () => believed(balancing.current, fleet.pool, Object.keys(config.groups)),
        state,
      });
    }
  } catch (error) {
    await end();
    throw error;
  }

  return {
    get urls() {
      return [...open.values()].map(({ url }) => url);
    },
    adminUrl: admin?.url,
    reload(next) {
      // One after the other: two that open the same address would be in each other's way.
      const taken = reloading.then(() => takeUp(next));
      reloading = taken.catch(() => undefined);
      return taken;
    },
    refused(lines) {
      counts.refused += 1;
      for (const line of lines) log.logger.error(`configuration refused: ${line}`);
    },
    reopenLog: () => log.reopen(),
    async drain() {
      draining = true;
      for (const listener of open.values()) listener.wane();
      await sleep(config.drain.wait);
      await end();
    },
  };
}
