/**
 * A line a call, by pino: who asked for what and how it ended. No URL, no header and no body is in
 * it: those are where secrets travel.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import pino, { type Logger } from 'pino';
import type { CallError, Probe, ProbeEvent } from '../../core/index.js';
import { reason } from '../exit.js';

export interface Log {
  readonly logger: Logger;
  /** Writes a line for each call that ends. */
  readonly probe: Probe;
  /** Writes a line for a request that never was a call. */
  refused(error: CallError): void;
  /** Lines that are lost, for the disk is full or whoever reads them has gone. */
  readonly lost: number;
  /** Opens the file again by its name: it was moved away. */
  reopen(): void;
  close(): void;
}

/** What is known of a call until its end. */
interface Course {
  readonly at: number;
  readonly fn: string;
  runner: string;
}

/** Bytes that wait for a slow disk; more, and lines are lost rather than memory. */
const BUFFERED_MAX = 8 * 1024 * 1024;
/** Between two tries at a file that could not be written. */
const AGAIN_MS = 1000;

export function createLog(level: string, access: boolean, file: string | undefined): Log {
  let out: WriteStream | undefined;
  let lost = 0;
  let failing = false;
  let again: NodeJS.Timeout | undefined;
  const open = (): void => {
    if (file === undefined) return;
    clearTimeout(again);
    out?.end();
    const opened = createWriteStream(file, { flags: 'a' });
    opened.on('error', (error) => {
      // Once: a full disk is one piece of news, whatever the number of calls.
      if (!failing) process.stderr.write(`log ${file}: cannot write, ${reason(error)}\n`);
      failing = true;
      if (out !== opened) return;
      out = undefined;
      again = setTimeout(open, AGAIN_MS).unref();
    });
    out = opened;
  };
  open();
  const written = (error?: Error | null): void => {
    if (error) lost += 1;
    else if (failing) {
      failing = false;
      process.stderr.write(`log ${file}: written again, ${lost} lines were lost\n`);
    }
  };
  const write = (line: string): void => {
    const to = file === undefined ? process.stdout : out;
    if (to === undefined || to.writableLength > BUFFERED_MAX) lost += 1;
    else to.write(line, written);
  };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return {
    logger,
    probe: access ? createAccess(logger) : () => undefined,
    refused({ outcome, code, status }) {
      if (access) logger.info({ outcome, code, status }, 'no call');
    },
    get lost() {
      return lost;
    },
    reopen: open,
    close() {
      clearTimeout(again);
      out?.end();
    },
  };
}

const UNKNOWN: ReadonlySet<string> = new Set(['unknown_app', 'unknown_function']);

function createAccess(logger: Logger): Probe {
  const calls = new Map<string, Course>();
  return (event: ProbeEvent) => {
    if (event.kind === 'arrive') {
      calls.set(event.call, { at: event.at, fn: event.fn, runner: '' });
      return;
    }
    const course = calls.get(event.call);
    if (course === undefined) return;
    if (event.kind === 'attempt') course.runner = event.runner;
    if (event.kind !== 'end') return;
    calls.delete(event.call);
    const { call, outcome, code, status, attempts, bytesIn, bytesOut } = event;
    const { runner, at } = course;
    // The name of a function that there is not is a part of a path.
    const fn = UNKNOWN.has(code) ? '' : course.fn;
    const ms = (event.at - at) / 1000;
    const end = { outcome, code, status, attempts, runner, bytesIn, bytesOut, ms };
    logger.info({ call, fn, ...end }, 'call');
  };
}
