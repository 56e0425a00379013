/**
 * A file in the Trace Event Format, for Perfetto and chrome://tracing, written as it comes: slices
 * on lanes of processes, where no two slices of a lane overlap unless one holds the other. It knows
 * no calls; `call-trace.ts` does.
 */

/** What stands beside a slice. */
export type Args = Readonly<Record<string, string | number | boolean>>;

/** From one instant to another, µs. */
export interface Slice {
  readonly name: string;
  readonly category: string;
  readonly from: number;
  readonly until: number;
  readonly args: Args;
}

/** One row of a process. Whoever holds it may draw on it, from the instant it was taken at. */
export interface Lane {
  /** What holds others comes before them. */
  slice(slice: Slice): void;
  /** Nothing is drawn on it beyond `until`; from there on another may have it. */
  free(until: number): void;
}

export interface TraceProcess {
  /** The topmost lane that is free at `from`; instants may come in any order. */
  lane(from: number): Lane;
  /** A mark across all of the trace. */
  mark(name: string, at: number, args: Args): void;
}

export interface NewProcess {
  readonly name: string;
  /** What a lane of it is called. */
  readonly lanes: string;
  /** Where it stands among the others. */
  readonly order: number;
}

export interface TraceFile {
  process(process: NewProcess): TraceProcess;
  /** Slices so far. */
  readonly slices: number;
  /** Names what was drawn, and ends the file. */
  close(about: object): void;
}

interface Row {
  taken: boolean;
  freeFrom: number;
}

interface Named extends NewProcess {
  readonly rows: Row[];
}

/** Characters held before they are written. */
const BUFFER = 64 * 1024;

export function createTrace(write: (text: string) => void): TraceFile {
  let text = '{"displayTimeUnit":"ms","traceEvents":[';
  let between = '\n';
  let slices = 0;
  const processes: Named[] = [];
  const put = (event: object): void => {
    text += between + JSON.stringify(event);
    between = ',\n';
    if (text.length < BUFFER) return;
    write(text);
    text = '';
  };
  return {
    process(process) {
      const named: Named = { ...process, rows: [] };
      processes.push(named);
      const pid = processes.length;
      return {
        lane(from) {
          const tid = takeRow(named.rows, from);
          return {
            slice({ name, category, from, until, args }) {
              slices++;
              const dur = until - from;
              put({ name, cat: category, ph: 'X', ts: from, dur, pid, tid: tid + 1, args });
            },
            free(until) {
              const row = named.rows[tid]!;
              row.taken = false;
              row.freeFrom = until;
            },
          };
        },
        mark(name, at, args) {
          put({ name, cat: 'fault', ph: 'i', s: 'g', ts: at, pid, tid: 1, args });
        },
      };
    },
    get slices() {
      return slices;
    },
    close(about) {
      processes.forEach((named, i) => nameProcess(named, i + 1, put));
      write(`${text}\n],"otherData":${JSON.stringify(about)}}\n`);
    },
  };
}

function takeRow(rows: Row[], from: number): number {
  const free = rows.findIndex((row) => !row.taken && row.freeFrom <= from);
  if (free < 0) return rows.push({ taken: true, freeFrom: 0 }) - 1;
  rows[free]!.taken = true;
  return free;
}

function nameProcess(
  { name, lanes, order, rows }: Named,
  pid: number,
  put: (event: object) => void,
) {
  const about = (what: string, tid: number, args: Args): void =>
    put({ name: what, ph: 'M', ts: 0, pid, tid, args });
  about('process_name', 0, { name });
  about('process_sort_index', 0, { sort_index: order });
  rows.forEach((_, i) => about('thread_name', i + 1, { name: `${lanes} ${i + 1}` }));
}
