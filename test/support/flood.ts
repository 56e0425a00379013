/**
 * A runner that begins the headers of an answer and never ends them: HTTP/2 by hand, for no library
 * would send it. It reads no request, and answers the first stream that is opened.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface Flood {
  /** `host:port`. */
  readonly address: string;
  /** Streams that it was asked on. */
  readonly asked: number;
  /** Bytes of headers that it could send. */
  readonly sent: number;
  close(): void;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length;
const HEADERS = 1;
const SETTINGS = 4;
const PING = 6;
const CONTINUATION = 9;
const ACK = 1;

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `:status: 200` out of HPACK's own table, and headers that are in none. */
const STATUS = Buffer.from([0x88]);
const FIELD = Buffer.concat([Buffer.from([0x00, 3]), Buffer.from('x-a'), Buffer.from([100])]);
const MORE = Buffer.concat(
  Array.from({ length: 100 }, () => Buffer.concat([FIELD, Buffer.alloc(100, 'a')])),
);

export async function createFlood(): Promise<Flood> {
  const sockets = new Set<Socket>();
  let asked = 0;
  let sent = 0;
  const flood = (socket: Socket, stream: number): void => {
    socket.write(frame(HEADERS, 0, stream, STATUS));
    const pour = (): void => {
      while (!socket.destroyed) {
        sent += MORE.length;
        if (!socket.write(frame(CONTINUATION, 0, stream, MORE))) break;
      }
    };
    socket.on('drain', pour);
    pour();
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)));
    let unread = Buffer.alloc(0);
    let skip = PREFACE;
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      if (unread.length < skip) return;
      unread = unread.subarray(skip);
      skip = 0;
      while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
        const [type, flags] = [unread[3], unread[4] ?? 0];
        const payload = unread.subarray(9, 9 + unread.readUIntBE(0, 3));
        if (type === SETTINGS && (flags & ACK) === 0) {
          socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
        } else if (type === PING && (flags & ACK) === 0) {
          socket.write(frame(PING, ACK, 0, payload));
        } else if (type === HEADERS) {
          asked += 1;
          flood(socket, unread.readUInt32BE(5));
        }
        unread = unread.subarray(9 + payload.length);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    get sent() {
      return sent;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
