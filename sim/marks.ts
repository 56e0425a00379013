/**
 * Headers that the clients and functions of a flight send only to be seen at the other end: no body
 * tells of a header that got lost, was cut to one of its values, or is on the wrong response.
 */
import type { Header } from '../core/runner.js';
import { EMPTY_HASH } from './content.js';

/** In the form that the protocol gives to names. */
export const MARK = 'X-Windtunnel-Mark';

/** Each is repeated, as cookies are. */
export const REQUEST_MARKS: readonly string[] = Object.freeze(['sent', 'and sent']);
export const RESPONSE_MARKS: readonly string[] = Object.freeze(['written', 'and written']);

export const markHeaders = (values: readonly string[]): Header[] =>
  values.map((value) => [MARK, value]);

/** The marks among the headers of a response, in their order. */
export function marksIn(headers: readonly Header[]): readonly string[] {
  const name = MARK.toLowerCase();
  return headers.filter((header) => header[0].toLowerCase() === name).map(([, value]) => value);
}

/** One number for all of them, in their order; 0 for none. */
export function hashMarks(values: readonly string[] = []): number {
  if (values.length === 0) return 0;
  const text = values.join('\n');
  let hash = EMPTY_HASH;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
