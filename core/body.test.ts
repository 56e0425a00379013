/** Laws of the cached body: bounded by bytes seen, replayed alike, and given back exactly once. */
import fc from 'fast-check';
import { Observable, Subject, concat, from, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { joined, utf8 } from '../test/support/calls.js';
import { cacheBody, type Body } from './body.js';
import { createBudget, type Budget } from './budget.js';
import type { RequestBody } from './call.js';
import type { CallError } from './errors.js';

function cache(
  body: RequestBody,
  given: { max?: number; budget?: Budget; contentLength?: number } = {},
) {
  const budget = given.budget ?? createBudget(1000);
  const seen: { body?: Body; error?: CallError; completed: boolean } = { completed: false };
  const length = given.contentLength === undefined ? {} : { contentLength: given.contentLength };
  const request = { fn: 'f', method: 'POST', url: '/', headers: [], body, ...length };
  const subscription = cacheBody(request, given.max ?? 10, budget).subscribe({
    next: (ready) => (seen.body = ready),
    error: (error: CallError) => (seen.error = error),
    complete: () => (seen.completed = true),
  });
  return { seen, budget, leave: () => subscription.unsubscribe() };
}
const chunks = (...lengths: number[]) => from(lengths.map((length) => new Uint8Array(length)));

describe('the size of a body', () => {
  it.each([
    ['in one chunk', chunks(10)],
    ['in many', chunks(3, 0, 3, 4)],
    ['given as bytes', new Uint8Array(10)],
  ])('is legal at exactly the limit, %s', (_name, body) => {
    const { seen } = cache(body);
    expect([seen.body?.bytes, seen.completed]).toEqual([10, true]);
  });

  it.each([
    ['in one chunk', chunks(11)],
    ['in many', chunks(10, 1)],
    ['given as bytes', new Uint8Array(11)],
  ])('is 413 one byte above, %s', (_name, body) => {
    const { seen, budget } = cache(body);
    expect([seen.error?.code, seen.error?.status]).toEqual(['body_too_large', 413]);
    expect(budget.used).toBe(0);
  });

  it('that is announced too large is refused without reading', () => {
    let read = false;
    const body = new Observable<Uint8Array>(() => void (read = true));
    expect(cache(body, { contentLength: 11 }).seen.error?.code).toBe('body_too_large');
    expect(read).toBe(false);
    expect(cache(chunks(10), { contentLength: 10 }).seen.body?.bytes).toBe(10);
  });

  it('that was announced smaller than it is counts by what is seen', () => {
    expect(cache(chunks(6, 6), { contentLength: 5 }).seen.error?.code).toBe('body_too_large');
  });

  it('stops the reading: no chunk is asked for after the limit', () => {
    const source = new Subject<Uint8Array>();
    cache(source);
    source.next(new Uint8Array(11));
    expect(source.observed).toBe(false);
  });
});

describe('the shared budget', () => {
  it('is full for the call that would exceed it, which gives back what it took', () => {
    const budget = createBudget(15);
    const first = cache(chunks(10), { budget });
    const second = cache(chunks(5, 1), { budget });
    expect(second.seen.error).toMatchObject({ code: 'full', status: 503, outcome: 'refused' });
    expect(budget.used).toBe(10);
    const third = cache(chunks(5), { budget });
    first.seen.body?.release();
    third.seen.body?.release();
    expect(budget.used).toBe(0);
  });

  it('does not count bytes that were at hand already', () => {
    expect(cache(new Uint8Array(10)).budget.used).toBe(0);
  });

  it('gets the bytes back when the source breaks off', () => {
    const { seen, budget } = cache(
      concat(
        chunks(4),
        throwError(() => new Error('gone')),
      ),
    );
    expect(seen.error).toMatchObject({ code: 'body_broken', status: 400 });
    expect(budget.used).toBe(0);
  });

  it('gets them back when the reader leaves, and the source is let go of', () => {
    const source = new Subject<Uint8Array>();
    const { budget, leave } = cache(source);
    source.next(new Uint8Array(4));
    expect(budget.used).toBe(4);
    leave();
    expect([budget.used, source.observed]).toEqual([0, false]);
  });

  it('keeps them past the reading, until the release, which is idempotent', () => {
    const { seen, budget, leave } = cache(chunks(4));
    leave();
    expect(budget.used).toBe(4);
    seen.body?.release();
    seen.body?.release();
    expect(budget.used).toBe(0);
  });
});

describe('a body is let go of', () => {
  const ready = () => {
    const { seen, budget } = cache(of(utf8('ping')));
    if (seen.body === undefined) throw new Error('no body');
    return { body: seen.body, budget };
  };

  it.each([
    ['sent, then committed', ['replay', 'sent', 'committed'], true],
    ['committed, then sent', ['replay', 'committed', 'sent'], true],
    ['committed only', ['replay', 'committed'], false],
    ['sent only', ['replay', 'sent'], false],
    ['sent by an attempt that was NACKed', ['replay', 'sent', 'replay', 'committed'], false],
    ['sent by the second attempt', ['replay', 'sent', 'replay', 'committed', 'sent'], true],
  ] as const)('once it is both sent and committed: %s', (_name, steps, released) => {
    const { body, budget } = ready();
    for (const step of steps) body[step]();
    expect([...body.chunks].length).toBe(released ? 0 : 1);
    expect(budget.used).toBe(released ? 0 : 4);
    expect(body.bytes).toBe(4);
  });

  it('and cannot be replayed after that', () => {
    const { body } = ready();
    body.release();
    expect(() => body.replay()).toThrow('replayed after its release');
  });
});

describe('a factory of bytes', () => {
  const factory = (sent: readonly Uint8Array[], bytes: number) => ({ bytes, chunks: () => sent });

  it('is replayed from the start each time, and is neither copied nor counted', () => {
    const sent = [utf8('ab'), utf8(''), utf8('c')];
    const { seen, budget } = cache(factory(sent, 3), { max: 3 });
    const replays = [1, 2].map(() => joined([...(seen.body?.chunks ?? [])]));
    expect(replays).toEqual([utf8('abc'), utf8('abc')]);
    expect(budget.used).toBe(0);
    seen.body?.release();
    expect([...(seen.body?.chunks ?? [1])]).toEqual([]);
  });

  it('above the limit is refused before it is read', () => {
    const { seen } = cache(factory([], 4), { max: 3 });
    expect(seen.error).toMatchObject({ code: 'body_too_large' });
  });

  it.each([2, 4])('that says %i bytes and has 3 is found out, not sent as whole', (bytes) => {
    const { seen } = cache(factory([utf8('abc')], bytes), { max: 10 });
    expect(() => [...(seen.body?.chunks ?? [])]).toThrow('a body of');
  });
});

describe('for any chunks', () => {
  it('what is kept is what was sent', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 }), (sent) => {
        const { seen, budget } = cache(from(sent), { max: 400 });
        expect(joined([...(seen.body?.chunks ?? [])])).toEqual(joined(sent));
        expect([...(seen.body?.chunks ?? [])].every((chunk) => chunk.length > 0)).toBe(true);
        expect(budget.used).toBe(seen.body?.bytes);
      }),
    );
  });

  const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 9000 })), {
    maxLength: 30,
  });

  it('small ones are kept as few, none of them changed', () => {
    fc.assert(
      fc.property(sizes, (lengths) => {
        let next = 0;
        const sent = lengths.map((length) => Uint8Array.from({ length }, () => (next += 7) & 255));
        const copies = sent.map((chunk) => chunk.slice());
        const { seen } = cache(from(sent), { max: 1e6, budget: createBudget(1e6) });
        const kept = [...(seen.body?.chunks ?? [])];
        expect(Buffer.compare(joined(kept), joined(copies))).toBe(0);
        expect(Buffer.compare(joined(sent), joined(copies))).toBe(0);
        // Two neighbours that fit into one block are in one.
        for (const [at, chunk] of kept.entries()) {
          expect(chunk.length + (kept[at + 1]?.length ?? 4097)).toBeGreaterThan(4096);
        }
      }),
    );
  });
});
