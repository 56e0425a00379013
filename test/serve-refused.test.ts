/** Laws of the LB in service for who is turned away: it is seen, and nothing is uploaded for it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { configText, startLb, type Lb } from './support/lb.js';
import { serveRunner, type ServedRunner } from './support/served-runner.js';

const folder = mkdtempSync(join(tmpdir(), 'windtunnel-refused-'));
const logFile = join(folder, 'access.log');
let runner: ServedRunner;
let lb: Lb;

beforeAll(async () => {
  runner = await serveRunner();
  lb = await startLb(
    join(folder, 'lb.yaml'),
    configText(`listeners: [{ listen: 127.0.0.1:0 }]
functions: { a: { timeout: 5s } }
groups: { default: { runners: ["${runner.address}"] } }
limits: { bodyMax: 1KiB }
edge: { linger: 50ms }
log: { file: ${logFile} }`),
  );
});
afterAll(async () => {
  lb.running.child.kill('SIGKILL');
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what never was a call has a line in the log, without its path, and counts', async () => {
  const count = async (code: string): Promise<number> => {
    const { body } = await lb.look('/metrics');
    return Number(new RegExp(`no_call_total{code="${code}"} (.*)`).exec(body)?.[1]);
  };
  expect([await count('unknown_function'), await count('bad_request')]).toEqual([0, 0]);
  expect((await lb.ask({ path: '/wp-admin?secret' })).status).toBe(404);
  expect((await lb.ask({ path: '/nowhere/secret' })).status).toBe(404);
  expect((await lb.ask({ path: '/invoke/%secret' })).status).toBe(400);
  expect((await lb.ask({ path: '/invoke/secret' })).status).toBe(404);
  expect((await lb.ask({ path: '/t/secret/secret' })).status).toBe(404);
  expect((await lb.ask()).status).toBe(200);
  expect([await count('unknown_function'), await count('bad_request')]).toEqual([2, 1]);
  await vi.waitFor(() => expect(readFileSync(logFile, 'utf8')).toContain('"ok"'));
  const text = readFileSync(logFile, 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; code: string; status: number });
  expect(lines.map(({ msg, code, status }) => [msg, code, status])).toEqual([
    ['no call', 'unknown_function', 404],
    ['no call', 'unknown_function', 404],
    ['no call', 'bad_request', 400],
    ['call', 'unknown_function', 404],
    ['call', 'unknown_app', 404],
    ['call', '', 200],
  ]);
  expect(text).not.toContain('secret');
});

/** What is said to this head, and to the body that follows once it is asked for. */
function saidTo(path: string, bytes: number, more = ''): Promise<string> {
  const socket = connect(Number(new URL(lb.url).port), '127.0.0.1');
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n${more}\r\n`,
  );
  let said = '';
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', () => resolve(said));
    socket.on('data', (chunk: Buffer) => {
      if (said === '' && chunk.toString().includes(' 100 ')) socket.write('x'.repeat(bytes));
      said += chunk.toString();
    });
  });
}

describe('who asks before it uploads', () => {
  test('is told to go on once, when its call is admitted', async () => {
    const said = await saidTo('/invoke/a', 1024, 'Connection: close\r\n');
    expect(said.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  });

  test.each<[string, string, number, string]>([
    ['of no route', '/nowhere', 4, '404'],
    ['of no function', '/invoke/nobody', 4, '404'],
    ['too large', '/invoke/a', 1025, '413'],
  ])(
    '%s has its status, the last of the connection, and no 100',
    async (_, path, bytes, status) => {
      const said = await saidTo(path, bytes);
      expect(said.match(/^HTTP\/1\.1 \d+/gm)).toEqual([`HTTP/1.1 ${status}`]);
      expect(said).toMatch(/^Connection: close\r$/m);
    },
  );
});
