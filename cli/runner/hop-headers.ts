/** Headers that a function is told, and those it answers: all but those of a single connection. */
import { connectionNames, HOP_BY_HOP, type Header } from '../../core/index.js';

/** `expect` was answered by whoever took the body. */
const OF_ONE_HOP = new Set([...HOP_BY_HOP, 'expect']);

/** Without what is meant for one hop, and what a Connection header names as such. */
export function endToEnd(headers: readonly Header[]): Header[] {
  const named = connectionNames(headers);
  return headers.filter(([given]) => {
    const name = given.toLowerCase();
    return !OF_ONE_HOP.has(name) && named?.has(name) !== true;
  });
}

/** The headers of a call as its LB sends them, one entry a value. */
export const headersOf = (grouped: Readonly<Record<string, readonly string[]>>): Header[] =>
  Object.entries(grouped).flatMap(([name, values]) => values.map((value): Header => [name, value]));
