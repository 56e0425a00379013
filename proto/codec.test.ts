/** Laws of the codec: the exact bytes, round trips, and nothing but Errors on rubbish. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCallJson } from './call-json.js';
import {
  createRunnerDecoder,
  decodeClientMessage,
  decodeRunnerMessage,
  decodeRunnerStatus,
  detectDialect,
  encodeClientMessage,
  encodeRunnerMessage,
  encodeRunnerStatus,
  parseDetails,
  type Dialect,
} from './codec.js';
import type { CallModel } from './model.js';
import type { FinishedMessage, RunnerMessage } from './wire.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const BUSY = 'Timed out - server too busy';

function finished(fields: Partial<FinishedMessage>): FinishedMessage {
  return {
    kind: 'finished',
    success: false,
    details: '',
    errorCode: 0,
    errorStr: '',
    errorUser: false,
    schedulerDuration: 0,
    executionDuration: 0,
    ...fields,
  };
}

describe('the bytes of the original', () => {
  /** Our own models are never so small: one whose JSON is `{}`. */
  const empty = { toJSON: () => ({}) } as unknown as CallModel;
  it.each([
    ['0a040a027b7d', '', {}],
    ['0a120a027b7d1204363136321a060a0161120162', '6162', { a: 'b' }],
  ])('try %s both ways', (text, slotHashId, extensions) => {
    const rest = { slotHashId, extensions };
    expect(hex(encodeClientMessage({ kind: 'try', model: empty, ...rest }))).toBe(text);
    const model = parseCallJson('{}');
    expect(decodeClientMessage(unhex(text))).toEqual({ kind: 'try', model, ...rest });
  });

  it('has a cancel of our own, in a field that the original does not know', () => {
    expect(hex(encodeClientMessage({ kind: 'cancel' }))).toBe('7a00');
    expect(decodeClientMessage(unhex('7a00'))).toEqual({ kind: 'cancel' });
  });

  it.each([
    ['12060a0268691001', utf8('hi'), true],
    ['12021001', new Uint8Array(0), true],
    ['12040a026869', utf8('hi'), false],
    ['1200', new Uint8Array(0), false],
  ])('data %s both ways', (text, bytes, eof) => {
    const message = { kind: 'data', bytes, eof } as const;
    expect(hex(encodeClientMessage(message))).toBe(text);
    expect(decodeClientMessage(unhex(text))).toEqual(message);
  });

  const start: RunnerMessage = { kind: 'start', status: 200, headers: [['K', 'V']] };
  const nack = finished({ errorCode: 503, errorStr: BUSY });
  it.each<[string, Dialect, string, RunnerMessage]>([
    ['start', 's', '120ea2060b08c80112060a014b120156', start],
    ['start', 'head', '0a0ea2060b08c80112060a014b120156', start],
    ['data', 's', '1a040a026869', { kind: 'data', bytes: utf8('hi') }],
    ['data', 'head', '12040a026869', { kind: 'data', bytes: utf8('hi') }],
    ['ok', 's', '220708011203696431', finished({ success: true, details: 'id1' })],
    ['ok', 'head', '1a0708011203696431', finished({ success: true, details: 'id1' })],
    ['nack', 's', `2221121f${hex(utf8(`503:${BUSY}`))}`, nack],
    ['nack', 'head', `1a25120369643118f703221b${hex(utf8(BUSY))}`, { ...nack, details: 'id1' }],
  ])('%s in dialect %s both ways', (_name, dialect, text, message) => {
    expect(hex(encodeRunnerMessage(message, dialect))).toBe(text);
    expect(decodeRunnerMessage(unhex(text), dialect)).toEqual(message);
  });

  it('a runner status', () => {
    const status = { active: 3, requestsReceived: 0, requestsHandled: 0 };
    expect(hex(encodeRunnerStatus(status))).toBe('1003');
    expect(decodeRunnerStatus(unhex('1003'))).toEqual(status);
    const busy = { active: 1, requestsReceived: 2 ** 40, requestsHandled: 2 ** 33 };
    expect(decodeRunnerStatus(encodeRunnerStatus(busy))).toEqual(busy);
  });
});

describe('the dialect', () => {
  it.each([
    ['220708011203696431', 's'],
    ['120ea2060b08c80112060a014b120156', 's'],
    ['1a0708011203696431', 'head'],
    ['0a0ea2060b08c80112060a014b120156', 'head'],
    ['', undefined],
    // Field 9 is nobody's: what follows it decides.
    ['48012200', 's'],
  ])('of first message %s is %s', (text, dialect) => {
    expect(detectDialect(unhex(text))).toBe(dialect);
  });

  it('of a stream is set by its first message that has one, and kept', () => {
    const decode = createRunnerDecoder();
    expect(decode(new Uint8Array(0))).toEqual({ kind: 'unknown' });
    expect(decode(unhex('120ea2060b08c80112060a014b120156')).kind).toBe('start');
    // In HEAD this would be a verdict.
    expect(decode(unhex('1a040a026869'))).toEqual({ kind: 'data', bytes: utf8('hi') });
  });

  it("of a leftover 'acknowledged', or a start without meta, is read as unknown", () => {
    expect(decodeRunnerMessage(unhex('0a020801'), 's')).toEqual({ kind: 'unknown' });
    expect(decodeRunnerMessage(unhex('0a00'), 'head')).toEqual({ kind: 'unknown' });
  });
});

describe('details of dialect S', () => {
  it.each([
    ['503:Timed out - server too busy', 503, 'Timed out - server too busy'],
    ['502:a:b', 502, 'a:b'],
    ['0:invalid character', 0, 'invalid character'],
    ['-1:x', -1, 'x'],
    ['+7:x', 7, 'x'],
    ['-0:x', 0, 'x'],
    ['503:\n', 503, '\n'],
    [' 503:x', 0, ' 503:x'],
    ['503 :x', 0, '503 :x'],
    ['503:', 0, '503:'],
    [':x', 0, ':x'],
    ['x', 0, 'x'],
    ['', 0, ''],
    ['5_3:x', 0, '5_3:x'],
    ['0x10:x', 0, '0x10:x'],
    ['9223372036854775808:x', 0, '9223372036854775808:x'],
    ['-9223372036854775808:x', -9223372036854775808, 'x'],
    ['000000000000000000000000000000000000503:x', 503, 'x'],
  ])('%j is code %d, text %j', (details, code, text) => {
    expect(parseDetails(details)).toEqual({ code, text });
  });

  it('of a failure without text still carry its code', () => {
    const bytes = encodeRunnerMessage(finished({ errorCode: 503 }), 's');
    expect(decodeRunnerMessage(bytes, 's')).toMatchObject({ errorCode: 503 });
  });
});

const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const data = fc.uint8Array({ maxLength: 200 });
const runnerMessage: fc.Arbitrary<RunnerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    status: int32,
    headers: fc.array(fc.tuple(text, text), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('data' as const), bytes: data }),
  fc.record({
    kind: fc.constant('finished' as const),
    success: fc.boolean(),
    details: text,
    errorCode: int32,
    errorStr: text,
    errorUser: fc.boolean(),
    schedulerDuration: size,
    executionDuration: size,
  }),
);
/** What dialect S can carry of a verdict. */
function asInS(message: RunnerMessage): RunnerMessage {
  if (message.kind !== 'finished') return message;
  const { success, details, errorCode, errorStr } = message;
  if (success) return finished({ success, details });
  return finished({ errorCode, errorStr: errorStr || 'Unknown Error From Pure Runner' });
}
describe('round trips', () => {
  it('runner messages come back the same in HEAD, and without the lost fields in S', () => {
    fc.assert(
      fc.property(runnerMessage, (message) => {
        const head = encodeRunnerMessage(message, 'head');
        expect(createRunnerDecoder()(head)).toEqual(expectedFirst(message, head));
        expect(decodeRunnerMessage(head, 'head')).toEqual(message);
        const s = encodeRunnerMessage(message, 's');
        expect(decodeRunnerMessage(s, 's')).toEqual(asInS(message));
      }),
      { numRuns: 150 },
    );
  });
});

/** Data never comes first; if it did, its field would be taken for the other dialect's. */
function expectedFirst(message: RunnerMessage, bytes: Uint8Array): RunnerMessage {
  return message.kind === 'data' ? decodeRunnerMessage(bytes, 's') : message;
}

describe('rubbish', () => {
  it('throws an Error that says what could not be read, or reads as some message', () => {
    const bits = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      // Almost right is worse than random: one byte of a good message is changed.
      fc.tuple(runnerMessage, fc.nat(), fc.nat({ max: 255 })).map(([message, at, byte]) => {
        const bytes = Uint8Array.from(encodeRunnerMessage(message, 'head'));
        bytes[at % Math.max(1, bytes.length)] = byte;
        return bytes;
      }),
    );
    const readers: ((bytes: Uint8Array) => unknown)[] = [
      decodeClientMessage,
      decodeRunnerStatus,
      detectDialect,
      (bytes) => createRunnerDecoder()(bytes),
      (bytes) => decodeRunnerMessage(bytes, 's'),
    ];
    fc.assert(
      fc.property(bits, (bytes) => {
        for (const read of readers) {
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect((error as Error).message).toMatch(/^undecodable (ClientMsg|Runner\w+): ./);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('an unset client message is unknown, without a call error', () => {
    expect(decodeClientMessage(new Uint8Array(0))).toEqual({ kind: 'unknown' });
  });
});
