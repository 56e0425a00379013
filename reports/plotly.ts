/**
 * The chart library: as it travels inside a report, gzip in base64, inflated by the browser; or as
 * a file beside reports that share it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

/** Where gzip tells the operating system; 255 is "unknown", the same everywhere. */
const OS_BYTE = 9;

export function packedPlotly(): string {
  const packed = gzipSync(readFileSync(libraryFile()), { level: 9 });
  packed[OS_BYTE] = 255;
  return packed.toString('base64');
}

/** A file for all reports of a folder. Its name has its hash: another version is another file. */
export function sharedLibrary(): { readonly name: string; readonly text: string } {
  const text = readFileSync(libraryFile(), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { name: `plotly-${hash}.js`, text };
}

function libraryFile(): string {
  return createRequire(import.meta.url).resolve(
    'plotly.js-cartesian-dist-min/plotly-cartesian.min.js',
  );
}
