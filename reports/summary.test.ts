import { expect, it } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';
import { summarize } from './summary.js';

const thin = (text: string): string => text.replace(/\u202f/g, ' ');

function fly(calls: number, end = {}, header = {}): Flight {
  const sample = sampleFlight({ calls, seconds: calls / 200 }, header);
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  return collector.land({ ...sample.end, ...end });
}

it('a summary tells verdict, counts, latency, attempts, limits and the replay line', () => {
  expect(thin(summarize(fly(2000)))).toMatchInlineSnapshot(`
    "✗ first-flight: SLO missed: calls.failed
      flew      on sim · placer p2c · seed 7
      calls     2 000 offered · 1 998 ok (99.90 %) · 2 failed · 0 refused · 0 expired · 0 canceled
      latency   p50 97.3 ms · p90 186 ms · p99 307 ms · p99.9 505 ms · max 661 ms
      attempts  3 717 (1.86 a call) · 1 717 NACKs
      goodput   201 ok/s · 9.92 s flown in 0.412 s
      SLO       ✓ latencyMs.p99     <= 900   is 307.455
                ✓ okRatio           >= 0.98  is 0.999
                ✓ attempts.perCall  <= 2     is 1.8585
                ✗ calls.failed      <= 0     is 2
      digest    9f2c4a7be1d03356
      replay    npx windtunnel run scenarios/first-flight.yaml --seed 7 --placer p2c
    "
  `);
});

it('a summary of an empty flight says so', () => {
  const flight = createCollector(sampleHeader({ slo: [] })).land(sampleEnd());
  expect(thin(summarize(flight))).toMatchInlineSnapshot(`
    "○ first-flight: Flew without an SLO
      flew      on sim · placer p2c · seed 7
      calls     0 offered · 0 ok (–) · 0 failed · 0 refused · 0 expired · 0 canceled
      latency   none: no call was ok
      attempts  0 (– a call) · 0 NACKs
      goodput   0 ok/s · 30.0 s flown in 0.412 s
      digest    9f2c4a7be1d03356
      replay    npx windtunnel run scenarios/first-flight.yaml --seed 7 --placer p2c
    "
  `);
});

it('broken laws come before stuck calls and missed limits', () => {
  const violations = Array.from({ length: 7 }, (_, i) => `call c${i} started twice`);
  const lines = summarize(fly(10, { violations, stuck: ['c9'] })).split('\n');
  expect(lines[0]).toBe('✗ first-flight: Broken: 7 laws violated');
  expect(lines.filter((line) => line.includes('started twice'))).toHaveLength(5);
  expect(lines).toContain('            … 2 more');
});

it('a name cannot move the cursor', () => {
  expect(summarize(fly(10, {}, { scenario: '\u001b[2Jgone\r' }))).toContain('\ufffd[2Jgone\ufffd');
});
