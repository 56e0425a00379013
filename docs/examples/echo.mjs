/**
 * A function for `windtunnel runner --module docs/examples/echo.mjs`: it answers what it was sent.
 * The request has id, method, url, headers, body (a Uint8Array) and signal; the answer is a text, a
 * Uint8Array, or { status, headers, body }, where the body may be an async generator as well.
 */
export default function handler({ id, headers, body }) {
  return {
    headers: {
      'Content-Type': headers['content-type'] ?? 'application/octet-stream',
      'X-Echo-Of': id,
    },
    body,
  };
}
