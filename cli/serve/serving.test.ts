/** Laws of a reload that is not alone: others come with it, or the end does. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { quickConfig, type ServeConfig } from './config.js';
import { serve } from './serving.js';

const first: ServeConfig = {
  ...quickConfig('127.0.0.1:0', ['127.0.0.1:1']),
  admin: 'off',
  drain: { wait: 0, grace: 1000 },
  log: { level: 'error', access: 'off' },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

const withPort = (port: number): ServeConfig => ({
  ...first,
  listeners: [...first.listeners, { listen: `127.0.0.1:${port}`, tls: 'off' }],
});

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

it('reloads that come together are taken up one after the other', async () => {
  const port = await freePort();
  const serving = await serve(first);
  await Promise.all([serving.reload(withPort(port)), serving.reload(withPort(port))]);
  expect([serving.urls.length, await listens(port)]).toEqual([2, true]);
  await serving.drain();
  expect(await listens(port)).toBe(false);
});

it('a reload that is under way when it drains opens nothing that stays', async () => {
  const port = await freePort();
  const serving = await serve(first);
  const taken = serving.reload(withPort(port));
  await serving.drain();
  await taken;
  expect(await listens(port)).toBe(false);
});

it('a reload that fails leaves the next one its turn', async () => {
  const port = await freePort();
  const serving = await serve(first);
  const bad = serving.reload({ ...first, listeners: [{ listen: '203.0.113.1:1', tls: 'off' }] });
  const good = serving.reload(withPort(port));
  await expect(bad).rejects.toThrow('203.0.113.1:1');
  await good;
  expect(await listens(port)).toBe(true);
  await serving.drain();
});
