import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chartText, html, jsonMarkup, plainText, shorten } from './escape.js';

const HOSTILE = `</script><script>alert("1")</script><!-- ' & -->`;

it('text is escaped wherever it stands, markup is not', () => {
  const inner = html`<b title="${HOSTILE}">${'<i>'}</b>`;
  expect(html`<p>${inner}${[inner]}${3}</p>`.markup).toBe(`<p>${inner.markup}${inner.markup}3</p>`);
  expect(inner.markup).toBe(
    '<b title="&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;!-- &#39; ' +
      '&amp; --&gt;">&lt;i&gt;</b>',
  );
});

it('JSON in a page cannot end its element, and reads back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const { markup } = jsonMarkup([data, HOSTILE, '\u2028\u2029']);
      expect(markup).not.toMatch(/[<\u2028\u2029]/);
      expect(JSON.parse(markup)).toEqual(
        JSON.parse(JSON.stringify([data, HOSTILE, '\u2028\u2029'])),
      );
    }),
  );
});

it('labels of charts carry no markup', () => {
  expect(chartText('<a href="https://x">', 99)).toBe('&lt;a href=&quot;https://x&quot;&gt;');
  expect(chartText('<b>', 2)).toBe('&lt;…');
});

it('terminal text has no control characters but tabs and line ends', () => {
  expect(plainText('a\u001b[31mb\tc\n\u009b')).toBe('a\ufffd[31mb\tc\n\ufffd');
});

it('cutting a name never splits a character', () => {
  expect(shorten('🛩🛩🛩🛩', 3)).toBe('🛩🛩…');
  expect(shorten('🛩🛩🛩', 3)).toBe('🛩🛩🛩');
});
