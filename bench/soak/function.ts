/**
 * The function that the soak's runners are in front of, a process of its own: an echo after as many
 * ms as its argument says, 10 ms for `quick`, and 4 MiB for `big`. Its first line says where it
 * listens.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What `work` takes. */
const WORK_MS = Number(process.argv[2]);
const QUICK_MS = 10;
const BIG_BYTES = 4 * 1024 * 1024;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url?.endsWith('/big') === true) return void response.end(new Uint8Array(BIG_BYTES));
    const takes = request.url?.endsWith('/quick') === true ? QUICK_MS : WORK_MS;
    const done = setTimeout(() => response.end(Buffer.concat(chunks)), takes);
    response.on('close', () => clearTimeout(done));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
