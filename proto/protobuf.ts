/**
 * What the codecs of all messages share: their types, and a reading that throws a plain Error and
 * never anything else. It knows no message by name.
 */
import protobuf from 'protobufjs/light.js';
import { descriptor } from './generated/descriptor.js';

/** protobufjs's reading of an int64: a number is all that we need of it. */
export type Int64 = number | { toNumber(): number };

const root = protobuf.Root.fromJSON(descriptor);

export function messageType(name: string): protobuf.Type {
  return root.lookupType(name);
}

export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}

export function read<T>(type: protobuf.Type, bytes: Uint8Array): T {
  return guarded(type.name, () => {
    // A Buffer would be read with Buffer's own rules and beget Buffers: the view makes it plain.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reader = new protobuf.Reader(plain);
    reader.discardUnknown = true;
    return type.decode(reader) as unknown as T;
  });
}

/** Whatever protobufjs throws becomes one kind of Error with a text that says what was read. */
export function guarded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`undecodable ${what}: ${text}`, { cause });
  }
}
