/** Tables of a comment on a pull request. Their cells are Markdown already: no foreign text. */

/** A comment holds 65 536 characters; names must leave room for the rest. */
export const NAME_MAX = 120;

/**
 * Lines of a table; the first row is the head.
 *
 * @param isText Which columns are read as text; the others are numbers. Default: the first.
 */
export function table(
  [head = [], ...rows]: readonly (readonly string[])[],
  isText: (column: number) => boolean = (column) => column === 0,
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, i) => (isText(i) ? ':--' : '--:')));
  return [line(head), rule, ...rows.map(line), ''];
}
