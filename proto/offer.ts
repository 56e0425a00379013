/** What a session makes of an offer before it hands it on: the sense that types do not show. */
import type { CallModel } from './model.js';
import { META, type Metadata } from './wire.js';

/**
 * Why no call can be made of an offer, as the original finds when it makes a request of it;
 * undefined if one can.
 */
export function flawOf(model: CallModel, slotHashId: string): string | undefined {
  const { method, url } = model;
  if (!/^[-!#$%&'*+.^_`|~\dA-Za-z]*$/.test(method)) return 'invalid method';
  if (/[\x00-\x1f\x7f]/.test(url)) return 'invalid URL: a control character';
  if (url.startsWith(':')) return 'invalid URL: no scheme before the colon';
  // Of the query nobody minds.
  if (/%(?![\dA-Fa-f]{2})/.test(pathOf(url))) return 'invalid URL: a broken escape';
  return /^(?:[\dA-Fa-f]{2})*$/.test(slotHashId) ? undefined : 'slot_hash_id is not hex';
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** The LB's number of the attempt; 0 where it does not say, or says nonsense. */
export function attemptOf(metadata: Metadata): number {
  const attempt = Number(metadata[META.attempt]);
  return Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 0;
}
