/** What both ends of the gRPC wire do alike: bytes pass the library unread, metadata is plain. */
import { Metadata as GrpcMetadata } from '@grpc/grpc-js';
import type { Metadata } from '../wire.js';

/** The library's (de)serializer for us: the codec has the bytes, so that it can tell dialects. */
export const same = (bytes: Buffer): Buffer => bytes;

/** The library copies messages with Buffer's methods. No bytes are copied here. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Values may hold what a client sent: whatever is not printable ASCII would throw. */
export function toGrpcMetadata(metadata: Metadata): GrpcMetadata {
  const made = new GrpcMetadata();
  for (const [name, value] of Object.entries(metadata)) {
    made.set(name, value.replace(/[^ -~]/g, '?'));
  }
  return made;
}

/** The first value of each name; binary ones (`-bin`) are nobody's here. */
export function fromGrpcMetadata(metadata: GrpcMetadata): Metadata {
  const made: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.getMap())) {
    if (typeof value === 'string') made[name] = value;
  }
  return made;
}
