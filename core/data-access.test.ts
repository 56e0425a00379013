/** Laws of the tables of functions and apps. */
import sinon from 'sinon';
import { describe, expect, it } from 'vitest';
import type { Observable } from 'rxjs';
import { staticApps, staticFunctions } from './data-access.js';

/** The one answer, or the error. */
function answer<T>(source: Observable<T>): unknown {
  const next = sinon.spy();
  const error = sinon.spy();
  source.subscribe({ next, error });
  return next.called ? next.firstCall.args[0] : error.firstCall.args[0];
}

describe('a table of functions', () => {
  const data = staticFunctions({ hello: { timeoutMs: 1000 }, other: { group: 'big' } });

  it('fills in the defaults', () => {
    expect(answer(data.functionById('hello'))).toMatchInlineSnapshot(`
      {
        "appId": "",
        "config": {},
        "group": "default",
        "id": "hello",
        "idempotent": false,
        "image": "",
        "memoryMb": 128,
        "name": "hello",
        "timeoutMs": 1000,
      }
    `);
  });

  it.each(['nobody', '__proto__', 'toString', ''])('does not know "%s"', (name) => {
    expect(answer(data.functionById(name))).toMatchObject({
      code: 'unknown_function',
      status: 404,
    });
    expect(answer(data.appByName(name))).toMatchObject({ code: 'unknown_app', status: 404 });
  });
});

describe('a table of apps', () => {
  const data = staticApps({
    shop: {
      id: 'app-1',
      config: { A: '1' },
      functions: { pay: {}, look: {} },
      routes: { '/v1/pay': 'pay' },
    },
    plain: { functions: { hello: {} } },
  });

  it('knows an app by its name and by its id', () => {
    const shop = { id: 'app-1', name: 'shop', config: { A: '1' } };
    expect(answer(data.appByName('shop'))).toEqual(shop);
    expect(answer(data.appById('app-1'))).toEqual(shop);
    expect(answer(data.appById('shop'))).toMatchObject({ code: 'unknown_app' });
  });

  it('leads from a path to its function, and by default from its name', () => {
    expect(answer(data.functionByRoute('app-1', '/v1/pay'))).toMatchObject({ id: 'shop/pay' });
    expect(answer(data.functionByRoute('plain', '/hello'))).toMatchObject({ id: 'plain/hello' });
    expect(answer(data.functionByRoute('app-1', '/look'))).toMatchObject({ status: 404 });
  });

  it('tells the same path in two apps apart', () => {
    const two = staticApps({ a: { functions: { f: {} } }, b: { functions: { f: {} } } });
    expect(answer(two.functionByRoute('a', '/f'))).toMatchObject({ id: 'a/f', appId: 'a' });
    expect(answer(two.functionByRoute('b', '/f'))).toMatchObject({ id: 'b/f', appId: 'b' });
  });

  it('refuses a route to nowhere, and two apps of one id', () => {
    expect(() => staticApps({ a: { functions: {}, routes: { '/x': 'x' } } })).toThrow(
      'route /x of a: no function "x"',
    );
    expect(() =>
      staticApps({ a: { id: 'i', functions: {} }, b: { id: 'i', functions: {} } }),
    ).toThrow('two apps have the id "i"');
  });
});
