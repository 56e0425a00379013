/** The program `serve` in a process of its own, and clients for it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { start, type Running } from './cli.js';

export interface Lb {
  readonly url: string;
  readonly admin: string;
  readonly running: Running;
  /** Calls function `a`, unless it says another path. */
  ask(given?: Asking): Promise<Answered>;
  /** What the operators' listener says; JSON is parsed. */
  look(path: string): Promise<Answered>;
  /** What /debug says it holds: all 0 when nothing is in flight. */
  held(): Promise<readonly number[]>;
  /** A value of /metrics. */
  metric(name: string): Promise<number>;
  /** SIGTERM, and its end. */
  stop(): Promise<number | null>;
}

export interface Asking extends RequestOptions {
  readonly body?: string | Uint8Array;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A configuration with what tests share; `more` is its other lines. */
export function configText(more: string): string {
  return `version: 1
id: lb
admin: { listen: 127.0.0.1:0 }
drain: { wait: 0ms, grace: 10s }
${more}`;
}

/** Starts it by a configuration, written to `file`, or by arguments of its own. */
export async function startLb(file: string, text: string, env?: NodeJS.ProcessEnv): Promise<Lb> {
  writeFileSync(file, text);
  const running = start(['serve', '--config', file], env);
  await running.said('serve: ');
  const [, url = '', admin = ''] =
    /serve: (https?:[^\s,]+).*, admin (\S+), /.exec(running.stderr()) ?? [];
  const look = (path: string): Promise<Answered> => ask(`${admin}${path}`, { method: 'GET' });
  return {
    url,
    admin,
    running,
    ask: (given = {}) => ask(`${url}${given.path ?? '/invoke/a'}`, given),
    look,
    async held() {
      const { held } = JSON.parse((await look('/debug')).body) as { held: Record<string, number> };
      return Object.values(held);
    },
    async metric(name) {
      const { body } = await look('/metrics');
      return Number(new RegExp(`^windtunnel_${name} (.*)$`, 'm').exec(body)?.[1]);
    },
    async stop() {
      running.child.kill('SIGTERM');
      return (await running.done).code;
    },
  };
}

/** One request, read to its end. Rejects when the connection breaks. */
export async function ask(url: string, given: Asking = {}): Promise<Answered> {
  const { body = '', path: _, ...options } = given;
  const open = url.startsWith('https:') ? secureRequest : request;
  const asking = open(url, { method: 'POST', ...options });
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, body: Buffer.concat(chunks).toString() };
}
