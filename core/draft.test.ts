/** Laws of a call in the making: who may change what, and in which order. */
import { describe, expect, it } from 'vitest';
import { FUNCTION, text } from '../test/support/calls.js';
import { ok } from '../test/support/scripted-runner.js';
import { createService } from '../test/support/service.js';
import { drain } from '../test/support/virtual.js';
import { NO_APP, type AppInfo } from './data-access.js';
import { makeDraft, type CallOption, type Draft, type DraftRules } from './draft.js';
import { CallError } from './errors.js';

const RULES: DraftRules = { callOptions: [], overrider: undefined, idempotentHeader: '' };
const REQUEST = { fn: 'hello', method: 'POST', url: '/', headers: [], body: new Uint8Array(0) };
const APP: AppInfo = { id: 'a1', name: 'shop', config: { A: 'app', B: 'app' } };

const drafted = (draft: Draft | CallError): Draft => {
  if (draft instanceof CallError) throw draft;
  return draft;
};
const says =
  (word: string): CallOption =>
  (draft) => {
    draft.extensions = { ...draft.extensions, order: `${draft.extensions['order'] ?? ''}${word}` };
    return undefined;
  };

describe('a draft', () => {
  it("is the function's own values, with the app's config under the function's", () => {
    const draft = drafted(makeDraft(RULES, REQUEST, APP, { ...FUNCTION, config: { A: 'fn' } }));
    expect(draft).toMatchObject({ timeoutMs: 10_000, memoryMb: 128, group: 'default' });
    expect(draft.config).toEqual({ A: 'fn', B: 'app' });
    expect([draft.slotHashId, draft.requestId, draft.extensions]).toEqual(['', '', {}]);
  });

  it("is changed by the request's options, then the balancer's, then the overrider", () => {
    const rules = { ...RULES, callOptions: [says('2'), says('3')], overrider: says('4') };
    const draft = makeDraft(rules, { ...REQUEST, options: [says('1')] }, NO_APP, FUNCTION);
    expect(drafted(draft).extensions).toEqual({ order: '1234' });
  });

  it('ends with the first error, and nothing later is asked', () => {
    const refusal = new CallError('rejected', 'no', { status: 451 });
    const rules = { ...RULES, callOptions: [() => refusal, says('never')] };
    expect(makeDraft(rules, REQUEST, NO_APP, FUNCTION)).toBe(refusal);
  });

  it.each([Number.NaN, Infinity, 0, -1, 1e18])('cannot have a timeout of %d ms', (timeoutMs) => {
    const spoil: CallOption = (draft) => {
      draft.timeoutMs = timeoutMs;
      return undefined;
    };
    const refused = makeDraft({ ...RULES, callOptions: [spoil] }, REQUEST, NO_APP, FUNCTION);
    expect(refused).toMatchObject({ code: 'rejected' });
    expect((refused as CallError).message).toContain(`timeoutMs of the call is ${timeoutMs}`);
  });

  it('changes nothing of the function, which other calls share', () => {
    const spoil: CallOption = (draft) => {
      draft.config = { ...draft.config, X: '1' };
      draft.timeoutMs = 1;
      return undefined;
    };
    makeDraft({ ...RULES, callOptions: [spoil] }, REQUEST, APP, FUNCTION);
    expect([FUNCTION.config, FUNCTION.timeoutMs, APP.config]).toEqual([
      { A: '1' },
      10_000,
      { A: 'app', B: 'app' },
    ]);
  });

  it.each([
    [{ FN_LB_GROUP_ID: 'gpu', A: '1' }, 'gpu'],
    [{ FN_LB_GROUP_ID: '', A: '1' }, 'default'],
    [{ A: '1' }, 'default'],
  ])('chooses its group by config %j, which does not leak into the function', (config, group) => {
    const draft = drafted(makeDraft(RULES, REQUEST, NO_APP, { ...FUNCTION, config }));
    expect([draft.group, draft.config]).toEqual([group, { A: '1' }]);
  });

  it.each(['option', 'overrider'])('keeps no group in the config that an %s writes', (who) => {
    const choose: CallOption = (draft) => {
      draft.config = { ...draft.config, FN_LB_GROUP_ID: 'gpu' };
      return undefined;
    };
    const rules = who === 'option' ? { callOptions: [choose] } : { overrider: choose };
    const draft = drafted(makeDraft({ ...RULES, ...rules }, REQUEST, NO_APP, FUNCTION));
    expect([draft.group, draft.config]).toEqual(['gpu', { A: '1' }]);
  });

  it.each([
    ['Idempotent', 'yes', true],
    ['IDEMPOTENT', '1', true],
    ['idempotent', '0', false],
    ['idempotent', 'false', false],
    ['idempotent', '', false],
    ['other', 'yes', false],
  ])('is idempotent by the named header %s: %s → %s', (name, value, idempotent) => {
    const rules = { ...RULES, idempotentHeader: 'idempotent' };
    const request = { ...REQUEST, headers: [[name, value] as const] };
    expect(drafted(makeDraft(rules, request, NO_APP, FUNCTION)).idempotent).toBe(idempotent);
  });

  it('is never idempotent by a header that nobody named, nor by its method', () => {
    const request = { ...REQUEST, method: 'GET', headers: [['Idempotent', 'yes'] as const] };
    expect(drafted(makeDraft(RULES, request, NO_APP, FUNCTION)).idempotent).toBe(false);
  });
});

describe('in a balancer', () => {
  it('what options set reaches the runner', () => {
    const option: CallOption = (draft) => {
      draft.extensions = { a: 'b' };
      draft.slotHashId = '6162';
      draft.memoryMb = 512;
      return undefined;
    };
    const service = createService({ runners: [[ok()]], parts: { callOptions: [option] } });
    service.call({ requestId: 'r-1' });
    drain(service.clock);
    const { spec } = service.runners[0]?.engaged[0]?.offered ?? {};
    expect(spec).toMatchObject({
      extensions: { a: 'b' },
      slotHashId: '6162',
      memoryMb: 512,
      requestId: 'r-1',
    });
  });

  it('a refusing option is the answer, and a throwing one is a bug of its own', () => {
    const refuse = () => new CallError('rejected', 'quota', { status: 429, text: 'quota' });
    const crash = (): never => {
      throw new Error('oops');
    };
    const answers = [refuse, crash].map((option) => {
      const service = createService({ runners: [[ok()]], parts: { callOptions: [option] } });
      const { verdict } = service.call();
      expect(service.idle()).toBe(true);
      expect(service.runners[0]?.engaged).toEqual([]);
      return [verdict?.code, verdict?.status];
    });
    expect(answers).toEqual([
      ['rejected', 429],
      ['internal', 500],
    ]);
  });

  it('neither a function nor a route is an error of its own', () => {
    const { verdict, sink } = createService().call({ fn: '' });
    expect(verdict).toMatchObject({ code: 'no_request', status: 500 });
    expect(text(sink.body)).toBe('{"message":"no model or request provided for call"}\n');
  });
});
