/**
 * The calls of a flight as a trace: for each balancer what it did with a call, for each runner what
 * it executed. It follows the first calls only, and writes each once it is over.
 */
import type { Arrived } from '../core/probe.js';
import type { FlightEvent, FlightHeader } from '../core/record.js';
import { createExecutions, type Executions } from './execution-trace.js';
import { createTrace, type TraceFile, type TraceProcess } from './trace.js';
import {
  close,
  createTracedCall,
  ended,
  endWait,
  inside,
  draw,
  open,
  type TracedCall,
} from './traced-call.js';

export interface CallTrace {
  /** Another flight begins. */
  fly(header: FlightHeader): FlightTrace;
  /** No flight follows. */
  close(): void;
}

export interface FlightTrace {
  event(event: FlightEvent): void;
  land(): void;
}

/** Some 60 MB. Beyond them no further call is followed, so a few more may come. */
const SLICES_MAX = 300_000;
const FAULTS_MAX = 200;
/** Places for the processes of one flight, and for its balancers among them. */
const [FLIGHT_PLACES, BALANCER_PLACES] = [1_000_000, 1_000];

interface Flying {
  readonly callsMax: number;
  readonly balancer: (lb: string) => TraceProcess;
  readonly faults: () => TraceProcess;
  readonly executions: Executions;
  readonly full: () => boolean;
  /** Every call that is followed, also when it is over: its executions may be told last. */
  readonly ids: Set<string>;
  readonly open: Map<string, TracedCall>;
  leftOut: number;
  faultsSeen: number;
  last: number;
}

/** @param callsMax Calls of each flight that are followed. */
export function createCallTrace(write: (text: string) => void, callsMax: number): CallTrace {
  const trace = createTrace(write);
  const flights: object[] = [];
  return {
    fly(header) {
      const flying = createFlying(trace, header, { callsMax, number: flights.length });
      return {
        event: (event) => take(flying, event),
        land() {
          for (const call of flying.open.values()) draw(call, flying.last);
          flying.executions.land(flying.last);
          const { scenario, placer, seed, on, replay } = header;
          const calls = { callsTraced: flying.ids.size, callsLeftOut: flying.leftOut };
          flights.push({ scenario, placer, seed, on, replay, ...calls });
        },
      };
    },
    close: () => trace.close({ program: 'windtunnel', flights }),
  };
}

interface Limits {
  readonly callsMax: number;
  /** Flights before this one. */
  readonly number: number;
}

function createFlying(
  trace: TraceFile,
  header: FlightHeader,
  { callsMax, number }: Limits,
): Flying {
  const of = number === 0 ? '' : `flight ${number + 1}, ${header.placer}: `;
  const first = number * FLIGHT_PLACES;
  const places = new Map(header.runners.map(({ id }, i) => [id, i]));
  const balancers = new Map<string, TraceProcess>();
  let faults: TraceProcess | undefined;
  return {
    callsMax,
    balancer(lb) {
      let process = balancers.get(lb);
      if (process === undefined) {
        const order = first + Math.min(balancers.size, BALANCER_PLACES - 1) + 1;
        process = trace.process({ name: `${of}balancer ${lb}`, lanes: 'calls', order });
        balancers.set(lb, process);
      }
      return process;
    },
    faults() {
      faults ??= trace.process({ name: `${of}faults`, lanes: 'faults', order: first });
      return faults;
    },
    executions: createExecutions((runner) => {
      const order = first + BALANCER_PLACES + (places.get(runner) ?? places.size);
      return trace.process({ name: `${of}runner ${runner}`, lanes: 'running', order });
    }),
    full: () => trace.slices >= SLICES_MAX,
    ids: new Set(),
    open: new Map(),
    leftOut: 0,
    faultsSeen: 0,
    last: 0,
  };
}

function take(flying: Flying, event: FlightEvent): void {
  flying.last = Math.max(flying.last, event.at);
  if (event.kind === 'arrive') return follow(flying, event);
  if (event.kind === 'fault') return fault(flying, event);
  if (event.kind === 'exec-start' || event.kind === 'exec-end') {
    if (flying.ids.has(event.call)) flying.executions.take(event);
    return;
  }
  const call = flying.open.get(event.call);
  if (call !== undefined) see(flying, call, event);
}

function follow(flying: Flying, arrive: Arrived): void {
  const { ids, open, callsMax } = flying;
  if (ids.has(arrive.call)) return;
  if (ids.size >= callsMax || flying.full()) {
    flying.leftOut++;
    return;
  }
  ids.add(arrive.call);
  open.set(arrive.call, createTracedCall(arrive, flying.balancer(arrive.lb).lane(arrive.at)));
}

function fault(flying: Flying, line: Extract<FlightEvent, { kind: 'fault' }>): void {
  const { fault, target, at, until } = line;
  if (fault === 'crash') flying.executions.crashed(target.split(','), at);
  if (++flying.faultsSeen > FAULTS_MAX) return;
  const ends = until >= Number.MAX_SAFE_INTEGER ? {} : { until };
  flying.faults().mark(fault, at, { target, ...ends });
}

function see(flying: Flying, call: TracedCall, event: FlightEvent): void {
  // Its lane may be another's by now.
  if (call.end !== undefined && event.kind !== 'client') return;
  switch (event.kind) {
    case 'cached':
      if (event.at === call.arrive.at) return;
      return inside(call, 'taken in', 'intake', call.arrive.at, event.at, { bytes: event.bytes });
    case 'round':
    case 'wait':
      endWait(call, event.at);
      // A wait beside an attempt is no time of the call's own.
      if (call.current === undefined) call.waiting = event;
      return;
    case 'attempt':
      return open(call, event, flying.balancer(call.arrive.lb));
    case 'nack':
    case 'attempt-end':
      return ended(call, event.attempt, event.at, event);
    case 'end':
      call.end = event;
      call.lane.free(close(call, event.at));
      return settle(flying, call);
    case 'client':
      call.client = event;
      return settle(flying, call);
    default:
  }
}

/** Both sides have told. */
function settle(flying: Flying, call: TracedCall): void {
  if (call.end === undefined || call.client === undefined) return;
  flying.open.delete(call.arrive.call);
  draw(call, call.end.at);
}
