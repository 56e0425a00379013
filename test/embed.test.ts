/** README.md's program: it is what is printed there, and it serves calls and closes cleanly. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { of } from 'rxjs';
import { afterEach, expect, test } from 'vitest';
import { createSystemClock, type RunnerEvent } from '../core/index.js';
import {
  createGrpcServer,
  defaultGrpcServerLimits,
  serve,
  type Executor,
  type GrpcServer,
} from '../proto/index.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

let program: ChildProcess | undefined;
let runner: GrpcServer | undefined;
afterEach(() => {
  program?.kill('SIGKILL');
  runner?.forceClose();
});

/** Answers every call with one greeting. */
const greeter: Executor = {
  execute: ({ model }) =>
    of<RunnerEvent[]>(
      { kind: 'start', status: 200, headers: [['Content-Type', 'text/plain']] },
      { kind: 'data', bytes: Buffer.from(`hello from ${model.fn_id}`) },
      { kind: 'finished', success: true, code: 0, message: '', userError: false },
    ),
};

function startRunner(): Promise<number> {
  const clock = createSystemClock();
  const server = createGrpcServer({
    onEngage: (wire) =>
      serve({ clock, executor: greeter, bodyMaxBytes: 1024, responseMaxBytes: 1024 }, wire),
    status: () => ({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
  });
  runner = server;
  return new Promise((resolve, reject) => {
    server.listen('127.0.0.1:0', (port) =>
      typeof port === 'number' ? resolve(port) : reject(port),
    );
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('the program in README.md is the one that is tested', () => {
  const [, printed] = /```ts\n([^]*?)```/.exec(read('../README.md')) ?? [];
  expect(printed).toBe(read('embed-example.ts').replace(/^\/\*\*.*\n/, ''));
});

test('it places a call on a gRPC runner, and ends by itself when told to', async () => {
  const [runnerPort, port] = await Promise.all([startRunner(), freePort()]);
  const env = { ...process.env, PORT: String(port), RUNNERS: `127.0.0.1:${runnerPort}` };
  const entry = new URL('../dist/test/embed-example.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  program = child;
  const ended = once(child, 'exit');
  const [said] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => ['it ended: `npm run build` first']),
  ])) as [Buffer | string];
  expect(String(said)).toBe(`POST http://127.0.0.1:${port}/invoke/hello\n`);

  const response = await fetch(`http://127.0.0.1:${port}/invoke/hello`, { method: 'POST' });
  expect(response.status).toBe(200);
  expect(response.headers.get('Fn-Call-Id')).toBe('lb0-1');
  expect(await response.text()).toBe('hello from hello');

  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
