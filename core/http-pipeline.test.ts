/** Laws of a connection: requests one after the other, none outlives its client, and its end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { staticFunctions } from './data-access.js';
import { createEdge } from '../test/support/edge.js';
import { hangs, ok } from '../test/support/scripted-runner.js';

const REQUEST = 'POST /invoke/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na';

it('a pipelined call begins when its turn has come, and is answered whole', async () => {
  const slow = ok('first').map((line) => ({ ...line, afterUs: line.afterUs * 100 }));
  const edge = await createEdge([slow, ok('second')], { clientIdleMs: 50 });
  const socket = connect(edge.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(REQUEST + REQUEST);
  while (!text.includes('second')) await once(socket, 'data');
  expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(text.indexOf('first')).toBeLessThan(text.indexOf('second'));
  socket.destroy();
  await edge.close();
});

it('a pipelined call runs in the async context that it came in, as others do', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const known = staticFunctions({ hello: { timeoutMs: 10_000 } });
  const data = {
    ...known,
    functionById(id: string) {
      seen.push(context.getStore());
      return known.functionById(id);
    },
  };
  const route = (url: string): undefined => context.enterWith(url) as undefined;
  const edge = await createEdge([ok('first'), ok('second')], {}, { route }, data);
  const socket = connect(edge.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const asking = (query: string): string => REQUEST.replace('hello', `hello${query}`);
  socket.write(asking('?1') + asking('?2') + asking('?3'));
  while (text.match(/second/g)?.length !== 2) await once(socket, 'data');
  expect(seen).toEqual(['/invoke/hello?1', '/invoke/hello?2', '/invoke/hello?3']);
  socket.destroy();
  await edge.close();
});

it('a client that leaves takes the calls with it that wait for their turn', async () => {
  const edge = await createEdge([hangs()]);
  const socket = connect(edge.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(REQUEST + REQUEST);
  await edge.told('attempt');
  socket.destroy();
  await edge.told('end');
  expect(edge.balancer.held.calls).toBe(0);
  expect(edge.runner.engaged).toHaveLength(1);
  await edge.close();
});

const CHUNKED = 'POST /invoke/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const CHUNK = `4000\r\n${'x'.repeat(0x4000)}\r\n`;

it('a refusal is read by a client that first writes all it has', async () => {
  const edge = await createEdge([ok()], { bodyMaxBytes: 10 });
  const socket = connect(edge.port, '127.0.0.1').pause();
  socket.write(`${CHUNKED}${CHUNK}`);
  await edge.told('end');
  // More than sockets take between them: it waits until the other side has read it.
  socket.write(`${CHUNK.repeat(1000)}0\r\n\r\n`);
  await once(socket, 'drain');
  const got: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => got.push(chunk)).resume();
  await once(socket, 'close');
  expect(Buffer.concat(got).toString()).toMatch(/^HTTP\/1\.1 413 [^]*"message"/);
  await edge.close();
});

it('a client that never stops is let go when it has had its time', async () => {
  const edge = await createEdge([ok()], { bodyMaxBytes: 10 }, { lingerMs: 20 });
  const socket = connect({ port: edge.port, host: '127.0.0.1', allowHalfOpen: true });
  const push = (): void => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  const reset = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined).on('drain', push);
  socket.write(CHUNKED);
  push();
  socket.resume();
  await reset;
  expect(edge.balancer.held.calls).toBe(0);
  await edge.close();
});

it('what follows an answer that ends its connection is not taken up: it could have none', async () => {
  const edge = await createEdge([ok()], { bodyMaxBytes: 10 });
  const socket = connect(edge.port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(`${CHUNKED}b\r\nhello world\r\n0\r\n\r\n${REQUEST}`);
  await once(socket, 'close');
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
  expect([edge.balancer.held.calls, edge.runner.engaged]).toEqual([0, []]);
  await edge.close();
});
