/** Headers that are meant for one connection, and go no further than that. */
import type { Header } from './runner.js';

/** RFC 9110, 7.6.1, in lower case. */
export const HOP_BY_HOP: readonly string[] = Object.freeze([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Whether a name says how gRPC frames and times a stream, which is the affair of whoever speaks it:
 * past a balancer such a header could only be taken for one of its own.
 */
export const isOfGrpc = (name: string): boolean => name.startsWith('grpc-');

/** The headers that a Connection header names as its own hop's; undefined for none. */
export function connectionNames(headers: readonly Header[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'connection') continue;
    names ??= new Set();
    for (const part of value.split(',')) names.add(part.trim().toLowerCase());
  }
  return names;
}
