import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAr } from './ar.ts';
import { collect, streamOf } from './stream.ts';

const MAGIC = '!<arch>\n';

function member(name: string, content: string, fields: { size?: string; end?: string } = {}): string {
  const size = fields.size ?? String(content.length);
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
  return `${header}${size.padEnd(10)}${fields.end ?? '`\n'}${content}${content.length % 2 ? '\n' : ''}`;
}

async function contents(text: string, chunk = Infinity): Promise<readonly (readonly [string, string])[]> {
  const bytes = Buffer.from(text, 'latin1');
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
  const found: [string, string][] = [];
  for await (const { name, body } of readAr(streamOf(...chunks), { name: 'a.deb' })) {
    found.push([name, (await collect(body())).toString('latin1')]);
  }
  return found;
}

describe('members', () => {
  test('come in their order, odd ones padded', async () => {
    const text = `${MAGIC}${member('debian-binary', '2.0\n')}${member('a', 'odd')}${member('b', '')}`;
    expect(await contents(text)).toEqual([
      ['debian-binary', '2.0\n'],
      ['a', 'odd'],
      ['b', ''],
    ]);
  });

  test('may end their names with a slash', async () => {
    expect(await contents(MAGIC + member('data.tar/', 'x'))).toEqual([['data.tar', 'x']]);
  });

  test('may lack the padding at the very end', async () => {
    expect(await contents((MAGIC + member('a', 'odd')).slice(0, -1))).toEqual([['a', 'odd']]);
  });

  test('are passed over when nobody reads them, and say where they are', async () => {
    const bytes = Buffer.from(`${MAGIC}${member('a', 'one')}${member('b', 'two')}`, 'latin1');
    const found: string[] = [];
    for await (const { name, offset, size } of readAr(streamOf(bytes))) {
      found.push(`${name}: ${bytes.subarray(offset, offset + size).toString('latin1')}`);
    }
    expect(found).toEqual(['a: one', 'b: two']);
  });

  test('cannot be read after their turn', async () => {
    const archive = readAr(streamOf(Buffer.from(`${MAGIC}${member('a', 'one')}${member('b', 'two')}`)));
    const first = (await archive.next()).value;
    await archive.next();
    await expect(collect(first.body())).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('come out as they went in, however the stream is cut', async () => {
    const name = fc.stringMatching(/^[a-z][a-z.-]{0,14}$/);
    const pairs = fc.array(fc.tuple(name, fc.stringMatching(/^[ -~]{0,40}$/)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pairs, fc.integer({ min: 1, max: 70 }), async (all, chunk) => {
        expect(await contents(MAGIC + all.map(([a, b]) => member(a, b)).join(''), chunk)).toEqual(all);
      }),
    );
  });
});

describe('refused', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['nothing at all', '', /not an ar archive/],
    ['a wrong beginning', '!<thin>\n', /not an ar archive/],
    ['a header that is cut off', `${MAGIC}debian-binary`, /header is cut off at offset 8/],
    ['content that is cut off', (MAGIC + member('a', 'content')).slice(0, -4), /cut off in "a"/],
    ['a size beyond the end', MAGIC + member('a', 'x', { size: '9999999999' }), /cut off in "a"/],
    ['a size that is no number', MAGIC + member('a', 'x', { size: '0x1' }), /size of "a" is no number/],
    ['a negative size', MAGIC + member('a', 'x', { size: '-1' }), /size of "a" is no number/],
    ['a header with a wrong end', MAGIC + member('a', 'x', { end: '  ' }), /does not end as it should/],
    ['no name', MAGIC + member('', 'x'), /no proper name/],
    ['a long name of GNU', MAGIC + member('/12', 'x'), /long name/],
    ['a table of long names', MAGIC + member('//', 'x'), /long name/],
    ['a long name of BSD', MAGIC + member('#1/3', 'abcx'), /long name/],
    ['very many members', MAGIC + member('a', '').repeat(65), /more than 64 members/],
  ];
  test.each(cases)('%s', async (_what, text, message) => {
    await expect(contents(text)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(contents(text)).rejects.toThrow(message);
  });

  test('any damage ends in an error of ours or in members', async () => {
    const whole = Buffer.from(`${MAGIC}${member('a', 'one')}${member('b', 'two')}`, 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        await contents(bytes.toString('latin1')).catch((error: unknown) =>
          expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' }),
        );
      }),
    );
  });
});
