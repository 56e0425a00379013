/** Whether this Node may stand in a network: what is too old is said before anybody connects. */

/** The oldest that the program runs on, and by line the first without known flaws of HTTP/2. */
const OLDEST = [20, 19, 0] as const;
/** CVE-2026-21714 (memory kept by WINDOW_UPDATE frames), the latest of its kind. */
const SOUND: Readonly<Record<number, readonly [number, number, number]>> = {
  20: [20, 20, 2],
  22: [22, 22, 2],
  24: [24, 14, 1],
};

export type NodeJudgement =
  { readonly kind: 'fine' } | { readonly kind: 'risky' | 'refused'; readonly why: string };

/** `version` as Node says it, such as `v20.20.2`. */
export function judgeNode(version: string): NodeJudgement {
  const parts = /^v(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0, 0];
  if (isBefore(parts, OLDEST)) {
    return { kind: 'refused', why: `Node ${version} is too old, at least v${OLDEST.join('.')}` };
  }
  const sound = SOUND[parts[0] ?? 0];
  if (sound === undefined || !isBefore(parts, sound)) return { kind: 'fine' };
  const why = `Node ${version} has known flaws of HTTP/2: v${sound.join('.')} mends CVE-2026-21714`;
  return { kind: 'risky', why };
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < 3; i++) {
    const [mine = 0, theirs = 0] = [a[i], b[i]];
    if (mine !== theirs) return mine < theirs;
  }
  return false;
}
