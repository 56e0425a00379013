/** A server at an address of a configuration. */
import type { AddressInfo, Server } from 'node:net';
import { readAddress } from '../../core/index.js';

/** Resolves with `host:port` as it was asked for and as it was got. Rejects with why not. */
export async function listening(server: Server, at: string): Promise<string> {
  const { host, port } = readAddress(at) ?? { host: '', port: 0 };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`${at}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  return at.replace(/\d+$/, String((server.address() as AddressInfo).port));
}
