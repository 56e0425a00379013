import { HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { renderHdrLog } from './hdr-log.js';
import { renderJunit } from './junit.js';
import { renderMarkdown } from './markdown.js';
import { renderPercentilesCsv } from './percentiles-csv.js';
import { sampleEnd, sampleFlight, sampleHeader, type Sample } from './sample.test-support.js';

function landed({ header, events, end }: Sample): Flight {
  const collector = createCollector(header);
  for (const event of events) collector.event(event);
  return collector.land(end);
}

const sample = sampleFlight({ calls: 3000 });
const flight = landed(sample);
const other = landed(sampleFlight({ calls: 200 }, { placer: 'a, b "c"' }));
const empty = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd());
const named = (text: string): Flight =>
  createCollector(sampleHeader({ scenario: text, placer: text, replay: text })).land(
    sampleEnd({ violations: [text], stuck: [text] }),
  );
const HOSTILE = ['</script>', '"><img onerror=x>', ']]>', '\u0000\u001b[2J', '\ud800', '`|`', '@a'];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));

describe('percentiles as a table', () => {
  const rows = renderPercentilesCsv([flight])
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));

  it('agree with an exact sort: never low, at most 0.1 % high', () => {
    const sorted = [...sample.waits].sort((a, b) => a - b);
    for (const [, percentile = 0, ms = 0] of rows) {
      const rank = Math.max(1, Math.ceil((percentile * sorted.length) / 100 - 1e-9));
      const exact = sorted[rank - 1]! / 1000;
      expect(ms).toBeGreaterThanOrEqual(exact - 0.0005);
      expect(ms).toBeLessThanOrEqual(exact * 1.001 + 0.0005);
    }
  });

  it('ascend, end at the slowest call, and hold the numbers of the result', () => {
    const { latencyMs } = flight.result;
    const at = (percentile: number): number | undefined =>
      rows.find((row) => row[1] === percentile)?.[2];
    expect([at(50), at(90), at(99), at(99.9), at(100)]).toEqual([
      latencyMs.p50,
      latencyMs.p90,
      latencyMs.p99,
      latencyMs.p999,
      latencyMs.max,
    ]);
    expect(rows.at(-1)?.[3]).toBe(sample.waits.length);
    expect([...rows].sort((a, b) => a[2]! - b[2]!)).toEqual(rows);
  });

  it('of no ok call are a head alone', () => {
    expect(renderPercentilesCsv([empty]).trim()).toBe(
      'flight,percentile,latencyMs,totalCount,1/(1-p)',
    );
  });
});

describe('an HDR log', () => {
  it('is read back by a log reader, a line a flight, with every count', () => {
    const reader = new HistogramLogReader(renderHdrLog([flight, other, empty]));
    const read: Histogram[] = [];
    for (let next; (next = reader.nextIntervalHistogram()) !== null;) read.push(next);
    expect(read.map(({ totalCount }) => totalCount)).toEqual(
      [flight, other, empty].map((each) => each.result.calls.ok),
    );
    const [first] = read;
    expect(first?.getValueAtPercentile(99)).toBeGreaterThanOrEqual(
      flight.result.latencyMs.p99! * 1000,
    );
    expect(new Set(read.map(({ tag }) => tag)).size).toBe(3);
    for (const { tag } of read) expect(tag).toMatch(/^[\w.#-]+$/);
  });
});

describe('JUnit', () => {
  it('has a case for each limit, for the laws and for liveness, and counts the failed', () => {
    const text = renderJunit([flight]);
    const missed = flight.result.slo.filter(({ ok }) => !ok).length;
    expect(text).toContain(`tests="${flight.result.slo.length + 2}" failures="${missed}"`);
    expect(text.match(/<testcase /g)).toHaveLength(flight.result.slo.length + 2);
    expect(text.match(/<failure /g) ?? []).toHaveLength(missed);
  });

  it('makes one case of lines that differ in their numbers only', () => {
    const violations = ['call c1 ended twice', 'call c2 ended twice', 'runner r1 over its slots'];
    const broken = createCollector(sampleHeader({ slo: [] })).land(sampleEnd({ violations }));
    expect(renderJunit([broken])).toContain('tests="3" failures="2"');
  });

  it('is well-formed whatever the names are', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const xml = renderJunit([named(text), named(text)]);
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
        const tags = xml.replace(/<\?xml[^>]*\?>|<\/?[a-z-]+(?: [a-z]+="[^"<]*")*\/?>/g, '');
        expect(tags).not.toMatch(/[<>]/);
        expect(xml).not.toMatch(/&(?!(?:amp|lt|gt|quot|#\d+);)/);
      }),
    );
  });
});

describe('Markdown', () => {
  it('says the verdict, every limit and how to fly it again', () => {
    const text = renderMarkdown([flight]);
    for (const { metric } of flight.result.slo) expect(text).toContain(`\`${metric}\``);
    expect(text).toContain(`\`\`\`sh\n${flight.header.replay}\n\`\`\``);
  });

  it('has every outcome, so that they add up to what was offered', () => {
    const text = renderMarkdown([flight]).replaceAll('\u202f', '');
    const { offered, ...outcomes } = flight.result.calls;
    expect(text).toContain(`| calls offered | ${offered} |`);
    for (const [outcome, calls] of Object.entries(outcomes)) {
      expect(text).toMatch(new RegExp(`^\\| ${outcome} \\| ${calls}\\b`, 'm'));
    }
  });

  it('holds foreign text in code only', () => {
    for (const name of ['</script>', '@octocat', '[a](http://x)', '`` ` ``', '| a |']) {
      // What is left when code is taken away, as CommonMark takes it.
      const left = renderMarkdown([named(name)])
        .replace(/^(`{3,})sh\n[^]*?\n\1$/gm, '')
        .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
      expect(left).not.toMatch(/[<@[`]/);
    }
  });

  it('keeps the cells of its tables', () => {
    const slo = [{ metric: 'okRatio', min: 1 }];
    const lines = renderMarkdown([createCollector(sampleHeader({ slo })).land(sampleEnd())]);
    const rows = lines.split('\n').filter((line) => line.startsWith('| `okRatio`'));
    expect(rows).toEqual(['| `okRatio` | `>= 1` | no value | ✗ missed |']);
  });
});
