/**
 * Lists that many figures have in common, e.g. the instants of a flight's bins, written once: the
 * page's script puts them back. It looks at values alone, not at what they mean.
 */
import type { Json, JsonObject } from './charts/figure.js';

export interface Packed {
  readonly shared: readonly Json[];
  /** With `{ same: i }` in the place of what is `shared[i]`. */
  readonly figures: readonly Json[];
}

/** What is shorter is not worth a reference. */
const SHARED_CHARS_MIN = 64;

export function packFigures(figures: readonly JsonObject[]): Packed {
  const seen = new Map<string, { list: Json; times: number; index: number }>();
  for (const figure of figures) {
    eachList(figure, (list, text) => {
      const before = seen.get(text);
      if (before === undefined) seen.set(text, { list, times: 1, index: -1 });
      else before.times++;
      return undefined;
    });
  }
  const shared: Json[] = [];
  const packed = figures.map((figure) =>
    eachList(figure, (_, text) => {
      const entry = seen.get(text);
      if (entry === undefined || entry.times < 2) return undefined;
      if (entry.index < 0) entry.index = shared.push(entry.list) - 1;
      return { same: entry.index };
    }),
  );
  return { shared, figures: packed };
}

/** A copy in which each long list is what `replace` gives for it; its own lists are not visited. */
function eachList(
  value: Json,
  replace: (list: Json, text: string) => JsonObject | undefined,
): Json {
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) {
    const text = JSON.stringify(value);
    const instead = text.length < SHARED_CHARS_MIN ? undefined : replace(value, text);
    return instead ?? value.map((each) => eachList(each, replace));
  }
  const entries = Object.entries(value).map(([key, each]) => [key, eachList(each, replace)]);
  return Object.fromEntries(entries) as JsonObject;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
