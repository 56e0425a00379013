import { expect, it } from 'vitest';
import { PAGE_STYLE } from './style.js';

/** The custom properties of a block that begins with `start`, those of colours in hex. */
function colours(start: string): ReadonlyMap<string, string> {
  const from = PAGE_STYLE.indexOf(start);
  expect(from).toBeGreaterThanOrEqual(0);
  const block = PAGE_STYLE.slice(from, PAGE_STYLE.indexOf('}', from));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, key = '', hex = '']) => [key, hex]),
  );
}

/** WCAG 2: relative luminance of sRGB. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const blocks = [
  ['light', ':root {'],
  ['dark', ':root:not([data-paper]) {'],
] as const;

it('black on white is 21, the most there is', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 9);
});

it.each(blocks)(
  '%s: every colour of text has a contrast of 4.5 on all it stands on',
  (_, start) => {
    const of = colours(start);
    // Which properties are text is read from the rules, so a new one cannot be forgotten.
    const rules = PAGE_STYLE.slice(PAGE_STYLE.indexOf('* {'));
    const texts = new Set(
      [...rules.matchAll(/[{;\s]color: var\(--([\w-]+)\)/g)].map(([, key]) => key!),
    );
    // A separator between facts says nothing.
    texts.delete('faint');
    texts.add('band-ink');
    expect([...texts]).toEqual(expect.arrayContaining(['ink', 'muted', 'good', 'bad']));
    const grounds = ['bg', 'panel'];
    const pairs = [...texts].flatMap((text) => grounds.map((ground) => [text, ground] as const));
    for (const [text, ground] of [...pairs, ['good', 'good-bg'], ['bad', 'bad-bg']] as const) {
      const found = contrast(of.get(text)!, of.get(ground)!);
      expect(found, `--${text} on --${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  },
);

it.each(blocks)('%s: what shows the focus has a contrast of 3', (_, start) => {
  const of = colours(start);
  for (const ground of ['bg', 'panel']) {
    expect(contrast(of.get('focus')!, of.get(ground)!)).toBeGreaterThanOrEqual(3);
  }
});
