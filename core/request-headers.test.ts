/** Laws of a request's headers: what HTTP/2 says in fields of its own is read as HTTP/1.1. */
import { describe, expect, it } from 'vitest';
import { requestHeaders } from './request-headers.js';

describe('of HTTP/1.1', () => {
  it('stay as they are, in order, repeats and all', () => {
    const raw = ['Host', 'x', 'A', '1', 'Cookie', 'a=1', 'a', '2', 'Cookie', 'b=2'];
    expect(requestHeaders(raw)).toEqual([
      ['Host', 'x'],
      ['A', '1'],
      ['Cookie', 'a=1'],
      ['a', '2'],
      ['Cookie', 'b=2'],
    ]);
    expect(requestHeaders([])).toEqual([]);
  });

  it('of one hop, those that Connection names, of gRPC, and the id of a call do not pass', () => {
    const dropped = ['Connection', 'x-hop', 'X-Hop', '1', 'TE', 'trailers', 'Upgrade', 'h2c'];
    const secret = ['Proxy-Authorization', 'secret', 'Transfer-Encoding', 'chunked'];
    const ours = ['Grpc-Timeout', '1u', 'Fn-Call-Id', 'of-another'];
    expect(requestHeaders([...dropped, ...secret, ...ours, 'A', '1'])).toEqual([['A', '1']]);
  });
});

describe('of HTTP/2', () => {
  const PSEUDO = [':method', 'POST', ':path', '/', ':scheme', 'https', ':authority', 'x.test'];

  it('have no pseudo-header, and a Host of the authority', () => {
    expect(requestHeaders([...PSEUDO, 'a', '1'])).toEqual([
      ['host', 'x.test'],
      ['a', '1'],
    ]);
    expect(requestHeaders(PSEUDO.slice(0, 6))).toEqual([]);
  });

  it('keep a Host that the client sent', () => {
    expect(requestHeaders([...PSEUDO, 'host', 'y.test'])).toEqual([['host', 'y.test']]);
  });

  it('have one cookie header out of its crumbs', () => {
    expect(requestHeaders([...PSEUDO, 'cookie', 'a=1', 'b', '2', 'cookie', 'c=3'])).toEqual([
      ['host', 'x.test'],
      ['b', '2'],
      ['cookie', 'a=1; c=3'],
    ]);
  });
});
