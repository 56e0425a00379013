/** Runners, an LB and what stands between them, as processes of the machine that runs the soak. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { packageRoot } from '../../cli/package.js';
import type { LogLine } from '../../cli/runner/slots.js';
import { start, type Running } from '../../test/support/cli.js';
import { startLb, type Lb } from '../../test/support/lb.js';

export const SLOTS = 8;
/** What the function takes, ms. */
export const WORK_MS = 100;

export interface Served {
  readonly url: string;
  kill(): void;
}

/** The function's process. */
export async function serveFunction(): Promise<Served> {
  const child = spawn(
    process.execPath,
    [join(packageRoot, 'dist/bench/soak/function.js'), String(WORK_MS)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: said.toString().trim(), kill: () => void child.kill('SIGKILL') };
}

/** A runner that keeps its address and its log however often it is started. */
export interface Station {
  readonly address: string;
  running: Running;
  /** SIGKILL, and a new process at its place once the old one is gone. */
  crash(): Promise<void>;
  /** SIGTERM, its drain, and a new process. */
  restart(): Promise<void>;
  log(): LogLine[];
}

export async function station(
  folder: string,
  name: string,
  url: string,
  slots = SLOTS,
): Promise<Station> {
  const file = join(folder, `${name}.jsonl`);
  const run = async (listen: string): Promise<[Running, string]> => {
    const http = ['--http', url, '--log', file, '--slots', String(slots)];
    const running = start(['runner', '--listen', listen, ...http]);
    await running.said('listening on ');
    const port = /listening on \S+:(\d+)/.exec(running.stdout())?.[1] ?? '';
    return [running, `127.0.0.1:${port}`];
  };
  const [first, address] = await run('127.0.0.1:0');
  const again = async (one: Station, signal: NodeJS.Signals): Promise<void> => {
    one.running.child.kill(signal);
    await one.running.done;
    [one.running] = await run(address);
  };
  const made: Station = {
    address,
    running: first,
    crash: () => again(made, 'SIGKILL'),
    restart: () => again(made, 'SIGTERM'),
    log() {
      if (!existsSync(file)) return [];
      // The last line of a process that was killed may be cut.
      const lines = readFileSync(file, 'utf8').split('\n');
      return lines.flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as LogLine] : []));
    },
  };
  return made;
}

export interface LbGiven {
  /** Default: a free port of loopback. */
  readonly listen?: string;
  /** Of a second listener, as the configuration has it. Default: there is none. */
  readonly tls?: string;
}

/** An LB in front of these addresses; clients name their calls. */
export function balancer(
  file: string,
  addresses: readonly string[],
  given: LbGiven = {},
): Promise<Lb> {
  const { listen = '127.0.0.1:0', tls } = given;
  const secure = tls === undefined ? '' : `, { listen: 127.0.0.1:0, tls: ${tls} }`;
  const text = `version: 1
id: lb
admin: { listen: 127.0.0.1:0 }
drain: { wait: 1s, grace: 10s }
log: { file: ${file}.log }
listeners: [{ listen: ${listen} }${secure}]
functions: { '*': { timeout: 5s } }
groups: { default: { runners: ${JSON.stringify(addresses)} } }
edge: { callIdHeader: X-Call }
`;
  return startLb(file, text, {
    NODE_OPTIONS: `--import ${join(packageRoot, 'dist/bench/soak/heap.js')}`,
  });
}

/** The runner that each call was last on, out of the access log of the LB of this file. */
export function runnersOf(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(`${file}.log`, 'utf8').trim().split('\n');
  const ended = lines.map((line) => JSON.parse(line) as { call?: string; runner?: string });
  return new Map(
    ended.flatMap(({ call, runner = '' }) => (call === undefined ? [] : [[call, runner]])),
  );
}

/** Bytes of its heap that are in use, after a collection. */
export async function heapOf(lb: Lb): Promise<number> {
  const said = (): string[] => lb.running.stderr().match(/^heap \d+$/gm) ?? [];
  const before = said().length;
  lb.running.child.kill('SIGUSR2');
  while (said().length === before) await pause(20);
  return Number(said().at(-1)?.slice('heap '.length));
}

/** What the LB holds, all counters together; looked at until it is nothing, for so long at most. */
export async function heldAtLast(lb: Lb, patienceMs = 15_000): Promise<number> {
  for (const last = performance.now() + patienceMs; ; await pause(100)) {
    const { held } = JSON.parse((await lb.look('/debug')).body) as { held: Record<string, number> };
    const sum = Object.values(held).reduce((all, one) => all + one, 0);
    if (sum === 0 || performance.now() > last) return sum;
  }
}

export interface Forwarder {
  readonly port: number;
  /** Connections so far, and those that are open. */
  readonly accepted: number;
  readonly open: number;
  close(): void;
}

/**
 * A plain TCP balancer: each connection goes to the next port that is given when it comes, and it
 * knows nothing of what it carries.
 */
export async function forward(ports: () => readonly number[]): Promise<Forwarder> {
  let accepted = 0;
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    const among = ports();
    const port = among[accepted++ % Math.max(1, among.length)];
    if (port === undefined) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    open.add(near);
    near.on('close', () => open.delete(near));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return open.size;
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
