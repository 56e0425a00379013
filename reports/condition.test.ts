import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conditionMetrics,
  conditionText,
  judgeCondition,
  parseCondition,
  type Condition,
} from './condition.js';
import type { Side } from './difference.js';
import { verdictText } from './difference-text.js';
import { metricNames } from './result.js';
import { sideOf } from './sides.test-support.js';

const hint = (name: string): string => `, not ${name}`;

function parsed(text: string): Condition {
  const condition = parseCondition(text, hint);
  if ('problem' in condition) throw new Error(condition.problem);
  return condition;
}

describe('a condition', () => {
  it('is what its text says, and its text says what it is', () => {
    const limits = fc.oneof(fc.integer({ min: 0, max: 1e9 }), fc.double({ min: 0, max: 1e6 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...metricNames()),
        fc.boolean(),
        fc.constantFrom('value', 'change', 'percent'),
        limits.filter((limit) => !Number.isNaN(limit)),
        fc.boolean(),
        (metric, above, of, size, negative) => {
          const limit = of !== 'value' && negative ? -size : size;
          const condition = { metric, above, of, limit } as Condition;
          expect(parsed(conditionText(condition))).toEqual(condition);
        },
      ),
    );
  });

  it('takes every metric and every short name, and blanks around its parts', () => {
    for (const name of conditionMetrics()) {
      expect(metricNames()).toContain(parsed(` ${name} > +5% `).metric);
    }
    expect(parsed('p99>+5%')).toEqual({
      metric: 'latencyMs.p99',
      above: true,
      of: 'percent',
      limit: 5,
    });
    expect(parsed('ok<-0.01')).toMatchObject({ metric: 'okRatio', of: 'change', limit: -0.01 });
  });

  it.each([
    ['p99', 'expected METRIC'],
    ['p99=5', 'expected METRIC'],
    ['p99>>5', 'expected METRIC'],
    ['p99>five', 'expected METRIC'],
    ['', 'expected METRIC'],
    ['p99>5%', 'a change in percent has a sign: p99>+5%'],
    ['p98>+5%', 'unknown metric "p98", not p98'],
    ['toString>1', 'unknown metric "toString"'],
    ['p99>1e999', 'too large'],
  ])('is refused in one line: %s', (text, why) => {
    const condition = parseCondition(text, hint);
    expect('problem' in condition && condition.problem).toContain(why);
  });
});

describe('judging a condition', () => {
  const side = (name: string, p99: number | null, failed = 0): Side =>
    sideOf(name, [{ p99, failed, interval: p99 === null ? null : [p99 - 10, p99 + 10] }]);
  const judge = (text: string, from: Side, to: Side) => judgeCondition(parsed(text), from, to);

  it.each([
    ['p99>+5%', 100, 106, true],
    ['p99>+5%', 100, 105, false],
    ['p99<-5%', 100, 94, true],
    ['p99<-5%', 100, 96, false],
    ['p99>+5', 100, 106, true],
    ['p99>+6', 100, 106, false],
    ['p99>105', 100, 106, true],
    ['p99>106', 100, 106, false],
    ['p99<+0%', 100, 99, true],
  ])('%s from %d to %d: %s', (text, from, to, holds) => {
    expect(judge(text, side('A', from), side('B', to)).holds).toBe(holds);
  });

  it('says whether chance alone would do it', () => {
    expect(judge('p99>+5%', side('A', 100), side('B', 110))).toMatchObject({ noise: true });
    expect(judge('p99>+5%', side('A', 100), side('B', 150))).toMatchObject({ noise: false });
    expect(judge('p99>105', side('A', 100), side('B', 110))).toMatchObject({ noise: true });
    expect(judge('p99>105', side('A', 100), side('B', 150))).toMatchObject({ noise: false });
    // Nothing bounds the slowest call.
    expect(judge('max>+5%', side('A', 100), side('B', 150)).noise).toBeNull();
  });

  it('takes something from nothing for more than any percentage', () => {
    const [none, one] = [side('A', 100, 0), side('B', 100, 1)];
    expect(judge('failed>+900%', none, one)).toMatchObject({ holds: true, value: Infinity });
    expect(judge('failed>+900%', none, none)).toMatchObject({ holds: false, value: 0 });
    expect(judge('failed<-5%', none, one).holds).toBe(false);
  });

  it('judges nothing where there is no value', () => {
    for (const text of ['p99>+5%', 'p99>5', 'p99<+5']) {
      expect(judge(text, side('A', 100), side('B', null)).holds).toBeNull();
    }
    expect(judge('p99>+5%', side('A', null), side('B', 100)).holds).toBeNull();
    expect(judge('p99>5', side('A', null), side('B', 100)).holds).toBe(true);
  });

  it('is told in one line', () => {
    const told = (text: string, from: Side, to: Side): string => {
      const condition = parsed(text);
      const judged = judgeCondition(condition, from, to);
      return verdictText({ condition, side: to, judged }).replaceAll('\u202f', ' ');
    };
    expect(told('p99>+5%', side('A', 100), side('B', 110))).toBe(
      '✗ fail if latencyMs.p99>+5%: B +10.0 % (95 %: −4.14 % … +24.1 %), within noise',
    );
    expect(told('p99>200', side('A', 100), side('B', 110))).toBe(
      '✓ fail if latencyMs.p99>200: B 110 ms (95 %: 100 ms … 120 ms)',
    );
    // Sure to be slower, but not by so much.
    expect(told('p99>+40%', side('A', 100), side('B', 150))).toBe(
      '✗ fail if latencyMs.p99>+40%: B +50.0 % (95 %: +35.9 % … +64.1 %), within noise of the limit',
    );
    expect(told('p99>200', side('A', 100), side('B', null))).toBe(
      '? fail if latencyMs.p99>200: B has nothing to judge it by',
    );
  });
});
