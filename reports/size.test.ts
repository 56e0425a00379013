/** How large the data of a report gets: bins, so neither calls nor hours nor runners count. */
import { describe, expect, it } from 'vitest';
import type { FaultLine } from '../core/record.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { renderReport } from './page.js';
import { sampleFlight, type SampleOptions } from './sample.test-support.js';

function fly(options: Partial<SampleOptions>, faults = 0): Flight {
  const { header, events, end } = sampleFlight(options);
  const collector = createCollector(header);
  for (let i = 0; i < faults; i++) {
    const at = Math.round((i * end.virtualMs * 1000) / faults);
    const fault: FaultLine = {
      kind: 'fault',
      fault: 'slow',
      target: `r${i}`,
      at,
      until: at + 1000,
    };
    collector.event(fault);
  }
  for (const event of events) collector.event(event);
  return collector.land(end);
}

function dataOf(flight: Flight): number {
  const figures = /id="figures">\s*([^<]*?)\s*<\/script>/.exec(renderReport([flight]));
  return Buffer.byteLength(figures![1]!);
}

const MOST = 150_000;

describe('the data of a report', () => {
  it('is at most 150 KB for a thousand runners, hours, and hundreds of faults', () => {
    const flight = fly({ calls: 60_000, seconds: 7200, runners: 1000, serviceMs: 900 }, 500);
    expect(flight.faults).toHaveLength(200);
    expect(flight.bins.offered.length).toBeGreaterThan(60);
    const bytes = dataOf(flight);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(MOST);
  });

  it('of six flights, with the library, is a page of at most 1.3 MB', () => {
    const flights = [1, 2, 3, 4, 5, 6].map((seed) => fly({ seed, calls: 8000, runners: 100 }));
    expect(Buffer.byteLength(renderReport(flights))).toBeLessThan(1_300_000);
  });

  it('does not grow with the calls', () => {
    const [few, many] = [10_000, 100_000].map((calls) => {
      return dataOf(fly({ calls, seconds: calls / 200 }));
    });
    expect(many).toBeLessThan(1.3 * few!);
    expect(many).toBeLessThan(MOST);
  });
});
