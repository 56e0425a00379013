/** Laws of the edge's paths: what they ask for, in the original's three forms, and its headers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEdge, type Edge } from '../test/support/edge.js';
import { failure, hangs, ok, says, START } from '../test/support/scripted-runner.js';
import { staticApps } from './data-access.js';
import { CallError } from './errors.js';
import type { EdgeOptions } from './http.js';

const apps = staticApps({
  shop: {
    functions: { pay: {}, root: {} },
    routes: { '/v1/pay': 'pay', '/': 'root' },
  },
  'a b': { functions: { f: {} } },
});

describe('a path', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await createEdge([ok()], {}, { requestIdHeader: 'X-Request-Id' }, apps);
  });
  afterAll(() => edge.close());

  it.each([
    ['/r/shop/v1/pay', 'shop/pay'],
    ['/t/shop/v1/pay?x=1', 'shop/pay'],
    ['/r/shop', 'shop/root'],
    ['/r/shop/', 'shop/root'],
    ['/t/a%20b/f', 'a b/f'],
    ['/invoke/shop%2Fpay', 'shop/pay'],
  ])('%s leads to %s', async (path, id) => {
    const answer = await edge.ask({ path });
    expect([answer.status, answer.body]).toEqual([200, 'pong']);
    const { offered } = edge.runner.engaged.at(-1) ?? {};
    expect([offered?.fn.id, offered?.url]).toEqual([id, path]);
  });

  it.each([
    ['/r/nobody/x', 404, '{"error":{"message":"app not found"}}\n'],
    ['/r/shop/nowhere', 404, '{"error":{"message":"function not found"}}\n'],
    ['/t/shop/nowhere', 404, '{"message":"function not found"}\n'],
    ['/r/%E0%A4%A/x', 400, '{"message":"bad request"}\n'],
    ['/r', 404, '{"message":"function not found"}\n'],
    ['/rest/shop', 404, '{"message":"function not found"}\n'],
  ])('%s is %i, in the error body that its clients read', async (path, status, body) => {
    const answer = await edge.ask({ path });
    expect([answer.status, answer.body]).toEqual([status, body]);
  });

  it('carries the request id of the named header to the runner', async () => {
    await edge.ask({ path: '/r/shop', headers: { 'x-request-id': 'r-77' } });
    expect(edge.runner.engaged.at(-1)?.offered.spec.requestId).toBe('r-77');
    const bad = await edge.ask({ path: '/r/shop', headers: { 'x-request-id': 'a b' } });
    expect(bad.status).toBe(400);
  });
});

describe("a path of one's own", () => {
  let edge: Edge;
  const asked: [string, string][] = [];
  const route: EdgeOptions['route'] = (url, method) => {
    asked.push([url, method]);
    if (url.startsWith('/pay')) return { fn: 'shop/pay' };
    if (url === '/shop%20front') return { app: 'shop', path: '/' };
    if (url === '/invoke/gone') return { fn: 'shop/root' };
    if (url === '/throws') throw new Error('a bug of the mapping');
    if (url === '/refuses') throw new CallError('bad_request', 'no', { status: 405, text: 'no' });
    if (url === '/promises') return Promise.resolve({ fn: 'shop/pay' }) as never;
    return undefined;
  };
  beforeAll(async () => {
    edge = await createEdge([ok()], {}, { route }, apps);
  });
  afterAll(() => edge.close());

  it.each([
    ['/pay?x=1', 'shop/pay'],
    ['http://example.org/pay', 'shop/pay'],
    ['/shop%20front', 'shop/root'],
    ['/invoke/gone', 'shop/root'],
    ['/invoke/shop%2Fpay', 'shop/pay'],
    ['/r/shop', 'shop/root'],
  ])('is asked before the built-in ones: %s leads to %s', async (path, id) => {
    const answer = await edge.ask({ path, body: 'ping' });
    expect([answer.status, answer.body]).toEqual([200, 'pong']);
    const { offered } = edge.runner.engaged.at(-1) ?? {};
    const url = path.replace('http://example.org', '');
    expect([offered?.fn.id, offered?.url]).toEqual([id, url]);
    expect(asked.at(-1)).toEqual([url, 'POST']);
  });

  it.each([
    ['/throws', 500, '{"message":"internal server error"}\n'],
    ['/promises', 500, '{"message":"internal server error"}\n'],
    ['/refuses', 405, '{"message":"no"}\n'],
    ['/nowhere', 404, '{"message":"function not found"}\n'],
  ])(
    'that throws is an answer, and the next one is served: %s is %i',
    async (path, status, body) => {
      const answer = await edge.ask({ path, body: 'ping' });
      expect([answer.status, answer.body]).toEqual([status, body]);
      expect((await edge.ask({ path: '/pay' })).status).toBe(200);
    },
  );
});

describe('Fn-Invoke-Type: detached', () => {
  const headers = { 'fn-invoke-type': 'detached' };

  it('is 202 as soon as the runner has accepted, and a client that leaves cancels nothing', async () => {
    const edge = await createEdge([[...hangs(START), { afterUs: 50_000, says: failure(502) }]]);
    const answer = await edge.ask({ headers, body: 'ping' });
    expect([answer.status, answer.body]).toEqual([202, '']);
    expect(edge.runner.engaged[0]?.offered.detached).toBe(true);
    expect(await edge.told('end')).toMatchObject({ outcome: 'failed', status: 202 });
    await edge.close();
  });

  it('of a runner that has no such thing is its error', async () => {
    const edge = await createEdge([says(failure(501, 'not supported'))]);
    const answer = await edge.ask({ headers });
    expect([answer.status, answer.body]).toEqual([501, '{"message":"not supported"}\n']);
    await edge.close();
  });
});
