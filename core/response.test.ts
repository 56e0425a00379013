/** Laws of the way back: when the head goes out, how a body is framed, and that a cut is a cut. */
import { describe, expect, it } from 'vitest';
import { text, utf8 } from '../test/support/calls.js';
import { responding } from '../test/support/responses.js';
import { DONE, START, data, failure } from '../test/support/scripted-runner.js';
import { MS, SECOND, advance } from '../test/support/virtual.js';
import { CallError } from './errors.js';
import type { Header, RunnerEvent } from './runner.js';

const start = (status: number, ...headers: Header[]): RunnerEvent => ({
  kind: 'start',
  status,
  headers,
});
const typed = (length?: number): RunnerEvent =>
  length === undefined
    ? START
    : start(200, ['Content-Type', 'text/plain'], ['Content-Length', String(length)]);

describe('the head', () => {
  it('of a short answer has a Content-Length, the true status, and the call id', () => {
    const r = responding();
    r.say(start(201, ['Content-Type', 'text/plain']), data('pong'), DONE);
    expect(r.sink.status).toBe(201);
    expect(r.sink.headers).toEqual([
      ['Content-Type', 'text/plain'],
      ['Content-Length', '4'],
      ['Fn-Call-Id', 'call-1'],
    ]);
    expect(text(r.sink.body)).toBe('pong');
    expect(r.verdicts).toEqual([{ outcome: 'ok', code: '', status: 201, bytesOut: 4 }]);
    expect([r.heads, r.clock.pending]).toEqual([[201], 0]);
  });

  it('of an empty answer has a Content-Length of 0', () => {
    const r = responding();
    r.say(START, DONE);
    expect([r.sink.header('content-length'), r.sink.log]).toEqual(['0', ['head 200', 'end']]);
  });

  it('waits 5 ms after start for the rest, then goes without a length', () => {
    const r = responding();
    r.say(START, data('x'));
    advance(r.clock, 5 * MS - 1);
    expect(r.sink.log).toEqual([]);
    advance(r.clock, 1);
    expect(r.sink.log).toEqual(['head 200', 'write 1']);
    expect(r.sink.header('content-length')).toBe(undefined);
  });

  it('keeps the length that the runner announced when it goes early', () => {
    const r = responding();
    r.say(typed(9));
    advance(r.clock, 5 * MS);
    expect(r.sink.header('content-length')).toBe('9');
  });

  it('waits for 16 KiB and not a byte more', () => {
    const r = responding();
    r.say(START, data(new Uint8Array(16 * 1024 - 1)));
    expect(r.sink.log).toEqual([]);
    r.say(data('x'));
    expect(r.sink.log).toEqual(['head 200', 'write 16383', 'write 1']);
  });

  it('waits for the first byte where the type must be sniffed, then 5 ms', () => {
    const r = responding();
    r.say(start(200));
    advance(r.clock, SECOND);
    expect(r.sink.log).toEqual([]);
    r.say(data('{"a":1}'));
    expect(r.sink.log).toEqual([]);
    advance(r.clock, 5 * MS);
    expect(r.sink.header('content-type')).toBe('application/json; charset=utf-8');
  });

  it('carries the true error status of a failure that came within the wait', () => {
    const r = responding();
    r.say(START, data('half'), failure(418, 'teapot'));
    expect([r.sink.status, text(r.sink.body)]).toEqual([418, '{"message":"teapot"}\n']);
    expect(r.verdicts).toEqual([{ outcome: 'failed', code: 'failed', status: 418, bytesOut: 0 }]);
  });
});

describe('a failed verdict', () => {
  it.each([
    [500, 500, 'failed'],
    [400, 400, 'failed'],
    [599, 599, 'failed'],
    [600, 502, 'failed'],
    [399, 502, 'failed'],
    [0, 502, 'failed'],
    [503, 502, 'failed'],
    [504, 504, 'expired'],
  ])('with code %i is %i to the client', (code, status, outcome) => {
    const r = responding();
    r.say(failure(code));
    expect([r.sink.status, r.verdicts[0]?.outcome]).toEqual([status, outcome]);
    expect(r.sink.ended).toBe(true);
  });

  it('after the head is out cuts the connection and never ends it', () => {
    const r = responding();
    r.say(START, data('half'));
    advance(r.clock, 5 * MS);
    r.say(failure(500));
    expect(r.sink.log).toEqual(['head 200', 'write 4', 'cut']);
    expect(r.verdicts).toEqual([{ outcome: 'failed', code: 'failed', status: 200, bytesOut: 4 }]);
  });
});

describe('an announced Content-Length', () => {
  it('that is kept is a clean end', () => {
    const r = responding();
    r.say(typed(4), data('po'));
    advance(r.clock, 5 * MS);
    r.say(data('ng'), DONE);
    expect(r.sink.log).toEqual(['head 200', 'write 2', 'write 2', 'end']);
  });

  it.each([
    ['exceeded', [data('pongg')]],
    ['fallen short of', [data('pon'), DONE]],
  ])('that is %s is 502 while the head is held, and a cut after it', (_name, events) => {
    const held = responding();
    held.say(typed(4), ...events);
    expect([held.sink.status, held.verdicts[0]?.code]).toEqual([502, 'response_length']);
    const out = responding();
    out.say(typed(4));
    advance(out.clock, 5 * MS);
    out.say(...events);
    expect([out.sink.ended, out.sink.cutFor !== undefined]).toEqual([false, true]);
    expect([out.listening, out.clock.pending]).toEqual([false, 0]);
  });

  it.each([
    ['HEAD', 200, '9'],
    ['POST', 304, '9'],
    ['POST', 204, undefined],
  ])('needs no body for %s %i', (method, status, sent) => {
    const r = responding({ method });
    r.say(start(status, ['Content-Length', '9']), data('ignored'), DONE);
    expect([r.sink.header('content-length'), r.sink.log]).toEqual([
      sent,
      [`head ${status}`, 'end'],
    ]);
    expect(r.verdicts[0]).toMatchObject({ outcome: 'ok', bytesOut: 0 });
  });

  it('of an error to HEAD comes without the body', () => {
    const r = responding({ method: 'HEAD' });
    r.error(new CallError('not_placed', ''));
    expect(r.sink.log).toEqual(['head 503', 'end']);
    expect(r.sink.header('retry-after')).toBe('15');
  });
});

describe('the response size', () => {
  const options = { responseMaxBytes: 100, headHoldBytes: 10 };
  it('is legal at exactly the limit', () => {
    const r = responding({ options });
    r.say(START, data(new Uint8Array(60)), data(new Uint8Array(40)), DONE);
    expect(r.verdicts[0]).toMatchObject({ outcome: 'ok', bytesOut: 100 });
  });

  it('is cut one byte above', () => {
    const r = responding({ options });
    r.say(START, data(new Uint8Array(60)), data(new Uint8Array(41)));
    expect(r.sink.log).toEqual(['head 200', 'write 60', 'cut']);
    expect(r.verdicts[0]?.code).toBe('response_too_large');
    expect(r.listening).toBe(false);
  });

  it.each([1, 100, 150, 600, 999])('cannot be of status %d: that is a failure', (status) => {
    const r = responding();
    r.say(start(status), data('answer'));
    expect([r.sink.status, text(r.sink.body)]).toEqual([
      502,
      '{"message":"invalid function response"}\n',
    ]);
    expect(r.verdicts).toMatchObject([{ outcome: 'failed', code: 'failed' }]);
    expect(r.listening).toBe(false);
  });

  it('has headers of exactly their limit, and not one more', () => {
    const line = 'X-Long: '.length + '\r\n'.length;
    const headed = (length: number) => {
      const r = responding({ options: { headMaxBytes: 100 } });
      r.say(start(200, ['X-Long', 'x'.repeat(length - line)]), data('answer'), DONE);
      return r;
    };
    expect(headed(100).sink.status).toBe(200);
    const above = headed(101);
    expect([above.sink.status, above.sink.header('x-long')]).toEqual([502, undefined]);
    expect(text(above.sink.body)).toContain('function response headers too large');
    expect(above.verdicts).toMatchObject([{ outcome: 'failed', code: 'response_too_large' }]);
    expect(above.listening).toBe(false);
  });

  it('is 502 above the limit, and the answer has no header of the function', () => {
    const r = responding({ options: { responseMaxBytes: 10 } });
    const headers = [['X-Secret', 'of the function']] as const;
    r.say({ kind: 'start', status: 200, headers }, data(new Uint8Array(11)));
    expect([r.sink.status, r.sink.header('x-secret')]).toEqual([502, undefined]);
  });
});

describe('what comes after the verdict', () => {
  it.each([
    ['an error', (r: ReturnType<typeof responding>) => r.error(new CallError('broken', 'late'))],
    ['more data', (r: ReturnType<typeof responding>) => r.say(data('more'))],
    ['another verdict', (r: ReturnType<typeof responding>) => r.say(failure(500))],
    ['the completion', (r: ReturnType<typeof responding>) => r.complete()],
  ])('changes nothing, while the client is still reading: %s', (_name, then) => {
    const r = responding({ sink: { slowEnd: true } });
    r.say(START, data('pong'), DONE);
    then(r);
    expect(r.sink.log).toEqual(['head 200', 'write 4', 'end']);
    r.sink.taken();
    expect(r.verdicts).toEqual([{ outcome: 'ok', code: '', status: 200, bytesOut: 4 }]);
  });

  it('is not waited for: the events are let go of with the response', () => {
    const r = responding();
    r.say(START, DONE);
    expect(r.listening).toBe(false);
  });
});

describe('an end without a verdict', () => {
  it('is a bug of ours, and told so', () => {
    const r = responding();
    r.say(START);
    r.complete();
    expect([r.sink.status, r.verdicts[0]?.code]).toEqual([500, 'internal']);
  });

  it('by force is an error response, or a cut, even when only the client is missing', () => {
    const closed = new CallError('closed', 'the balancer was closed');
    const held = responding();
    held.say(START);
    held.force?.(closed);
    expect([held.sink.status, held.listening]).toEqual([503, false]);
    const slow = responding({ sink: { slowEnd: true } });
    slow.say(START, data('pong'), DONE);
    slow.complete();
    slow.force?.(closed);
    expect(slow.verdicts[0]?.code).toBe('closed');
    expect([slow.sink.cutFor, slow.clock.pending]).toEqual(['the balancer was closed', 0]);
    slow.force?.(closed);
    expect(slow.verdicts.length).toBe(1);
  });
});

describe('unsubscribing', () => {
  it('lets go of the events, the timers and the bytes, and writes nothing more', () => {
    const r = responding({ sink: { takes: () => false } });
    r.say(START, data(utf8('x'.repeat(20_000))), data('more'));
    expect(r.absorbed.used).toBe(4);
    r.leave();
    expect([r.listening, r.absorbed.used, r.clock.pending]).toEqual([false, 0, 0]);
    r.sink.drain();
    expect(r.sink.log).toEqual(['head 200', 'write 20000']);
    expect(r.verdicts).toEqual([]);
  });

  it('while the head is held sends none', () => {
    const r = responding();
    r.say(START, data('x'));
    r.leave();
    advance(r.clock, SECOND);
    expect(r.sink.log).toEqual([]);
  });
});
