import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import { flightResult, isMetric, judge, metricNames, resultSchema } from './result.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';

const empty = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd()).result;
const sample = sampleFlight({ calls: 50, seconds: 1 });
const collector = createCollector(sample.header);
for (const event of sample.events) collector.event(event);
const { result } = collector.land(sample.end);

describe('a result', () => {
  it('satisfies its schema, key by key, and has the order of the design', () => {
    for (const each of [empty, result]) {
      expect(flightResult.safeParse(JSON.parse(JSON.stringify(each))).success).toBe(true);
    }
    expect(Object.keys(result)).toEqual(Object.keys(flightResult.unwrap().shape));
  });

  it('has the published schema (vitest -u writes it anew)', async () => {
    const schema = await format(JSON.stringify(resultSchema()), { parser: 'json' });
    await expect(schema).toMatchFileSnapshot('result.schema.json');
  });
});

describe('judging', () => {
  it('knows every metric it names, and no inherited one', () => {
    for (const name of metricNames()) expect(isMetric(name)).toBe(true);
    for (const name of ['latencyMs.p98', 'toString', 'constructor', '', 'calls']) {
      expect(isMetric(name)).toBe(false);
    }
  });

  it('names only what the result has, the two ratios aside', () => {
    const at = (path: string): unknown =>
      path
        .split('.')
        .reduce<unknown>((from, key) => (from as Record<string, unknown>)[key], result);
    for (const name of metricNames().filter((each) => !each.endsWith('Ratio'))) {
      expect(judge([{ metric: name, min: 0 }], result)[0]!.value).toBe(at(name));
    }
  });

  it('takes the limit itself as met, on both sides', () => {
    const slo = [
      { metric: 'calls.offered', max: 50 },
      { metric: 'calls.offered', min: 50 },
      { metric: 'calls.offered', max: 49 },
      { metric: 'calls.offered', min: 51 },
      { metric: 'calls.offered', min: 1, max: 50 },
    ];
    expect(judge(slo, result)).toEqual([
      { metric: 'calls.offered', limit: '<= 50', value: 50, ok: true },
      { metric: 'calls.offered', limit: '>= 50', value: 50, ok: true },
      { metric: 'calls.offered', limit: '<= 49', value: 50, ok: false },
      { metric: 'calls.offered', limit: '>= 51', value: 50, ok: false },
      { metric: 'calls.offered', limit: '>= 1 and <= 50', value: 50, ok: true },
    ]);
  });

  it('compares ratios before it rounds them', () => {
    const calls = { ...result.calls, offered: 10_000_000, ok: 9_999_999 };
    const [line] = judge([{ metric: 'okRatio', min: 1 }], { ...result, calls });
    expect(line).toEqual({ metric: 'okRatio', limit: '>= 1', value: 1, ok: false });
  });

  it('misses what has no value', () => {
    const [p99, ratio] = judge(
      [
        { metric: 'latencyMs.p99', max: 5 },
        { metric: 'okRatio', min: 0 },
      ],
      empty,
    );
    expect(p99).toEqual({ metric: 'latencyMs.p99', limit: '<= 5', value: null, ok: false });
    expect(ratio).toMatchObject({ value: null, ok: false });
  });

  it('refuses an unknown metric and a limit without a bound', () => {
    expect(() => judge([{ metric: 'latency', max: 1 }], result)).toThrow('"latency" is not');
    expect(() => judge([{ metric: 'okRatio' }], result)).toThrow('neither max nor min');
  });
});
