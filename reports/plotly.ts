/** The chart library as it travels inside a report: gzip in base64, inflated by the browser. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

/** Where gzip tells the operating system; 255 is "unknown", the same everywhere. */
const OS_BYTE = 9;

export function packedPlotly(): string {
  const file = createRequire(import.meta.url).resolve('plotly.js-dist-min/plotly.min.js');
  const packed = gzipSync(readFileSync(file), { level: 9 });
  packed[OS_BYTE] = 255;
  return packed.toString('base64');
}
