/**
 * A platform for real client programs: a web server whose paths are functions, a real runner before
 * it, and the LB in service before that. The clients are the test's.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, vi } from 'vitest';
import { createAuthority, noOpenssl } from './certificates.js';
import { start } from './cli.js';
import { configText, startLb, type Lb } from './lb.js';

const WAIT = { timeout: 20_000 };

export const PLAIN = 'plain text, again and again. '.repeat(100);
export const ZIPPED = gzipSync(PLAIN);

export interface Web {
  readonly lb: Lb;
  /** Base of the HTTPS listener, and the authority it is by; undefined without openssl. */
  readonly secure: { readonly url: string; readonly ca: string } | undefined;
  /** Requests of `/invoke/stream` end once so many have been let go. */
  release(): void;
  /** Requests of `/invoke/stream` whose client left before their end. */
  readonly left: number;
  nothingIsHeld(): Promise<void>;
  close(): Promise<void>;
}

export async function startWeb(folder: string): Promise<Web> {
  const streams = new Set<ServerResponse>();
  let left = 0;
  const server = createServer((request, response) => {
    // A page of another server may read it, as a function for browsers says for itself.
    response.setHeader('Access-Control-Allow-Origin', '*');
    const name = (request.url ?? '').replace(/^\/invoke\/|\?.*$/g, '');
    if (name === 'sum') return void sum(request, response);
    if (name === 'zip') {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' });
      return void response.end(ZIPPED);
    }
    if (name === 'stream') {
      streams.add(response);
      response.writeHead(200, { 'Content-Type': 'text/plain' }).write('first ');
      response.once('close', () => {
        streams.delete(response);
        if (!response.writableFinished) left += 1;
      });
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': PLAIN.length });
    response.end(PLAIN);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const slots = ['--slots', '64', '--listen', '127.0.0.1:0'];
  const runner = start(['runner', '--http', target, ...slots]);
  await runner.said('listening on ');
  const [, address = ''] = /listening on (\S+),/.exec(runner.stdout()) ?? [];
  const authority = noOpenssl === undefined ? createAuthority(folder, 'ca') : undefined;
  const issued = authority?.issue('lb');
  const tls =
    issued === undefined
      ? ''
      : `, { listen: 127.0.0.1:0, tls: { cert: ${issued.cert}, key: ${issued.key} } }`;
  const text = configText(`listeners: [{ listen: 127.0.0.1:0 }${tls}]
functions: { '*': { timeout: 60s } }
groups: { default: { runners: ["${address}"] } }
log: { access: off }`);
  const lb = await startLb(join(folder, 'lb.yaml'), text);
  const url = /https:[^,]+/.exec(lb.running.stderr())?.[0] ?? '';
  return {
    lb,
    secure: authority === undefined ? undefined : { url, ca: authority.ca },
    release() {
      for (const response of streams) response.end('last');
    },
    get left() {
      return left;
    },
    async nothingIsHeld() {
      await vi.waitFor(async () => expect(await lb.held()).toEqual([0, 0, 0, 0, 0, 0]), WAIT);
    },
    async close() {
      lb.running.child.kill('SIGKILL');
      runner.child.kill('SIGKILL');
      server.closeAllConnections();
      server.close();
      await Promise.all([lb.running.done, runner.done]);
    },
  };
}

/** Says how many bytes it was sent, and which. */
async function sum(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    hash.update(chunk as Buffer);
  }
  response.end(`${bytes} ${hash.digest('hex')}`);
}
