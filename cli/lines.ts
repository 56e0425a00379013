/**
 * A file as a stream of whole lines, however large it is: one piece of it is held at a time, and a
 * line has a limit. What is not whole at the end is an error, for whoever wrote it was cut off.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { CliError, reason } from './exit.js';

const PIECE = 256 * 1024;

export function* linesOf(file: string, charactersMax: number): Generator<string> {
  let handle: number | undefined;
  let line = 1;
  try {
    handle = openSync(file, 'r');
    const bytes = Buffer.alloc(PIECE);
    const decoder = new StringDecoder('utf8');
    // Pieces are joined once their line is whole: a long line is not searched again and again.
    let pieces: string[] = [];
    let held = 0;
    for (;;) {
      const read = readSync(handle, bytes, 0, bytes.length, null);
      const lines = decoder.write(bytes.subarray(0, read)).split('\n');
      const rest = lines.pop() ?? '';
      for (const text of lines) {
        yield pieces.length === 0 ? text : pieces.join('') + text;
        pieces = [];
        held = 0;
        line += 1;
      }
      if (rest !== '') pieces.push(rest);
      held += rest.length;
      if (held > charactersMax) {
        throw new CliError([`${file}:${line}: a line of more than ${charactersMax} characters`]);
      }
      if (read > 0) continue;
      if (held > 0) throw new CliError([`${file}:${line}: the last line is cut short`]);
      return;
    }
  } catch (error) {
    throw error instanceof CliError ? error : new CliError([`${file}: ${reason(error)}`]);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
