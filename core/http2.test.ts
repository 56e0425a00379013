/** Laws of HTTP/2 at the edge: what of a stream counts when its client resets it. */
import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEdge, type Edge } from '../test/support/edge.js';
import { START, breaks, data, ok } from '../test/support/scripted-runner.js';
import { nodeHandler } from './http.js';

const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const RST_STREAM = 3;
const [NO_ERROR, INTERNAL_ERROR, CANCEL] = [0, 2, 8];

/** Bytes of RFC 9113: Node's own client ends a body before it resets its stream. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
function opens(stream: number, headers: Readonly<Record<string, string>> = {}, ends = 0): Buffer {
  const all = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/invoke/hello',
    ':authority': 'x',
    ...headers,
  };
  // RFC 7541, 6.2.2: literal, not indexed, plain, shorter than 127 bytes.
  const fields = Object.entries(all).flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
  return frame(1, END_HEADERS | ends, stream, Buffer.concat(fields));
}
const says = (stream: number, text: string, ends = 0): Buffer =>
  frame(0, ends, stream, Buffer.from(text));
const resets = (stream: number, code: number): Buffer =>
  frame(3, 0, stream, Buffer.from([0, 0, 0, code]));

/** The codes by which a stream was reset, in the frames that came. */
function resetsOf(bytes: Buffer, stream: number): number[] {
  const codes: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const [type, of] = [bytes.readUInt8(at + 3), bytes.readUInt32BE(at + 5)];
    if (type === RST_STREAM && of === stream) codes.push(bytes.readUInt32BE(at + 9));
  }
  return codes;
}

let edge: Edge;
let server: Http2Server;
let client: Socket;
let heard: Buffer[];

async function open(...given: Parameters<typeof createEdge>): Promise<void> {
  edge = await createEdge(...given);
  server = createServer(nodeHandler(edge.balancer) as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  heard = [];
  client.on('data', (bytes: Buffer) => heard.push(bytes));
  client.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
}

const close = async (): Promise<void> => {
  client.destroy();
  await Promise.all([once(server.close(), 'close'), edge.close()]);
};
beforeEach(() => open([ok('pong')]));
afterEach(close);

const bodies = (): string[] =>
  edge.runner.engaged.map(({ body }) => Buffer.from(body).toString('latin1'));
const arrived = (): number => edge.probed.filter(({ kind }) => kind === 'arrive').length;

it('a whole body is executed', async () => {
  client.write(Buffer.concat([opens(1), says(1, 'pi'), says(1, 'ng', END_STREAM)]));
  expect((await edge.told('end')).outcome).toBe('ok');
  expect(bodies()).toEqual(['ping']);
});

it.each([
  ['by a cancel', CANCEL, {}],
  ['with no error', NO_ERROR, {}],
  ['with no error, of a detached call', NO_ERROR, { 'fn-invoke-type': 'detached' }],
])('a body that its client breaks off %s is never executed', async (_how, code, headers) => {
  client.write(Buffer.concat([opens(1, headers), says(1, 'part')]));
  await edge.told('arrive');
  client.write(resets(1, code));
  expect((await edge.told('end')).outcome).not.toBe('ok');
  expect([bodies(), edge.balancer.held.calls]).toEqual([[], 0]);
});

it('what is opened and reset in one breath is never a call', async () => {
  const storm = Array.from({ length: 100 }, (_, i) => 2 * i + 1).flatMap((stream) => [
    opens(stream, {}, END_STREAM),
    resets(stream, CANCEL),
  ]);
  client.write(Buffer.concat([...storm, opens(201), says(201, 'ping', END_STREAM)]));
  expect((await edge.told('end')).outcome).toBe('ok');
  expect([bodies(), arrived()]).toEqual([['ping'], 1]);
});

it('an answer that breaks off is reset with an error, which no client takes for its end', async () => {
  await close();
  await open([breaks(START, data('x'.repeat(20_000)))]);
  client.write(Buffer.concat([opens(1, {}, END_STREAM)]));
  await vi.waitFor(() => {
    expect(resetsOf(Buffer.concat(heard), 1)).toEqual([INTERNAL_ERROR]);
  });
});
