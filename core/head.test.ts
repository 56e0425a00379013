/** Laws of a response's head: what is forwarded, what is dropped, what is made up. */
import { describe, expect, it } from 'vitest';
import { text, utf8 } from '../test/support/calls.js';
import { CallError } from './errors.js';
import { errorResponse, isFinal, readHead, sniffType } from './head.js';
import type { Header } from './runner.js';

const read = (headers: readonly Header[], status = 200, method = 'GET') =>
  readHead({ kind: 'start', status, headers }, method);

describe("a runner's headers", () => {
  it('reach the client in order and with repeats', () => {
    const headers: Header[] = [
      ['Set-Cookie', 'a=1'],
      ['X-One', ''],
      ['set-cookie', 'b=2'],
    ];
    expect(read(headers).headers).toEqual(headers);
  });

  it('of one hop do not, nor those that Connection names, however they are written', () => {
    const dropped: Header[] = [
      ['Connection', 'close, X-Hop'],
      ['CONNECTION', 'x-other'],
      ['Keep-Alive', 'timeout=5'],
      ['Proxy-Authenticate', 'x'],
      ['Proxy-Connection', 'x'],
      ['TE', 'trailers'],
      ['Trailer', 'x'],
      ['transfer-encoding', 'chunked'],
      ['Upgrade', 'h2c'],
      ['X-HOP', '1'],
      ['X-Other', '2'],
      ['Content-Length', '12'],
      ['Grpc-Status', '13'],
      ['grpc-timeout', '1u'],
    ];
    expect(read([...dropped, ['X-Kept', '3']]).headers).toEqual([['X-Kept', '3']]);
  });

  it.each([
    ['bad name', 'x'],
    ['', 'x'],
    ['X-A', 'a\r\nX-Evil: 1'],
    ['X-A', 'nul\0'],
    ['X-A', 'snow ☃'],
    ['Naïve', 'x'],
  ])('that are no HTTP are dropped: %j %j', (name, value) => {
    expect(read([[name, value]]).headers).toEqual([]);
  });

  it.each([
    ['12', 12],
    ['0', 0],
    ['-1', undefined],
    ['1e3', undefined],
    ['12, 12', undefined],
    ['9999999999999999', undefined],
    ['', undefined],
  ])('announce a length where it is a plain number: %j', (value, declared) => {
    expect(read([['content-LENGTH', value]]).declared).toBe(declared);
  });

  it.each([
    [-1, 200],
    [0, 200],
    [0, 200],
    [200, 200],
    [599, 599],
    [600, 600],
  ])('status %i is %i', (given, status) => expect(read([], given).status).toBe(status));

  it.each([
    ['GET', 200, false],
    ['HEAD', 200, true],
    ['GET', 204, true],
    ['GET', 304, true],
    ['GET', 404, false],
  ])('%s %i has no body: %s', (method, status, bodyless) => {
    expect(read([], status, method).bodyless).toBe(bodyless);
  });
});

describe("a runner's status", () => {
  it('can end a response from 200 to 599', () => {
    const statuses = [-1, 100, 150, 199, 200, 599, 600, 999];
    expect(statuses.filter(isFinal)).toEqual([200, 599]);
  });
});

describe('the type of a body that does not say', () => {
  const TEXT = 'text/plain; charset=utf-8';
  it.each([
    [undefined, TEXT],
    [utf8(''), TEXT],
    [utf8('hello\tworld\r\n'), TEXT],
    [utf8('{'), 'application/json; charset=utf-8'],
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0), 'application/octet-stream'],
  ])('%s is %s', (first, type) => expect(sniffType(first)).toBe(type));
});

describe('an error response', () => {
  it('is JSON with its length and the call id, and no detail of ours', () => {
    const { status, headers, body } = errorResponse(
      new CallError('broken', 'secret host'),
      'c1',
      'v2',
    );
    expect({ status, headers, body: text(body) }).toEqual({
      status: 502,
      headers: [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Content-Length', String(body.length)],
        ['Fn-Call-Id', 'c1'],
      ],
      body: '{"message":"connection to the runner broke"}\n',
    });
  });

  it('says when to come back where it is 503', () => {
    const { headers } = errorResponse(new CallError('full', ''), 'c1', 'v2');
    expect(headers.at(-1)).toEqual(['Retry-After', '15']);
  });

  it('has the older shape where its client reads that', () => {
    const { body } = errorResponse(new CallError('broken', ''), 'c1', 'v1');
    expect(text(body)).toBe('{"error":{"message":"connection to the runner broke"}}\n');
  });
});
