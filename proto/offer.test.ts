/** Laws of an offer's sense: what no call can be made of is answered and never executed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptOf, flawOf } from './offer.js';
import { parseCallJson } from './call-json.js';
import type { CallModel } from './model.js';
import { offering, serving, verdict } from './session.test.rig.js';
import { META } from './wire.js';

const EMPTY = parseCallJson('{}') as CallModel;

describe('an offer', () => {
  it.each([
    [{ method: 'B@D' }, '', 'invalid method'],
    [{ method: 'GET X' }, '', 'invalid method'],
    [{ method: 'GET\r\nX: y' }, '', 'invalid method'],
    [{ url: 'http://a/\r\nX: y' }, '', 'invalid URL: a control character'],
    [{ url: '/\u007f' }, '', 'invalid URL: a control character'],
    [{ url: '/\0' }, '', 'invalid URL: a control character'],
    [{ url: '://a' }, '', 'invalid URL: no scheme before the colon'],
    [{ url: '/%zz' }, '', 'invalid URL: a broken escape'],
    [{ url: '/%4' }, '', 'invalid URL: a broken escape'],
    [{}, 'c', 'slot_hash_id is not hex'],
    [{}, 'xy', 'slot_hash_id is not hex'],
    [{}, 'c0 ', 'slot_hash_id is not hex'],
  ])('with %j and slot hash %j is none', (fields, slotHashId, why) => {
    expect(flawOf({ ...EMPTY, ...fields }, slotHashId)).toBe(why);
    const session = serving();
    session.peer(offering({ id: 'c7', ...fields }, slotHashId));
    expect([verdict(session), session.offers, session.clock.pending]).toEqual([`0 ${why}`, [], 0]);
    expect(session.wire.sent).toMatchObject([{ details: 'c7' }]);
    expect(session.wire.status?.code).toBe(0);
  });

  it.each([
    [{}, ''],
    [{ method: 'PROPFIND', url: 'http://a:80/x%20y?q=%zz&a=b c#%' }, 'C0ffee'],
    [{ method: "!#$%&'*+-.^_`|~" }, '6162'],
  ])('with %j and slot hash %j is one', (fields, slotHashId) => {
    expect(flawOf({ ...EMPTY, ...fields }, slotHashId)).toBe(undefined);
  });

  it('of any text is judged without an error', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (method, url, slotHashId) => {
        expect(['string', 'undefined']).toContain(
          typeof flawOf({ ...EMPTY, method, url }, slotHashId),
        );
      }),
    );
  });
});

it.each([
  [undefined, 0],
  ['3', 3],
  ['x', 0],
  ['-1', 0],
  ['1e99', 0],
  ['1.5', 0],
])('an attempt number %s reads as %i', (said, read) => {
  expect(attemptOf(said === undefined ? {} : { [META.attempt]: said })).toBe(read);
});
