/**
 * A request's headers as Node has them → one entry a value, without those of this hop. What HTTP/2
 * says in fields of its own is put as HTTP/1.1 has it (RFC 9113, 8.2.3 and 8.3.1), for that is what
 * functions are asked in.
 */
import { connectionNames, HOP_BY_HOP, isOfGrpc } from './hop-headers.js';
import type { Header } from './runner.js';

/** Of one hop, and what only the balancer says of a call. */
const NOT_FORWARDED = new Set([...HOP_BY_HOP, 'fn-call-id']);

/** `raw` alternates names and values, as `rawHeaders` does. */
export function requestHeaders(raw: readonly string[]): readonly Header[] {
  const headers = pairs(raw);
  const named = connectionNames(headers);
  return headers.filter(([given]) => {
    const name = given.toLowerCase();
    return !NOT_FORWARDED.has(name) && !isOfGrpc(name) && named?.has(name) !== true;
  });
}

function pairs(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  let authority: string | undefined;
  let hosted = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i] as string, raw[i + 1] as string];
    // No name of HTTP/1.1 has a colon in it.
    if (!name.startsWith(':')) headers.push([name, value]);
    else if (name === ':authority') authority = value;
    if (name.length === 4 && name.toLowerCase() === 'host') hosted = true;
  }
  if (raw[0]?.startsWith(':') !== true) return headers;
  if (!hosted && authority !== undefined) headers.unshift(['host', authority]);
  return withOneCookie(headers);
}

/** HTTP/2 may cut a cookie header in crumbs, and only there a second one is the same list. */
function withOneCookie(headers: readonly Header[]): readonly Header[] {
  const crumbs = headers.filter(([name]) => name === 'cookie');
  if (crumbs.length < 2) return headers;
  const cookie: Header = ['cookie', crumbs.map(([, value]) => value).join('; ')];
  return [...headers.filter(([name]) => name !== 'cookie'), cookie];
}
