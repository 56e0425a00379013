import { describe, expect, it } from 'vitest';
import type { FaultLine, FlightEvent } from '../../core/record.js';
import { createCollector } from '../collector.js';
import type { Flight } from '../flight.js';
import { sampleEnd, sampleFlight, sampleHeader } from '../sample.test-support.js';
import { chartsOf } from '../section.js';
import type { Chart, Figure, JsonObject } from './figure.js';

function fly(options = {}, keep: (event: FlightEvent) => boolean = () => true): Flight {
  const sample = sampleFlight({ calls: 3000, seconds: 15, ...options });
  const collector = createCollector(sample.header);
  for (const event of sample.events.filter(keep)) collector.event(event);
  return collector.land(sample.end);
}

const drawn = (flight: Flight): readonly (Chart & { readonly figure: Figure })[] =>
  chartsOf(flight).flatMap(({ figure, ...chart }) =>
    typeof figure === 'string' ? [] : [{ ...chart, figure }],
  );
const chartOf = (flight: Flight, id: string): Chart =>
  chartsOf(flight).find((chart) => chart.id === id)!;
const dataOf = (flight: Flight, id: string): readonly JsonObject[] => {
  const { figure } = chartOf(flight, id);
  if (typeof figure === 'string') throw new Error(figure);
  return figure.data;
};
const numbers = (value: unknown): readonly number[] => [value].flat(2) as number[];

// 9 in 10 slots taken: NACKs, waits, refusals and failures all happen.
const flight = fly({ serviceMs: 140 });

describe('the charts of a flight', () => {
  it('say how many values are behind each of them', () => {
    expect(drawn(flight).map((chart) => chart.id)).toEqual(chartsOf(flight).map(({ id }) => id));
    for (const { caption } of drawn(flight)) expect(caption).toMatch(/\bN = \d/);
  });

  it('have the faults in every chart over time, with the numbers of the list', () => {
    const overTime = drawn(flight).filter((chart) => chart.overTime);
    expect(overTime.map(({ id }) => id)).toEqual([
      'latency-time',
      'latency-map',
      'throughput',
      'waiting',
      'effort',
      'load-map',
      'load-spread',
    ]);
    for (const { figure, caption } of overTime) {
      const shapes = figure.layout['shapes'] as readonly JsonObject[];
      expect(shapes.map((shape) => (shape['label'] as JsonObject)['text'])).toEqual([
        '1',
        '2',
        '3',
      ]);
      expect(caption).toMatch(/(?:Shaded|Framed): faults/);
    }
  });

  it('have one axis of time, from the first event to the end of the flight', () => {
    for (const { figure, overTime } of drawn(flight)) {
      if (overTime !== true) continue;
      const { range } = figure.layout['xaxis'] as { range: readonly number[] };
      expect(range).toEqual([0, flight.bins.durationMs / 1000]);
      for (const { x } of figure.data) {
        expect(Math.min(...numbers(x))).toBeGreaterThanOrEqual(0);
        expect(Math.max(...numbers(x))).toBeLessThanOrEqual(range[1]! + 1e-4);
      }
    }
  });

  it('show each ok call once in the heat map, and none beyond the slowest', () => {
    const [cells] = dataOf(flight, 'latency-map');
    const z = cells!['z'] as readonly (readonly number[])[];
    const count = z.flat().reduce((sum, calls) => sum + calls, 0);
    expect(count).toBe(flight.result.calls.ok);
    expect(Math.max(...numbers(cells!['y']))).toBe(flight.result.latencyMs.max);
  });

  it('share out the whole time of each band', () => {
    const bars = dataOf(flight, 'phases');
    expect(bars.map((bar) => bar['name'])).toEqual(['queue', 'placement', 'network', 'execution']);
    flight.phases.bands.forEach((_, band) => {
      const shares = bars.map((bar) => numbers(bar['x'])[band]!);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 1);
    });
  });

  it('of a fleet that tells nothing say so, and have network and execution in one', () => {
    const silent = fly({}, ({ kind }) => !kind.startsWith('exec-'));
    const names = dataOf(silent, 'phases').map((bar) => bar['name']);
    expect(names).toEqual(['queue', 'placement', 'network and execution']);
    expect(chartOf(silent, 'phases').caption).toContain('No executor told what it did');
    expect(chartOf(silent, 'load-spread').figure).toContain('No executor told what it did');
    expect(chartOf(silent, 'load-map').figure).toContain('No executor told what it did');
  });

  it('say that no call waited where none did', () => {
    const calm = fly({}, ({ kind }) => kind !== 'wait');
    expect(chartOf(calm, 'waiting').figure).toBe('No call waited.');
  });

  it('of one runner have no spread', () => {
    expect(chartOf(fly({ calls: 20, runners: 1 }), 'load-spread').figure).toContain('One runner');
  });

  it('of no calls are all words', () => {
    const none = createCollector(sampleHeader({ runners: [] })).land(sampleEnd());
    for (const { figure } of chartsOf(none)) expect(figure).toMatch(/^No|^There/);
  });

  it('give bands no numbers where they would overlap, but draw them', () => {
    const faults = Array.from({ length: 30 }, (_, i): FlightEvent & FaultLine => {
      return {
        kind: 'fault',
        fault: 'slow',
        target: 'r1',
        at: i * 400_000,
        until: i * 400_000 + 1,
      };
    });
    const { header, events, end } = sampleFlight({ calls: 500, seconds: 15 });
    const collector = createCollector(header);
    for (const event of [...events, ...faults]) collector.event(event);
    for (const { figure, caption, overTime } of drawn(collector.land(end))) {
      if (overTime !== true) continue;
      const shapes = figure.layout['shapes'] as readonly JsonObject[];
      expect(shapes.length).toBeGreaterThan(24);
      expect(shapes.filter((shape) => 'label' in shape)).toEqual([]);
      // A microsecond would not be seen, so all but the crash and the slow spell are lines.
      expect(shapes.filter((shape) => shape['type'] !== 'line')).toHaveLength(2);
      expect(caption).toMatch(/(?:Shaded|Framed): faults\./);
    }
  });
});
