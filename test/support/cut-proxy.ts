/** A TCP proxy on the loopback that does something to a connection at a byte of what it carries. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Cut {
  readonly toRunner: boolean;
  /** Bytes of that direction that still pass, counted from when the cut is set. */
  readonly after: number;
  /** `reset` breaks the connection at both ends; `stall` carries nothing more, either way. */
  readonly how: 'reset' | 'stall';
}

export interface CutProxy {
  readonly address: string;
  cut: Cut | undefined;
  close(): void;
}

export async function createCutProxy(target: string): Promise<CutProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const passed = new Map<Cut, number>();

  /** How many of so many bytes pass; fewer than all: the cut is due. */
  const passing = (toRunner: boolean, length: number): number => {
    const { cut } = proxy;
    if (cut === undefined) return length;
    const before = passed.get(cut) ?? 0;
    if (cut.toRunner !== toRunner) return before > cut.after ? 0 : length;
    passed.set(cut, before + length);
    return Math.max(0, Math.min(length, cut.after - before));
  };

  const carry = (from: Socket, to: Socket, toRunner: boolean): void => {
    from.on('data', (chunk: Buffer) => {
      const length = passing(toRunner, chunk.length);
      if (length > 0) to.write(chunk.subarray(0, length));
      if (length === chunk.length || proxy.cut?.how !== 'reset') return;
      from.resetAndDestroy();
      to.resetAndDestroy();
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
  };

  const server = createServer((near) => {
    const far = connect(Number(port), host);
    carry(near, far, true);
    carry(far, near, false);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: CutProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: undefined,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return proxy;
}
