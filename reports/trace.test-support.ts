/**
 * Holds a trace against the Trace Event Format: fields by phase, names for all that is drawn, and
 * no two slices of a track that overlap unless one holds the other. Shared by tests.
 */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly displayTimeUnit: string;
  readonly traceEvents: readonly TraceEvent[];
  readonly otherData: { readonly flights: readonly Readonly<Record<string, unknown>>[] };
}

export const readTrace = (text: string): Trace => JSON.parse(text) as Trace;

const META = ['process_name', 'process_sort_index', 'thread_name'];
const natural = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;

/** What is wrong with it, one line each; few of them, for one fault makes many. */
export function faultsOf({ traceEvents, displayTimeUnit }: Trace): string[] {
  const wrong = displayTimeUnit === 'ms' ? [] : [`displayTimeUnit ${displayTimeUnit}`];
  const named = new Set(
    traceEvents
      .filter(({ ph }) => ph === 'M')
      .map(({ name, pid, tid }) => (name === 'thread_name' ? `${pid}/${tid}` : `${pid}`)),
  );
  for (const event of traceEvents) {
    const line = JSON.stringify(event);
    const { name, ph, ts, pid, tid } = event;
    if (typeof name !== 'string' || name === '') wrong.push(`no name: ${line}`);
    if (![ts, pid, tid].every(natural) || pid === 0) wrong.push(`ts, pid, tid: ${line}`);
    if (!named.has(`${pid}`)) wrong.push(`process without a name: ${line}`);
    if (ph === 'X') {
      if (!natural(event.dur)) wrong.push(`dur: ${line}`);
      if (!named.has(`${pid}/${tid}`)) wrong.push(`lane without a name: ${line}`);
    } else if (ph === 'i') {
      if (!['g', 'p', 't'].includes(event.s ?? '')) wrong.push(`scope: ${line}`);
    } else if (ph !== 'M' || !META.includes(name)) {
      wrong.push(`phase: ${line}`);
    }
  }
  return [...wrong, ...overlaps(traceEvents)].slice(0, 10);
}

function overlaps(events: readonly TraceEvent[]): string[] {
  const tracks = group(slices(events), trackOf);
  return [...tracks].flatMap(([track, slices]) => {
    // Stable: of two that begin together and last as long the one written first holds the other.
    const sorted = [...slices].sort((a, b) => a.ts - b.ts || b.dur! - a.dur!);
    const open: TraceEvent[] = [];
    return sorted.flatMap((slice) => {
      while (open.length > 0 && endOf(open.at(-1)!) <= slice.ts) open.pop();
      const holder = open.at(-1);
      open.push(slice);
      return holder !== undefined && endOf(slice) > endOf(holder)
        ? [`${track}: ${JSON.stringify(slice)} sticks out of ${JSON.stringify(holder)}`]
        : [];
    });
  });
}

const endOf = ({ ts, dur }: TraceEvent): number => ts + dur!;
const trackOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
export const slices = (events: readonly TraceEvent[]): TraceEvent[] =>
  events.filter(({ ph }) => ph === 'X');

function group<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const others = groups.get(key);
    if (others === undefined) groups.set(key, [value]);
    else others.push(value);
  }
  return groups;
}
