import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, html, jsonText, raw } from './html.ts';

describe('a template', () => {
  test.each<[string, string]>([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`" onload='x'`, '&quot; onload=&#39;x&#39;'],
    ['a & b', 'a &amp; b'],
    ['a\u0000b\u202Ec\u001B[31m', 'a␀b\uFFFDc'],
    ['\uD800', '\uFFFD'],
  ])('has no markup from text: %j', (text, escaped) => {
    expect(html`<p title="${text}">${text}</p>`.html).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  test('takes HTML as it is, lists one after the other, and nothing for what is not there', () => {
    const part = html`<b>${1}</b>`;
    expect(html`<p>${part}${[part, 'x', [raw('<i>')]]}${undefined}${false}</p>`.html).toBe(
      '<p><b>1</b><b>1</b>x<i></p>',
    );
  });

  test('loses the indentation of its source, and of texts nothing', () => {
    // By another name, so that the formatter leaves it alone.
    const indented = html;
    expect(
      indented`<p>
        ${'a\n   b'}
      </p>`.html,
    ).toBe('<p>\na\n   b\n</p>');
  });

  test('never lets any text out of its place', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']/.test(escapeText(text))));
  });
});

test('a value for a script cannot end the script, and reads back', () => {
  const value = ['</script><!--', { a: 1 }];
  const { html: text } = jsonText(value);
  expect(text).not.toContain('<');
  expect(JSON.parse(text)).toEqual(value);
});
