/**
 * Latency as a log of HDR histograms (V2 encoding, log format 1.3), which the tools of HdrHistogram
 * read: a line a flight, with a tag where there are several. Values are µs of ok calls.
 */
import { flightNames } from './comparison.js';
import type { Flight } from './flight.js';

const HEAD = [
  '#[Histogram log format version 1.3]',
  '#[Logged by windtunnel; values are microseconds, Interval_Max is milliseconds]',
  '#[StartTime: 0.000 (seconds since epoch), the start of the flight]',
  '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
];

export function renderHdrLog(flights: readonly Flight[]): string {
  const names = flightNames(flights);
  const lines = flights.map((flight, i) => {
    const seconds = (flight.result.virtualMs / 1000).toFixed(3);
    const max = (flight.result.latencyMs.max ?? 0).toFixed(3);
    const tag = flights.length === 1 ? '' : `Tag=${tagOf(names[i] ?? '')},`;
    return `${tag}0.000,${seconds},${max},${flight.latencies}`;
  });
  return `${[...HEAD, ...lines].join('\n')}\n`;
}

/** A tag ends at a comma or a space; the letter of the flight keeps them apart. */
function tagOf(name: string): string {
  return name.replace(/[^\w.#-]+/g, '_').slice(0, 100);
}
