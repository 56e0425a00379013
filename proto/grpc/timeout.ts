/** The `grpc-timeout` header, which we set ourselves: the library's deadline resets streams. */

/** grpc-js servers overflow above 2^31-1 ms and would expire such a call at once. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The header's value: at most 8 digits and a unit, never more time than there is. */
export function grpcTimeout(remainingUs: number): string {
  const us = Math.max(1, Math.floor(remainingUs));
  if (us < 1e8) return `${us}u`;
  const ms = Math.min(Math.floor(us / 1000), LONGEST_TIMEOUT_MS);
  return ms < 1e8 ? `${ms}m` : `${Math.floor(ms / 1000)}S`;
}
