/** Laws of pipelined requests: one after the other, and none outlives the client that sent it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
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
