/** Laws of HTTP/1.0 at the edge: a body ends with its connection, and so could end anywhere. */
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createEdge, type Edge } from '../test/support/edge.js';
import { START, breaks, data, ok } from '../test/support/scripted-runner.js';

interface Heard {
  readonly text: string;
  readonly error: string | undefined;
}

/** Sends a request as an old client does, and hears the connection to its end. */
async function ask(edge: Edge): Promise<Heard> {
  const socket: Socket = connect(edge.port, '127.0.0.1');
  let text = '';
  let error: string | undefined;
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', (thrown: NodeJS.ErrnoException) => (error = thrown.code));
  socket.write('POST /invoke/hello HTTP/1.0\r\nContent-Length: 1\r\n\r\na');
  await new Promise((resolve) => socket.once('close', resolve));
  return { text, error };
}

it('a whole body ends with a close', async () => {
  const edge = await createEdge([ok('pong')]);
  const { text, error } = await ask(edge);
  expect([text.endsWith('pong'), error]).toEqual([true, undefined]);
  await edge.close();
});

it('a body cut short ends with a reset, never a close', async () => {
  // The head does not wait for the end of what is longer than it may hold.
  const edge = await createEdge([breaks(START, data('half'))], { headHoldBytes: 1 });
  const { text, error } = await ask(edge);
  expect(text).toMatch(/^HTTP\/1\.1 200 [^]*half$/);
  expect(error).toBe('ECONNRESET');
  expect(await edge.told('end')).toMatchObject({ outcome: 'failed' });
  await edge.close();
});
