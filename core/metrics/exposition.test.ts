/** Laws of the text format: what is rendered is what Prometheus' own client for Node renders. */
import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createCounter, createGauge, createHistogram, createHistograms } from './exposition.js';

/** Theirs parts the families by an empty line. */
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

it('whatever is counted, reads as the reference client writes it', async () => {
  const values = ['good', 'bad'] as const;
  const observed = fc.record({ value: fc.nat(5000), label: fc.constantFrom(...values) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(observed, { maxLength: 50 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 8 }),
      async (observations, drawn) => {
        const bounds = [...drawn].sort((a, b) => a - b);
        const registry = new Registry();
        const of = { help: 'what it is', registers: [registry] };
        const ours = {
          counter: createCounter('a', 'what it is'),
          gauge: createGauge('b', 'what it is'),
          plain: createHistogram('c', 'what it is', { bounds, scale: 1 }),
          labeled: createHistograms(
            'd',
            'what it is',
            { name: 'how', values },
            { bounds, scale: 1 },
          ),
        };
        const theirs = {
          counter: new Counter({ name: 'a', ...of }),
          gauge: new Gauge({ name: 'b', ...of }),
          plain: new Histogram({ name: 'c', buckets: bounds, ...of }),
          labeled: new Histogram({ name: 'd', buckets: bounds, labelNames: ['how'], ...of }),
        };
        for (const how of values) theirs.labeled.zero({ how });
        for (const { value, label } of observations) {
          const by = label === 'good' ? 1 : -1;
          ours.counter.count();
          theirs.counter.inc();
          ours.gauge.add(by);
          theirs.gauge.inc(by);
          ours.plain.observe(value);
          theirs.plain.observe(value);
          ours.labeled.observe(label, value);
          theirs.labeled.observe({ how: label }, value);
        }
        const text = Object.values(ours).map((family) => family.render());
        expect(lines(text.join(''))).toEqual(lines(await registry.metrics()));
      },
    ),
    { numRuns: 50 },
  );
});

it('a bound is inclusive, and a scale is exact', () => {
  const took = createHistogram('took', 'ms', { bounds: [1, 2.5], scale: 1000 });
  for (const us of [1000, 1001, 2500, 2501]) took.observe(us);
  for (let i = 0; i < 10; i++) took.observe(100);
  expect(lines(took.render()).slice(2)).toEqual([
    'took_bucket{le="1"} 11',
    'took_bucket{le="2.5"} 13',
    'took_bucket{le="+Inf"} 14',
    'took_sum 8.002',
    'took_count 14',
  ]);
});
