/** Laws of the LB's listeners over TLS: HTTP/1.1 and HTTP/2, client certificates, rotation. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
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

async function serving(clientCa: string): Promise<Lb> {
  const issued = ours.issue('live');
  const tls = `cert: ${issued.cert}, key: ${issued.key}${clientCa}`;
  lb = await startLb(
    at('lb.yaml'),
    configText(`listeners: [{ listen: 127.0.0.1:0, tls: { ${tls} } }]
functions: { a: {} }
groups: { default: { runners: ["${runner.address}"] } }`),
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
