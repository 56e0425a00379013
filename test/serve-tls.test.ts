/** Laws of the LB's listeners over TLS: HTTP/1.1 and HTTP/2, client certificates, rotation. */
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createAuthority, noOpenssl, type Authority, type Issued } from './support/certificates.js';
import { configText, startLb, type Asking, type Lb } from './support/lb.js';
import { serveRunner, type ServedRunner } from './support/served-runner.js';

const WAIT = { timeout: 10_000 };
let folder = '';
let runner: ServedRunner;
let ours: Authority;
let lb: Lb | undefined;
const at = (name: string): string => join(folder, name);
const read = (file: string): string => readFileSync(file, 'utf8');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-serve-tls-'));
  runner = await serveRunner();
  if (noOpenssl === undefined) ours = createAuthority(folder, 'ours');
});
beforeEach((context) => {
  if (noOpenssl !== undefined) context.skip(noOpenssl);
});
afterEach(() => void lb?.running.child.kill('SIGKILL'));
afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serving(clientCa: string, more = ''): Promise<Lb> {
  const issued = ours.issue('live');
  const tls = `cert: ${issued.cert}, key: ${issued.key}${clientCa}`;
  lb = await startLb(
    at('lb.yaml'),
    configText(`listeners: [{ listen: 127.0.0.1:0, tls: { ${tls} } }]
functions: { a: {} }
groups: { default: { runners: ["${runner.address}"] } }
${more}`),
  );
  return lb;
}

/** A request over HTTP/2, and its status. */
async function overHttp2(session: ClientHttp2Session): Promise<number> {
  const stream = session.request({ ':method': 'POST', ':path': '/invoke/a' });
  stream.end('ping');
  return new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(Number(headers[':status']))).on('error', reject);
    stream.resume();
  });
}

/** The serial number of the certificate that it shows. */
const serialOf = (url: string, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const socket = connectTls({
      host,
      port: Number(port),
      ca,
      checkServerIdentity: () => undefined,
    });
    socket.on('error', reject).on('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });

test('who offers HTTP/2 gets it, who does not gets HTTP/1.1, and a drain says goodbye', async () => {
  const { url, ask, running } = await serving('');
  const ca = read(ours.ca);
  expect((await ask({ ca })).status).toBe(200);
  const session = connectHttp2(url, { ca });
  expect(await Promise.all([1, 2, 3].map(() => overHttp2(session)))).toEqual([200, 200, 200]);
  const goodbye = new Promise((resolve) => session.once('goaway', resolve));
  const closed = new Promise((resolve) => session.once('close', resolve));
  running.child.kill('SIGTERM');
  await Promise.all([goodbye, closed]);
  expect((await running.done).code).toBe(0);
});

test('with an authority for clients, who has no certificate of it is refused', async () => {
  const { url, ask, running } = await serving(`, clientCa: ${ours.ca}`);
  const stranger = createAuthority(folder, 'stranger').issue('who');
  const ca = read(ours.ca);
  const pair = ({ cert, key }: Issued): Asking => ({ ca, cert: read(cert), key: read(key) });
  expect((await ask(pair(ours.issue('client')))).status).toBe(200);
  await expect(ask({ ca })).rejects.toThrow();
  await expect(ask(pair(stranger))).rejects.toThrow();
  await running.said('TLS refused');
  expect(url).toMatch(/^https:/);
});

test('a certificate that is replaced is shown from then on; a broken one changes nothing', async () => {
  const { url, ask, running } = await serving('');
  const ca = read(ours.ca);
  const first = await serialOf(url, ca);
  const next = ours.issue('next');
  copyFileSync(next.cert, at('live.pem'));
  copyFileSync(next.key, at('live.key'));
  await vi.waitFor(async () => expect(await serialOf(url, ca)).not.toBe(first), WAIT);
  const second = await serialOf(url, ca);
  copyFileSync(at('lb.yaml'), at('live.key'));
  await running.said('the last good certificates hold');
  expect([await serialOf(url, ca), (await ask({ ca })).status]).toEqual([second, 200]);
});

const EDGE = 'edge: { headersTimeout: 300ms, keepAlive: 300ms, linger: 100ms, headersMax: 4KiB }';

/** What is said to these bytes, over a protocol, until the connection is closed. */
const saidTo = (url: string, protocol: string, bytes: string, drip = ''): Promise<string> =>
  new Promise((resolve) => {
    const { hostname: host, port } = new URL(url);
    const how = { host, port: Number(port), rejectUnauthorized: false };
    const socket = connectTls({ ...how, ALPNProtocols: [protocol] });
    let said = '';
    socket.on('error', () => undefined).on('secureConnect', () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    const dripping = setInterval(() => socket.write(drip, 'latin1'), 50);
    socket
      .on('end', () => socket.destroy())
      .on('close', () => {
        clearInterval(dripping);
        resolve(said);
      });
  });

test('over HTTP/1.1 has the limits of a listener without TLS', async () => {
  const { url } = await serving('', EDGE);
  const head = 'GET /invoke/a HTTP/1.1\r\n';
  const many = `${head}Host: x\r\nX: ${'x'.repeat(8000)}\r\n\r\n`;
  expect(await saidTo(url, 'http/1.1', many)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await saidTo(url, 'http/1.1', `${head}\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await saidTo(url, 'http/1.1', head, 'x')).toMatch(/^HTTP\/1\.1 408 /);
});

test('who shakes no hands, or begins headers of HTTP/2 without an end, is let go', async () => {
  const { url } = await serving('', EDGE);
  const silent = connect(Number(new URL(url).port), '127.0.0.1');
  await new Promise((resolve) => silent.on('error', () => undefined).once('close', resolve));
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
  await saidTo(url, 'h2', `${preface}\0\x3f\xff\x01\0\0\0\0\x01`, '\0');
});

test('an upload over HTTP/2 that goes on behind its answer ends when the linger is over', async () => {
  const { url } = await serving('', EDGE);
  const session = connectHttp2(url, { ca: read(ours.ca) }).on('error', () => undefined);
  for (const headers of [{ ':path': '/nowhere' }, { ':path': '/invoke/a', expect: 'more' }]) {
    const stream = session.request({ ':method': 'POST', ...headers });
    const dripping = setInterval(() => stream.write('x'), 20);
    await once(stream.on('error', () => undefined).resume(), 'close');
    clearInterval(dripping);
    expect(stream.rstCode).toBe(0);
  }
  session.destroy();
});

test('over HTTP/2 many small headers pass, within their bytes', async () => {
  const { url } = await serving('');
  const session = connectHttp2(url, { ca: read(ours.ca) }).on('error', () => undefined);
  const cookies = Array.from({ length: 300 }, (_, i) => `c${i}=${i}`);
  const headers = { ':method': 'POST', ':path': '/invoke/a', cookie: cookies };
  const stream = session.request(headers, { endStream: true });
  const [answer] = (await once(stream.resume(), 'response')) as [Record<string, unknown>];
  expect(answer[':status']).toBe(200);
  session.destroy();
});

test('over HTTP/2 too many bytes of headers are 431', async () => {
  const { url } = await serving('', EDGE);
  const session = connectHttp2(url, { ca: read(ours.ca) }).on('error', () => undefined);
  const headers = { ':method': 'POST', ':path': '/invoke/a', x: 'x'.repeat(8000) };
  const stream = session.request(headers, { endStream: true });
  const [answer] = (await once(stream.resume(), 'response')) as [Record<string, unknown>];
  expect([answer[':status'], await overHttp2(session)]).toEqual([431, 200]);
  session.destroy();
});
