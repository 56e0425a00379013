/** What a runner says of itself as bytes and back: the answer of the Status RPC, all its fields. */
import type { RunnerStatus, SelfTest } from '../core/runner.js';
import { messageType, read, toNumber, type Int64 } from './protobuf.js';

const Status = messageType('RunnerStatus');

/** Durations: ns on the wire under these names, and their names in µs. */
const NS = {
  schedulerDuration: 'schedulerUs',
  executionDuration: 'executionUs',
  imagePullWaitDuration: 'imagePullWaitUs',
  ctrPrepDuration: 'ctrPrepUs',
  ctrCreateDuration: 'ctrCreateUs',
  initStartTime: 'initStartUs',
} as const;
type InNs = keyof typeof NS;
type InUs = (typeof NS)[InNs];

const DURATIONS = Object.entries(NS) as [InNs, InUs][];

/** Absent scalars read as their zero values, an absent map as an empty one. */
interface StatusProto extends Omit<SelfTest, InUs | 'kdumpsOnDisk'>, Record<InNs, Int64> {
  active: number;
  requestsReceived: Int64;
  requestsHandled: Int64;
  kdumpsOnDisk: Int64;
  customStatus: Record<string, string>;
}

export function encodeRunnerStatus(status: RunnerStatus): Uint8Array {
  const { selfTest, ...counters } = status;
  if (selfTest === undefined) return Status.encode(counters).finish();
  const durations: Partial<Record<InNs, number>> = {};
  for (const [ns, us] of DURATIONS) durations[ns] = Math.round(selfTest[us] * 1000);
  // The names in µs are no fields of the message: they are not written.
  return Status.encode({ ...counters, ...selfTest, ...durations }).finish();
}

/** A runner that reports nothing of a self-test has none: all of its fields are at zero then. */
export function decodeRunnerStatus(bytes: Uint8Array): RunnerStatus {
  const proto = read<StatusProto>(Status, bytes);
  const us = (ns: InNs): number => Math.floor(toNumber(proto[ns]) / 1000);
  const selfTest: SelfTest = {
    failed: proto.failed,
    id: proto.id,
    details: proto.details,
    errorCode: proto.errorCode,
    errorStr: proto.errorStr,
    createdAt: proto.createdAt,
    startedAt: proto.startedAt,
    completedAt: proto.completedAt,
    cached: proto.cached,
    kdumpsOnDisk: toNumber(proto.kdumpsOnDisk),
    isNetworkDisabled: proto.isNetworkDisabled,
    schedulerUs: us('schedulerDuration'),
    executionUs: us('executionDuration'),
    imagePullWaitUs: us('imagePullWaitDuration'),
    ctrPrepUs: us('ctrPrepDuration'),
    ctrCreateUs: us('ctrCreateDuration'),
    initStartUs: us('initStartTime'),
  };
  const words = Object.entries(proto.customStatus);
  return {
    active: proto.active,
    requestsReceived: toNumber(proto.requestsReceived),
    requestsHandled: toNumber(proto.requestsHandled),
    // fromEntries defines properties, so that a key `__proto__` is only a key.
    ...(words.length > 0 ? { customStatus: Object.fromEntries(words) } : {}),
    ...(Object.values(selfTest).some(Boolean) ? { selfTest } : {}),
  };
}
