/**
 * Clients that mean harm, against the LB in service: whatever they do, those who behave are
 * answered, and nothing is held afterwards. `npm run soak` does the same in numbers.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAuthority, noOpenssl } from '../support/certificates.js';
import { scenarioOf } from '../support/fly.js';
import { configText, startLb, type Lb } from '../support/lb.js';
import { serveRunner, type ServedRunner } from '../support/served-runner.js';

const WAIT = { timeout: 20_000 };
let folder = '';
let runner: ServedRunner;
let lb: Lb;
const sockets = new Set<Socket>();

const RUNNER = `version: 1
name: served
calls: 1
arrivals: { kind: poisson, rate: 1/s }
functions: { a: { service: 2ms }, big: { service: 2ms, response: 24MiB } }
fleet: [{ name: r, count: 1, slots: 64 }]`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-hostile-'));
  const { functions } = scenarioOf(RUNNER);
  runner = await serveRunner({ functions, responseMaxBytes: 32 * 1024 * 1024 });
});
beforeEach(async () => {
  lb = await startLb(join(folder, 'lb.yaml'), text('{ listen: 127.0.0.1:0 }'));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  lb.running.child.kill('SIGKILL');
});
afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

const text = (listener: string): string =>
  configText(`listeners: [${listener}]
functions: { a: { timeout: 5s }, big: { timeout: 5s } }
groups: { default: { runners: ["${runner.address}"] } }
limits: { clientIdle: 2s, bodyMax: 1MiB, responseMax: 32MiB }
edge: { headersTimeout: 500ms, requestTimeout: 1s, linger: 200ms, connectionsMax: 2000 }
log: { access: off }`);

function dial(bytes = '', reads = true): Socket {
  const socket = connect(Number(new URL(lb.url).port), '127.0.0.1');
  socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  sockets.add(socket);
  // Who does not read does not see that it was let go.
  if (reads) socket.resume();
  if (bytes !== '') socket.write(bytes);
  return socket;
}

/** What the LB says to these bytes until it closes the connection. */
async function saidTo(bytes: string): Promise<string> {
  const socket = dial(bytes);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  await new Promise((resolve) => socket.once('close', resolve));
  return said;
}

/** Clients that behave, one call after the other, until `harm` is over: all are answered. */
async function meanwhile(harm: Promise<unknown>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let over = false;
  let answered = 0;
  const behave = async (): Promise<void> => {
    while (!over) {
      expect((await lb.ask({ agent, body: 'ping' })).status).toBe(200);
      answered += 1;
    }
  };
  const behaving = Promise.all([behave(), behave(), behave(), behave()]);
  await harm.finally(() => (over = true));
  await behaving;
  agent.destroy();
  return answered;
}

async function nothingIsHeld(): Promise<void> {
  const held = async (): Promise<number[]> => {
    const { held } = JSON.parse((await lb.look('/debug')).body) as { held: object };
    return Object.values(held) as number[];
  };
  await vi.waitFor(async () => expect(await held()).toEqual([0, 0, 0, 0, 0, 0]), WAIT);
  await vi.waitFor(() => expect(runner.executor.active).toBe(0), WAIT);
}

test('connections that do nothing, up to the limit, and are let go', async () => {
  const gone = Promise.all(
    Array.from({ length: 1000 }, () => new Promise((resolve) => dial().once('close', resolve))),
  );
  // Who says nothing has as long as the headers of a request may take.
  expect(await meanwhile(gone)).toBeGreaterThan(0);
  await nothingIsHeld();
});

test('heads and bodies a byte at a time end when their time is over', async () => {
  const head = 'POST /invoke/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n';
  const repeated = (start: string): string[] => Array.from({ length: 20 }, () => start);
  const drip = async (start: string): Promise<string> => {
    const socket = dial(start);
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const dripping = setInterval(() => socket.write('x'), 50);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    return said;
  };
  const drips = Promise.all([...repeated(head), ...repeated(`${head}\r\n`)].map(drip));
  await meanwhile(drips);
  for (const said of await drips) expect(said).toMatch(/^HTTP\/1\.1 408 /);
  await nothingIsHeld();
});

test('readers that stop are cut, and hold no slot of a runner', async () => {
  const readers = Array.from({ length: 3 }, () => {
    const head = 'POST /invoke/big HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
    const socket = dial(head, false);
    return new Promise((resolve) => socket.once('close', resolve));
  });
  await vi.waitFor(async () => expect(await lb.metric('response_bytes')).toBeGreaterThan(0), WAIT);
  const cut = vi.waitFor(async () => expect(await lb.metric('response_bytes')).toBe(0), WAIT);
  await meanwhile(cut);
  await nothingIsHeld();
  for (const socket of sockets) socket.destroy();
  await Promise.all(readers);
});

test('requests that are aborted cost the others nothing', async () => {
  const abort = async (): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      const socket = dial('POST /invoke/a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping');
      await once(socket, 'connect');
      if (i % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
  };
  await meanwhile(Promise.all(Array.from({ length: 10 }, abort)));
  await nothingIsHeld();
});

describe('bytes that are no request', () => {
  test.each<[string, string, RegExp]>([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n', /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['chunks that are not last', 'Transfer-Encoding: chunked, gzip\r\n', /^HTTP\/1\.1 400 /],
    ['a length that is none', 'Content-Length: +5\r\n', /^HTTP\/1\.1 400 /],
    ['a folded line', 'X-A: b\r\n c: d\r\nContent-Length: 0\r\n', /^HTTP\/1\.1 400 /],
    ['a space before the colon', 'Content-Length : 5\r\n', /^HTTP\/1\.1 400 /],
    ['a NUL in a value', 'X-A: a\0b\r\n', /^HTTP\/1\.1 400 /],
    ['headers of 64 KiB', `X-A: ${'a'.repeat(65_536)}\r\n`, /^HTTP\/1\.1 431 /],
  ])('%s', async (_what, headers, answer) => {
    const smuggled = 'GET /invoke/a HTTP/1.1\r\nHost: x\r\n\r\n';
    const said = await saidTo(
      `POST /invoke/a HTTP/1.1\r\nHost: x\r\n${headers}\r\nhello${smuggled}`,
    );
    expect(said).toMatch(answer);
    expect(said.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    await nothingIsHeld();
  });

  test('no Host', async () => {
    expect(await saidTo('GET /invoke/a HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

test('a client of HTTP/2 that resets its streams at once is cut off', async (context) => {
  if (noOpenssl !== undefined) context.skip(noOpenssl);
  lb.running.child.kill('SIGKILL');
  const { cert, key } = createAuthority(folder, 'ca').issue('lb');
  const listeners = `{ listen: 127.0.0.1:0 }, { listen: 127.0.0.1:0, tls: { cert: ${cert}, key: ${key} } }`;
  lb = await startLb(join(folder, 'lb.yaml'), text(listeners));
  const secure = /https:[^,]+/.exec(lb.running.stderr())?.[0] ?? '';
  const session = connectHttp2(secure, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  const cut = new Promise((resolve) => session.once('close', resolve));
  await once(session, 'connect');
  let sent = 0;
  const storm = (): void => {
    for (let i = 0; i < 50 && !session.destroyed; i++, sent++) {
      const stream = session.request({ ':method': 'POST', ':path': '/invoke/a' });
      stream.on('error', () => undefined).close(constants.NGHTTP2_CANCEL);
    }
    if (sent < 50_000 && !session.destroyed) setTimeout(storm, 2);
    else session.destroy();
  };
  storm();
  await meanwhile(cut);
  expect(sent).toBeLessThan(50_000);
  // By our own rule: Node's would let five times as many go by.
  expect((await lb.look('/metrics')).body).toMatch(/^windtunnel_sessions_cut 1$/m);
  await nothingIsHeld();
});
