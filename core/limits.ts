/** Every limit is a finite number above 0: 0 is "nothing" to some, and "no limit" to others. */

/** What is wrong with a limit, as `name: value is not …`; undefined if it is one. */
export function limitFlaw(
  name: string,
  value: unknown,
  most: number = Number.MAX_SAFE_INTEGER,
): string | undefined {
  if (typeof value === 'number' && value > 0 && value <= most) return undefined;
  return `${name}: ${String(value)} is not a number above 0 and up to ${most}`;
}

/** Throws one RangeError that names every bad limit of `what`; those not given are not judged. */
export function checkLimits(
  what: string,
  limits: Readonly<Record<string, number | undefined>>,
  most?: number,
): void {
  // Asked for each engagement: where all is well nothing is made.
  let bad: string[] | undefined;
  for (const name in limits) {
    const value = limits[name];
    const flaw = value === undefined ? undefined : limitFlaw(name, value, most);
    if (flaw !== undefined) (bad ??= []).push(flaw);
  }
  if (bad !== undefined) throw new RangeError(`invalid ${what}: ${bad.join('; ')}`);
}
