/** Laws of a call's JSON: the fields of both revisions, as the original writes them. */
import { describe, expect, it } from 'vitest';
import { testCall } from '../test/support/calls.js';
import { createVirtualClock } from '../test/support/virtual.js';
import { callModel, canonicalHeader } from './model.js';

const call = testCall(createVirtualClock());

describe('the model of a call', () => {
  it('has every field, in the order they travel', () => {
    expect(JSON.stringify(callModel(call), undefined, 1)).toMatchInlineSnapshot(`
      "{
       "id": "call-1",
       "status": "running",
       "path": "/hello",
       "image": "img",
       "type": "sync",
       "format": "default",
       "url": "/invoke/hello",
       "method": "POST",
       "priority": 0,
       "timeout": 10,
       "idle_timeout": 30,
       "memory": 128,
       "config": {
        "A": "1"
       },
       "headers": {
        "Content-Type": [
         "text/plain"
        ]
       },
       "created_at": "2026-01-01T00:00:00.000Z",
       "started_at": "2026-01-01T00:00:00.000Z",
       "completed_at": "0001-01-01T00:00:00.000Z",
       "app_id": "",
       "app_name": "",
       "fn_id": "hello",
       "trigger_id": ""
      }"
    `);
  });

  it.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [30_000, 30],
  ])('rounds a timeout of %i ms up to %i s', (timeoutMs, timeout) => {
    const spec = { ...call.spec, timeoutMs };
    expect(callModel({ ...call, spec }).timeout).toBe(timeout);
  });

  it('groups headers by their canonical name, values in order', () => {
    const headers = [
      ['x-b', '1'],
      ['X-A', '2'],
      ['X-B', '3'],
      ['__proto__', '4'],
    ] as const;
    expect(Object.entries(callModel({ ...call, spec: { ...call.spec, headers } }).headers)).toEqual(
      [
        ['X-B', ['1', '3']],
        ['X-A', ['2']],
        ['__proto__', ['4']],
      ],
    );
  });
});

it.each([
  ['x-request-id', 'X-Request-Id'],
  ['CONTENT-TYPE', 'Content-Type'],
  ['etag', 'Etag'],
  ['x-1a', 'X-1a'],
])('the canonical form of %s is %s', (name, canonical) => {
  expect(canonicalHeader(name)).toBe(canonical);
});
