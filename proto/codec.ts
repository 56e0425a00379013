/**
 * Messages of the wire as bytes and back, in both dialects of the original; nothing here knows what
 * may follow what. Whatever cannot be read throws a plain Error, and never anything else; what can
 * be read but says nothing is a message of kind `unknown`.
 */
import protobuf from 'protobufjs/light.js';
import type { Header } from '../core/runner.js';
import { callJson, parseCallJson } from './call-json.js';
import { guarded, messageType, read, toNumber, type Int64 } from './protobuf.js';
import type { ClientMessage, FinishedMessage, RunnerMessage } from './wire.js';

export { decodeRunnerStatus, encodeRunnerStatus } from './status-codec.js';

/** The original's two revisions. They differ in what the runner sends, and only there. */
export type Dialect = 's' | 'head';

/** The RPCs' paths. */
export const METHODS = {
  engage: '/RunnerProtocol/Engage',
  status: '/RunnerProtocol/Status',
} as const;

// What protobufjs hands out and takes: absent scalars read as their zero values, absent messages
// as null, and a oneof's name holds the name of the field that is set.

interface FrameProto {
  data: Uint8Array;
  eof: boolean;
}
interface ClientProto {
  body?: 'try' | 'data' | 'cancel';
  try: {
    models_call_json: string;
    slot_hash_id: string;
    extensions: Record<string, string>;
  };
  data: FrameProto;
}
interface StartProto {
  http: { status_code: number; headers: { key: string; value: string }[] } | null;
}
interface FinishedProto extends Omit<FinishedMessage, 'schedulerDuration' | 'executionDuration'> {
  schedulerDuration: Int64;
  executionDuration: Int64;
}
interface RunnerProto {
  body?: 'acknowledged' | 'result_start' | 'data' | 'finished';
  result_start: StartProto;
  data: FrameProto;
  finished: FinishedProto;
}

const ClientMsg = messageType('ClientMsg');
const RunnerMsg = { head: messageType('RunnerMsg'), s: messageType('RunnerMsgS') } as const;

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  switch (message.kind) {
    case 'try':
      return ClientMsg.encode({
        try: {
          models_call_json: callJson(message.model),
          slot_hash_id: message.slotHashId,
          extensions: message.extensions,
        },
      }).finish();
    case 'data':
      return ClientMsg.encode({ data: { data: message.bytes, eof: message.eof } }).finish();
    case 'cancel':
      return ClientMsg.encode({ cancel: {} }).finish();
    case 'unknown':
      return new Uint8Array(0);
    default:
      return message satisfies never;
  }
}

export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  const proto = read<ClientProto>(ClientMsg, bytes);
  switch (proto.body) {
    case 'try': {
      const call = parseCallJson(proto.try.models_call_json);
      if (typeof call === 'string') return { kind: 'unknown', callError: call };
      const { slot_hash_id: slotHashId, extensions } = proto.try;
      return { kind: 'try', model: call, slotHashId, extensions: { ...extensions } };
    }
    case 'data':
      return { kind: 'data', bytes: bytesOf(proto.data), eof: proto.data.eof };
    case 'cancel':
      return { kind: 'cancel' };
    case undefined:
      return { kind: 'unknown' };
    default:
      return proto.body satisfies never;
  }
}

export function encodeRunnerMessage(message: RunnerMessage, dialect: Dialect): Uint8Array {
  const type = RunnerMsg[dialect];
  switch (message.kind) {
    case 'start': {
      const headers = message.headers.map(([key, value]) => ({ key, value }));
      const http = { status_code: message.status, headers };
      return type.encode({ result_start: { http } }).finish();
    }
    case 'data':
      return type.encode({ data: { data: message.bytes } }).finish();
    case 'finished':
      return type.encode({ finished: dialect === 's' ? toS(message) : message }).finish();
    case 'unknown':
    case 'unreadable':
      return new Uint8Array(0);
    default:
      return message satisfies never;
  }
}

export function decodeRunnerMessage(bytes: Uint8Array, dialect: Dialect): RunnerMessage {
  const proto = read<RunnerProto>(RunnerMsg[dialect], bytes);
  switch (proto.body) {
    case 'result_start': {
      const { http } = proto.result_start;
      if (http === null) return { kind: 'unknown' };
      const headers = http.headers.map(({ key, value }): Header => [key, value]);
      return { kind: 'start', status: http.status_code, headers };
    }
    case 'data':
      return { kind: 'data', bytes: bytesOf(proto.data) };
    case 'finished':
      return dialect === 's' ? fromS(proto.finished) : fromHead(proto.finished);
    case 'acknowledged':
    case undefined:
      return { kind: 'unknown' };
    default:
      return proto.body satisfies never;
  }
}

/**
 * The dialect of a stream whose first message this is: a runner never begins with data, so field
 * 2 or 4 is S and 1 or 3 is HEAD. Undefined when the message holds none of them.
 */
export function detectDialect(bytes: Uint8Array): Dialect | undefined {
  return guarded('RunnerMsg', () => {
    const reader = new protobuf.Reader(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.tag();
      const field = tag >>> 3;
      if (field === 2 || field === 4) return 's';
      if (field === 1 || field === 3) return 'head';
      reader.skipType(tag & 7, 0, tag);
    }
    return undefined;
  });
}

/** Decodes the messages of one stream, in order; the first one that says so sets the dialect. */
export function createRunnerDecoder(): (bytes: Uint8Array) => RunnerMessage {
  let dialect: Dialect | undefined;
  return (bytes) => {
    dialect ??= detectDialect(bytes);
    return dialect === undefined ? { kind: 'unknown' } : decodeRunnerMessage(bytes, dialect);
  };
}

/** The text for a failure that has none. An empty one would make S's verdict unreadable. */
const NO_TEXT = 'Unknown Error From Pure Runner';

/** Dialect S has only two fields: the code and the text of a failure share `details`. */
function toS(message: FinishedMessage): { success: boolean; details: string } {
  const { success, details, errorCode, errorStr } = message;
  return { success, details: success ? details : `${errorCode}:${errorStr || NO_TEXT}` };
}

function fromS(proto: FinishedProto): FinishedMessage {
  const { success, details } = proto;
  const failure = success ? { code: 0, text: '' } : parseDetails(details);
  return {
    kind: 'finished',
    success,
    details: success ? details : '',
    errorCode: failure.code,
    errorStr: failure.text,
    errorUser: false,
    schedulerDuration: 0,
    executionDuration: 0,
  };
}

const INT64_MAX = 9223372036854775807n;

/**
 * Reads `<code>:<text>` of dialect S as the original does: both parts must be there and the code
 * must be an int64 in base 10; otherwise the whole is the text, and the code is 0.
 */
export function parseDetails(details: string): { code: number; text: string } {
  const match = /^([+-]?)0*([0-9]{1,19}):(.+)$/s.exec(details);
  if (match === null) return { code: 0, text: details };
  const [, sign = '', digits = '', text = ''] = match;
  const magnitude = BigInt(digits);
  if (magnitude > (sign === '-' ? INT64_MAX + 1n : INT64_MAX)) return { code: 0, text: details };
  return { code: magnitude === 0n ? 0 : Number(sign + digits), text };
}

function fromHead(proto: FinishedProto): FinishedMessage {
  return {
    kind: 'finished',
    success: proto.success,
    details: proto.details,
    errorCode: proto.errorCode,
    errorStr: proto.errorStr,
    errorUser: proto.errorUser,
    schedulerDuration: toNumber(proto.schedulerDuration),
    executionDuration: toNumber(proto.executionDuration),
  };
}

/** An absent field reads as an empty array of protobufjs's own kind; ours is bytes. */
function bytesOf(frame: FrameProto | null): Uint8Array {
  return frame === null || frame.data.length === 0 ? new Uint8Array(0) : frame.data;
}
