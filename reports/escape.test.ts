import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  chartText,
  html,
  isolated,
  jsonMarkup,
  name,
  plainText,
  shorten,
  textOfChart,
} from './escape.js';

const HOSTILE = `</script><script>alert("1")</script><!-- ' & -->`;

it('text is escaped wherever it stands, markup is not', () => {
  const inner = html`<b title="${HOSTILE}">${'<i>'}</b>`;
  expect(html`<p>${inner}${[inner]}${3}</p>`.markup).toBe(`<p>${inner.markup}${inner.markup}3</p>`);
  expect(inner.markup).toBe(
    '<b title="&lt;/script&gt;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&lt;!-- &#39; ' +
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
  expect(chartText('<a href="https://x">', 99)).toBe('&lt;a href=&#34;https://x&#34;&gt;');
  expect(chartText('<b>', 2)).toBe('&lt;…');
});

it('terminal text has no control characters but tabs and line ends', () => {
  expect(plainText('a\u001b[31mb\tc\n\u009b')).toBe('a\ufffd[31mb\tc\n\ufffd');
});

it('cutting a name never splits a character', () => {
  expect(shorten('🛩🛩🛩🛩', 3)).toBe('🛩🛩…');
  expect(shorten('🛩🛩🛩', 3)).toBe('🛩🛩🛩');
});

/** Text with what turns text around in it, as often as not. */
const turning = fc
  .array(
    fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...'\u202e\u2066\u2067\u2068\u2069א')),
  )
  .map((parts) => parts.join(''));

it('a name closes each isolate it opens and none that it does not', () => {
  fc.assert(
    fc.property(turning, (text) => {
      for (const shown of [isolated(text), name(text).markup]) {
        let open = 0;
        for (const mark of shown) {
          if (/[\u2066-\u2068]/.test(mark)) open++;
          if (mark === '\u2069') open--;
          expect(open).toBeGreaterThanOrEqual(0);
        }
        expect(open).toBe(0);
      }
    }),
  );
});

it('an override of direction ends with the name that holds it', () => {
  expect(isolated('a\u202eb')).toBe('\u2068a\u202eb\u2069');
  expect(isolated('r1')).toBe('r1');
  expect(name('a\u202eb').markup).toBe('<bdi>a\u202eb</bdi>');
});

it('a long name is cut, in the page too', () => {
  expect(name('x'.repeat(10_000)).markup.length).toBeLessThan(400);
});

it('what a label of a chart says is what it was made of', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      expect(textOfChart(chartText(text))).toBe(plainText(isolated(text)));
    }),
  );
  expect(textOfChart('p50<br><b>mean</b>\u200b &amp;lt;')).toBe('p50, mean &lt;');
});
