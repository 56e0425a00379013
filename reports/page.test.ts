import { describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { renderComparison, renderReport } from './page.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';

function fly(calls: number, header = {}): Flight {
  const sample = sampleFlight({ calls, seconds: Math.max(1, calls / 200) }, header);
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  return collector.land(sample.end);
}

/** The page without the packed library, which is megabytes. */
const light = (page: string): string => page.replace(/(id="plotly">)[^<]*/, '$1');

describe('a report', () => {
  it('is the same bytes for the same flight, and at most 0.9 MB', () => {
    const [one, other] = [renderReport([fly(2000)]), renderReport([fly(2000)])];
    expect(one === other).toBe(true);
    expect(one.length).toBeLessThan(900_000);
  });

  it('names no address that a browser would load', () => {
    const page = light(renderReport([fly(500)]));
    expect(page).not.toMatch(/https?:|src=|url\(|@import|<link/);
    expect(page).toContain('default-src &#39;none&#39;');
  });

  it('shows hostile names as text, in one flight and in several', () => {
    const hostile = '</script><script>alert(1)</script>\u2028';
    const header = {
      scenario: hostile,
      words: [hostile],
      replay: hostile,
      placer: hostile,
      commit: hostile,
      runners: [{ id: hostile, slots: 1 }],
    };
    for (const flights of [[fly(50, header)], [fly(50, header), fly(60)]]) {
      const page = light(renderReport(flights));
      expect(page).not.toContain('<script>alert');
      // The figures, the library and the page's script: no element more, none less.
      expect(page.match(/<script/g)).toHaveLength(3);
      expect(page.match(/<\/script>/g)).toHaveLength(3);
      expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    }
  });

  it('comes for no calls and for ten, and says so', () => {
    const none = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd({ virtualMs: 0 }));
    expect(light(renderReport([none]))).toContain('No call came in.');
    expect(light(renderReport([none]))).toContain('Few samples (0)');
    expect(light(renderReport([fly(10)]))).toContain('Few samples (10)');
    expect(light(renderReport([fly(500)]))).toContain('p99.9 is the slowest call');
    expect(light(renderReport([fly(1500)]))).not.toContain('Few samples');
    expect(light(renderReport([none, fly(10)]))).toContain('first-flight</bdi> compared');
  });

  it('says of which of several seeds a side is shown, and that values are means', () => {
    const flights = [fly(50, { seed: 1 }), fly(60, { seed: 2 })];
    const results = flights.map(({ result }) => result);
    const other = { name: 'B', flights: [], results: results.slice(0, 1) };
    const asked = { conditions: ['✗ fail if p99>+5%: B </script> +9 %'] };
    const page = light(renderComparison([{ name: 'A', flights, results }, other], asked));
    expect(page).toContain('<p class="condition">✗ fail if p99&gt;+5%: B &lt;/script&gt; +9 %</p>');
    expect(page).toContain('seed 1, the first of its 2 flights');
    expect(page).toContain('Values of several seeds are the means of theirs');
  });

  it('puts the verdict and the limits before everything else', () => {
    const page = light(renderReport([fly(2000)]));
    const marks = ['class="verdict', 'latencyMs.p99', 'What flew', 'Fly it again', 'class="plot"'];
    const places = marks.map((mark) => page.indexOf(mark, page.indexOf('<body')));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it('of no flight is refused', () => {
    expect(() => renderReport([])).toThrow('at least one flight');
  });
});
