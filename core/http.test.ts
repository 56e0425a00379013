/** Laws of the HTTP edge, over real sockets: it decides nothing, and loses nothing. */
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { text } from '../test/support/calls.js';
import { answerOf, createEdge, type Edge } from '../test/support/edge.js';
import {
  DONE,
  START,
  breaks,
  data,
  failure,
  hangs,
  ok,
  says,
} from '../test/support/scripted-runner.js';

let edge: Edge | undefined;
const open = async (...given: Parameters<typeof createEdge>): Promise<Edge> =>
  (edge = await createEdge(...given));
afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

const NOTHING = { calls: 0, waiting: 0, attempts: 0, callEnds: 0, bodyBytes: 0, responseBytes: 0 };

describe('a request', () => {
  it('reaches the runner whole, and its answer the client', async () => {
    const { ask, runner, told, balancer } = await open([ok()]);
    const answer = await ask({ body: 'ping' });
    expect(answer).toMatchObject({ status: 200, body: 'pong', aborted: false });
    expect(answer.headers).toMatchObject({ 'content-length': '4', 'fn-call-id': 'lb0-1' });
    expect(text(runner.engaged[0]?.body ?? new Uint8Array())).toBe('ping');
    expect(await told('end')).toMatchObject({ outcome: 'ok', bytesIn: 4, bytesOut: 4 });
    expect(balancer.held).toEqual(NOTHING);
  });

  it.each([
    ['/', 404],
    ['/invoke', 404],
    ['/invoke/', 404],
    ['/invoke/nobody', 404],
    ['/invoke/%E0%A4%A', 400],
    ['/invoke/hello', 200],
    ['/invoke/hello/', 200],
    ['/invoke/hello?x=/y', 200],
    ['/invoke/a%20b', 200],
    ['http://example.org/invoke/hello', 200],
    ['http://example.org', 404],
  ])('for %s is %i', async (path, status) => {
    const { ask } = await open([ok()]);
    expect((await ask({ path })).status).toBe(status);
  });

  it('keeps its connection after small errors', async () => {
    const { ask } = await open([says(failure(500)), ok()]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers = [];
    for (const path of ['/', '/invoke/nobody', '/invoke/hello', '/invoke/hello']) {
      answers.push(await ask({ path, agent, body: 'ping' }));
    }
    agent.destroy();
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 500, 200]);
    expect(new Set(answers.map((answer) => answer.over)).size).toBe(1);
  });

  it('to no route may not upload for ever', async () => {
    const { ask } = await open([ok()]);
    const chunked = { 'transfer-encoding': 'chunked' };
    const large = { 'content-length': String(1024 * 1024) };
    const { open: start } = edge as Edge;
    for (const headers of [chunked, large]) {
      const asking = start({ path: '/', headers });
      asking.on('error', () => undefined);
      asking.write('x');
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      const answer = await answerOf(response);
      expect([answer.status, answer.headers.connection]).toEqual([404, 'close']);
      asking.destroy();
    }
    expect((await ask({ path: '/', body: 'x' })).headers.connection).not.toBe('close');
  });

  it('has the id of its header where that is allowed, and a bad one is 400', async () => {
    const { ask, told } = await open([ok()], {}, { callIdHeader: 'Call-Id' });
    expect((await ask({ headers: { 'call-id': 'a b' } })).status).toBe(400);
    await ask({ headers: { 'call-id': 'mine-1' } });
    expect((await told('arrive')).call).toBe('mine-1');
  });

  it('has none of a header otherwise', async () => {
    const { ask, told } = await open([ok()]);
    await ask({ headers: { 'call-id': 'mine-1' } });
    expect((await told('arrive')).call).toBe('lb0-1');
  });
});

describe('a body too large', () => {
  it('by its Content-Length is 413 before it is read', async () => {
    const { ask, runner } = await open([ok()], { bodyMaxBytes: 10 });
    expect((await ask({ body: 'x'.repeat(11) })).status).toBe(413);
    expect((await ask({ body: 'x'.repeat(10) })).status).toBe(200);
    expect(runner.engaged.length).toBe(1);
  });

  it('by the bytes seen is 413, and the connection is not used again', async () => {
    const { open: start, balancer } = await open([ok()], { bodyMaxBytes: 10 });
    const asking = start();
    asking.on('error', () => undefined);
    asking.write('x'.repeat(6));
    asking.write('x'.repeat(6));
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const answer = await answerOf(response);
    expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
    expect(balancer.held).toEqual(NOTHING);
    asking.destroy();
  });

  it('that goes on for ever is 413 all the same', async () => {
    const { port } = await open([ok()], { bodyMaxBytes: 100_000 });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /invoke/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const push = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', push);
    push();
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });
});

describe('a client that leaves', () => {
  it('in the middle of its upload is a call that was canceled', async () => {
    const { open: start, told, balancer, runner } = await open([ok()]);
    const asking = start({ headers: { 'content-length': '100' } });
    asking.on('error', () => undefined);
    asking.write('ping');
    await told('arrive');
    asking.destroy();
    expect(await told('end')).toMatchObject({ outcome: 'canceled', code: 'canceled', status: 499 });
    expect([balancer.held, runner.engaged]).toEqual([NOTHING, []]);
  });

  it('before the answer cancels its runner', async () => {
    const { open: start, told, runner } = await open([hangs()]);
    const asking = start();
    asking.on('error', () => undefined);
    asking.end('ping');
    await told('attempt');
    asking.destroy();
    expect(await told('end')).toMatchObject({ outcome: 'canceled' });
    expect(runner.engaged[0]?.canceledAt).not.toBe(undefined);
  });

  it('in the middle of the response cancels its runner', async () => {
    const { open: start, told, runner, balancer } = await open([hangs(START, data('half'))]);
    const asking = start();
    asking.on('error', () => undefined);
    asking.end('ping');
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'data');
    response.destroy();
    expect(await told('end')).toMatchObject({ outcome: 'canceled', attempts: 1 });
    expect(runner.engaged[0]?.canceledAt).not.toBe(undefined);
    expect(balancer.held).toEqual(NOTHING);
  });
});

describe('a response', () => {
  it('to HEAD has its length and no body, and the connection goes on', async () => {
    const head = { kind: 'start', status: 200, headers: [['Content-Length', '9']] } as const;
    const { ask } = await open([says(head, DONE), ok()]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await ask({ method: 'HEAD', agent });
    const second = await ask({ agent, body: 'ping' });
    agent.destroy();
    expect(first).toMatchObject({ status: 200, body: '' });
    expect(first.headers['content-length']).toBe('9');
    expect([second.body, second.over]).toEqual(['pong', first.over]);
  });

  it('keeps repeated headers apart and in order', async () => {
    const headers = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Connection', 'X-Hop'],
      ['X-Hop', '1'],
    ] as const;
    const { ask } = await open([says({ kind: 'start', status: 201, headers }, DONE)]);
    const answer = await ask();
    expect(answer.status).toBe(201);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers['x-hop']).toBe(undefined);
  });

  it.each([
    ['by a broken runner', breaks(START, data('half'), data('.'))],
    ['by a failed verdict', says(START, data('half'), failure(500))],
  ])('that is cut is seen as cut by the client: %s', async (_name, script) => {
    const slow = script.map((line) => ({ ...line, afterUs: 10_000 }));
    const { ask } = await open([slow], { headHoldMs: 1 });
    const answer = await ask();
    expect([answer.status, answer.aborted]).toEqual([200, true]);
  });

  it('of any size arrives whole at a client that reads slowly', async () => {
    const big = new Uint8Array(300_000).fill(120);
    const script = says(START, ...Array.from({ length: 10 }, () => data(big)), DONE);
    const { open: start, told } = await open([script], { absorbMaxBytes: 100_000 });
    const asking = start();
    asking.end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const answer = await answerOf(response);
    expect([answer.body.length, answer.aborted]).toEqual([3_000_000, false]);
    expect(await told('end')).toMatchObject({ outcome: 'ok', bytesOut: 3_000_000 });
  });
});
