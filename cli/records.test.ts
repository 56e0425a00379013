/** Reading records back, whatever somebody or something did to them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeEvent } from '../core/probe.js';
import type { FlightEvent } from '../core/record.js';
import {
  createCollector,
  renderHdrLog,
  renderJunit,
  renderMarkdown,
  renderPercentilesCsv,
  renderReport,
  type Flight,
} from '../reports/index.js';
import { sampleFlight } from '../reports/sample.test-support.js';
import { createDigest } from '../sim/index.js';
import { CliError } from './exit.js';
import { readRecords } from './records.js';

type Fields = Readonly<Record<string, unknown>>;

/** Without a digest, as a real flight is: with one, hardly a change would be taken in. */
const flown = sampleFlight({ calls: 40, runners: 2 });
const sample = { ...flown, end: { ...flown.end, digest: null } };
const whole = [sample.header, ...sample.events, sample.end].map((line) => JSON.stringify(line));
const collected = (): Flight => {
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  return collector.land(sample.end);
};

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'windtunnel-records-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string | Uint8Array): readonly Flight[] | string {
  const file = join(folder, 'r.jsonl');
  writeFileSync(file, text);
  try {
    return readRecords(file);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.lines).toHaveLength(1);
    expect(error.lines[0]).toMatch(/r\.jsonl(:\d+)?: ./);
    return error.lines[0] ?? '';
  }
}

/** Paths of numbers that no reader of a report could use. */
function notFinite(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => notFinite(each, `${path}.${key}`));
}

const number = fc.constantFrom(0, 1, 7, 1_000_000, 2 ** 51, 2 ** 53, 0.5, -1, 1e308);
const text = fc.constantFrom('</script>', '__proto__', 'constructor', 'ok', 'r1', 'c1', '');
/** Mostly of the type that was there: what is of another is refused, and tells no more. */
const values = fc.record({
  number,
  string: text,
  other: fc.jsonValue({ maxDepth: 1 }),
  alike: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
});
const place = fc.nat({ max: whole.length - 1 });
const inPlace = (lines: readonly string[], at: number, change: (line: string) => string[]) =>
  lines.flatMap((line, i) => (i === at ? change(line) : [line]));

const field = fc.tuple(place, fc.nat(), values).map(([at, which, to]) => {
  return (lines: readonly string[]): readonly string[] =>
    inPlace(lines, at, (line) => {
      let fields: Fields;
      try {
        fields = JSON.parse(line) as Fields;
      } catch {
        return [line];
      }
      const keys = Object.keys(fields ?? {});
      const key = keys[which % Math.max(1, keys.length)] ?? 'kind';
      const type = typeof fields[key];
      const is = to.alike && (type === 'number' || type === 'string') ? to[type] : to.other;
      return [JSON.stringify({ ...fields, [key]: is })];
    });
});
const order = fc
  .tuple(place, fc.constantFrom('drop', 'twice', 'cut', 'swap'), fc.nat())
  .map(([at, how, cut]) => (lines: readonly string[]): readonly string[] => {
    if (how === 'swap') return [...lines.slice(at), ...lines.slice(0, at)];
    return inPlace(lines, at, (line) => {
      if (how === 'drop') return [];
      return how === 'twice' ? [line, line] : [line.slice(0, cut % line.length)];
    });
  });

describe('a record', () => {
  it('is read as the flight that was told', () => {
    expect(read(`${whole.join('\n')}\n`)).toEqual([collected()]);
  });

  it('of several flights is all of them', () => {
    expect(read(`${[...whole, ...whole].join('\n')}\n`)).toEqual([collected(), collected()]);
  });

  it('that says twice how a call ended counts it once', () => {
    const twice = whole.flatMap((line) => (line.includes('"kind":"end"') ? [line, line] : [line]));
    expect(read(`${twice.join('\n')}\n`)).toMatchObject([{ result: collected().result }]);
  });

  it('of the simulator is refused where a line of its core is missing, changed or moved', () => {
    const digest = createDigest();
    const ofCore = ({ kind }: FlightEvent): boolean => !/^(exec-|client|fault)/.test(kind);
    for (const event of sample.events) if (ofCore(event)) digest.add(event as ProbeEvent);
    const landed = JSON.stringify({ ...sample.end, digest: digest.text() });
    const lines = [...whole.slice(0, -1), landed];
    expect(read(`${lines.join('\n')}\n`)).toMatchObject([{ result: { digest: digest.text() } }]);
    const at = 1 + sample.events.findIndex(({ kind }) => kind === 'attempt');
    const two =
      1 + sample.events.findIndex((one, i) => ofCore(one) && ofCore(sample.events[i + 1]!));
    const put = (from: number, gone: number, ...more: readonly string[]): readonly string[] => {
      return [...lines.slice(0, from), ...more, ...lines.slice(from + gone)];
    };
    const changes = [
      put(at, 1),
      put(at, 1, lines[at]!.replace('"attempt":1', '"attempt":2')),
      put(two, 2, lines[two + 1]!, lines[two]!),
      put(at, 0, lines[at]!),
    ];
    for (const changed of changes) {
      const last = `r.jsonl:${changed.length}: lines before it are missing or changed`;
      expect(read(`${changed.join('\n')}\n`)).toContain(last);
    }
  });

  it('that was changed makes all there is to make, of finite numbers, or one line', () => {
    let made = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(field, order), { minLength: 1, maxLength: 4 }), (changes) => {
        const lines = changes.reduce<readonly string[]>((all, change) => change(all), whole);
        const flights = read(`${lines.join('\n')}\n`);
        if (typeof flights === 'string') {
          refused++;
          return;
        }
        made++;
        expect(notFinite(flights)).toEqual([]);
        for (const render of [renderJunit, renderMarkdown, renderPercentilesCsv]) {
          expect(render(flights)).not.toMatch(/NaN|Infinity|undefined/);
        }
        renderHdrLog(flights);
        renderReport(flights);
      }),
      { numRuns: 60 },
    );
    // Neither side is empty but by a chance of one in ten million.
    expect(Math.min(made, refused)).toBeGreaterThan(0);
  });

  it('of any bytes is refused in one line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(typeof read(bytes)).toBe('string');
      }),
    );
  });
});
