/**
 * Messages through the real codec's bytes and back, to prove on every flight that nothing is lost.
 */
import {
  createRunnerDecoder,
  decodeClientMessage,
  decodeRunnerMessage,
  encodeClientMessage,
  encodeRunnerMessage,
  type Dialect,
} from '../proto/codec.js';
import type { Transcode } from './link.js';

/**
 * Both directions in one dialect. A message is decoded on its own, so it goes through the decoder
 * that detects: the dialect must be plain from any first message that can come first.
 */
export function createTranscode(dialect: Dialect): Transcode {
  return {
    client: (message) => decodeClientMessage(encodeClientMessage(message)),
    runner: (message) => {
      const bytes = encodeRunnerMessage(message, dialect);
      if (message.kind === 'data') return decodeRunnerMessage(bytes, dialect);
      const decoded = createRunnerDecoder()(bytes);
      if (dialect !== 's' || message.kind !== 'finished' || decoded.kind !== 'finished') {
        return decoded;
      }
      // Dialect s has no place for these: beside the bytes, so that flights can be compared.
      const { errorUser, schedulerDuration, executionDuration } = message;
      return { ...decoded, errorUser, schedulerDuration, executionDuration };
    },
  };
}
