/** Freezing plain values all the way down, for what is shared by many and belongs to none. */

/** Freezes a plain value with all of its parts, and returns it; shared parts are visited once. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
