/** Laws of reading a call's JSON: tolerant of what is missing, strict about types, never throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCallJson } from './call-json.js';
import { decodeClientMessage, encodeClientMessage } from './codec.js';
import type { CallModel } from './model.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const data = fc.uint8Array({ maxLength: 200 });
const strings = fc.dictionary(text, text, { maxKeys: 4 });
const model: fc.Arbitrary<CallModel> = fc.record({
  id: text,
  status: fc.constant('running' as const),
  path: text,
  image: text,
  type: fc.constant('sync' as const),
  format: fc.constantFrom('default', 'http', 'json', 'cloudevent', 'http-stream'),
  url: text,
  method: text,
  cpus: fc.constantFrom('', '100m', '0.1'),
  priority: int32,
  timeout: int32,
  idle_timeout: int32,
  memory: size,
  config: strings,
  headers: fc.dictionary(text, fc.array(text, { maxLength: 3 }), { maxKeys: 4 }),
  created_at: text,
  started_at: text,
  completed_at: text,
  app_id: text,
  app_name: text,
  fn_id: text,
  trigger_id: text,
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the JSON of a call', () => {
  it.each([
    ['', /^invalid call: Unexpected end of JSON input/],
    ['{"id":', /^invalid call: /],
    ['[]', /^invalid call: array, not an object$/],
    ['{"id":7}', /^invalid call: id is number, not string$/],
    ['{"timeout":"7"}', /^invalid call: timeout is string, not number$/],
    ['{"headers":{"A":"b"}}', /^invalid call: headers.A is string, not array$/],
    ['{"headers":{"A":[1]}}', /^invalid call: headers.A is number, not string$/],
    ['{"config":[]}', /^invalid call: config is array, not object$/],
  ])('JSON %j is no call and says why', (json, why) => {
    const bytes = Buffer.concat([
      Buffer.from([0x0a, json.length + 2, 0x0a, json.length]),
      utf8(json),
    ]);
    const message = decodeClientMessage(bytes);
    expect(message.kind).toBe('unknown');
    expect((message as { callError?: string }).callError).toMatch(why);
  });

  it.each(['null', '{}', '{"id":null,"headers":null,"annotations":{"x":1},"cpus":"100m"}'])(
    'JSON %s is a call of zero values, as it is for the original',
    (json) => {
      expect(parseCallJson(json)).toMatchObject({ id: '', timeout: 0, config: {}, headers: {} });
    },
  );

  it('a key __proto__ is only a key', () => {
    const call = parseCallJson('{"config":{"__proto__":"x"}}');
    expect(typeof call === 'string' ? call : Object.entries(call.config)).toEqual([
      ['__proto__', 'x'],
    ]);
  });

  it('client messages come back the same, the call among them', () => {
    fc.assert(
      fc.property(
        model,
        text,
        strings,
        data,
        fc.boolean(),
        (call, slot, extensions, bytes, eof) => {
          const decoded = decodeClientMessage(
            encodeClientMessage({ kind: 'try', model: call, slotHashId: slot, extensions }),
          );
          expect(plain(decoded)).toEqual(
            plain({ kind: 'try', model: call, slotHashId: slot, extensions }),
          );
          const frame = { kind: 'data', bytes, eof } as const;
          expect(decodeClientMessage(encodeClientMessage(frame))).toEqual(frame);
        },
      ),
      { numRuns: 100 },
    );
  });
});
