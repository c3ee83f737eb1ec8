import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DecantError } from '../../errors.ts';
import { decodePath } from '../path.ts';
import { streamOf } from '../stream.ts';
import type { TarHeader } from './header.ts';
import { readTar } from './read.ts';
import { encodeTarHeader, type EncodeTarOptions, TAR_END, type TarHeaderInput, tarPadding } from './write.ts';

const file: TarHeaderInput = { path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0 };

async function read(bytes: Uint8Array): Promise<TarHeader> {
  for await (const { header } of readTar(streamOf(bytes, new Uint8Array(header0Size(bytes)), TAR_END)))
    return header;
  throw new Error('no member');
}

/** Content that the encoded header announces, so that the reader finds a whole archive. */
function header0Size(bytes: Uint8Array): number {
  const size = Number.parseInt(
    Buffer.from(bytes).toString('latin1', bytes.length - 388, bytes.length - 377),
    8,
  );
  return size + tarPadding(size).length;
}

describe('encodeTarHeader', () => {
  it.each<[string, Partial<TarHeaderInput>, number]>([
    [
      'fits one block',
      { path: 'usr/bin/tool', uid: 1000, gid: 0o7777777, mtime: 1_700_000_000, size: 12345 },
      1,
    ],
    ['a name of 100 bytes', { path: 'n'.repeat(100) }, 1],
    ['a name of 101 bytes without a slash', { path: 'n'.repeat(101) }, 3],
    ['a name split between prefix and name', { path: `${'p'.repeat(155)}/${'n'.repeat(100)}` }, 1],
    ['a name of 300 bytes', { path: `${'d/'.repeat(100)}${'n'.repeat(100)}` }, 3],
    [
      'a directory name whose only place to split is its end',
      { type: 'directory', path: 'd'.repeat(120) },
      3,
    ],
    ['a name that is not ASCII', { path: 'é' }, 3],
    ['a name that is not UTF-8', { path: decodePath(Buffer.from([0x61, 0xe9])) }, 3],
    ['an id of seven octal digits and one more', { uid: 0o10000000 }, 3],
    ['the largest id', { uid: 0xffff_ffff, gid: 0xffff_ffff }, 3],
    ['a time before the epoch', { mtime: -1 }, 3],
    ['a target of 200 bytes', { type: 'symlink', linkname: 't'.repeat(200) }, 3],
    [
      'a binary extended attribute',
      { xattrs: { 'security.capability': Buffer.from([1, 0, 10, 255, 61]) } },
      3,
    ],
    [
      'an extended attribute with an equals sign in its name',
      { xattrs: { 'user.a=b%': Buffer.from([10]) } },
      3,
    ],
    ['an empty extended attribute', { xattrs: { 'user.empty': Buffer.alloc(0) } }, 3],
    ['a device', { type: 'block', major: 4095, minor: 1_048_575 }, 1],
  ])('%s', async (_, fields, blocks) => {
    const header = { ...file, ...fields };
    const bytes = encodeTarHeader(header);
    expect(bytes.length).toBe(blocks * 512);
    const path = header.type === 'directory' ? `${header.path}/` : header.path;
    expect(await read(bytes)).toMatchObject({ ...header, path });
  });

  it('writes a size of 8 GiB and more as a PAX record', () => {
    const bytes = encodeTarHeader({ ...file, size: 2 ** 33 });
    expect(bytes.toString('latin1', 512, 530)).toBe('19 size=8589934592');
  });

  it.each<[number, EncodeTarOptions, number]>([
    [1.75, {}, 1],
    [-0.5, {}, -1],
    [1.75, { fractions: true }, 1.75],
    [-0.5, { fractions: true }, -0.5],
    [10, { fractions: true }, 10],
  ])('writes the time %d with %j as %d', async (mtime, options, expected) => {
    expect((await read(encodeTarHeader({ ...file, mtime }, options))).mtime).toBe(expected);
  });

  it('writes the same bytes whatever the order of attributes, and no names of users', () => {
    const [x, y] = [Buffer.from('1'), Buffer.from('2')];
    const bytes = encodeTarHeader({ ...file, uname: 'root', xattrs: { 'user.b': x, 'user.a': y } });
    expect(bytes).toEqual(encodeTarHeader({ ...file, xattrs: { 'user.a': y, 'user.b': x } }));
    expect(bytes.toString('latin1', 512, 559)).toBe('25 SCHILY.xattr.user.a=2\n25 SCHILY.xattr.user.b');
    expect(bytes.includes('root')).toBe(false);
  });

  it.each<[string, Partial<TarHeaderInput>]>([
    ['a NUL in the path', { path: 'a\0b' }],
    ['a NUL in the target', { type: 'link', linkname: '\0' }],
    ['a surrogate that stands for no byte', { path: '\uD800' }],
    ['a mode with a file type', { mode: 0o100644 }],
    ['a negative owner', { uid: -1 }],
    ['an owner that is no number', { gid: NaN }],
    ['a size that is no whole number', { size: 1.5 }],
    ['a time that is no number', { mtime: Infinity }],
    ['a device number that no kernel has', { type: 'char', major: 2 ** 21 }],
  ])('refuses %s', (_, fields) => {
    expect(() => encodeTarHeader({ ...file, ...fields })).toThrow(DecantError);
  });

  it('is undone by readTar, whatever the header', async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 300 })
      .map((bytes) => decodePath(bytes.map((byte) => byte || 1)));
    const arbitrary = fc.record({
      path: name.filter((path) => !path.endsWith('/')),
      type: fc.constantFrom<TarHeader['type'][]>(
        'file',
        'directory',
        'symlink',
        'link',
        'char',
        'block',
        'fifo',
      ),
      mode: fc.nat(0o7777),
      uid: fc.nat(0xffff_ffff),
      gid: fc.nat(0xffff_ffff),
      mtime: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      linkname: name,
      major: fc.nat(0o7777777),
      minor: fc.nat(0o7777777),
      size: fc.nat(5000),
      xattrs: fc.dictionary(name, fc.uint8Array({ maxLength: 30 }), { maxKeys: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (header) => {
        const type = header.type;
        const device = type === 'char' || type === 'block';
        const link = type === 'symlink' || type === 'link';
        const xattrs = Object.fromEntries(
          Object.entries(header.xattrs).map(([key, value]) => [key, Buffer.from(value)]),
        );
        expect(await read(encodeTarHeader({ ...header, type }))).toEqual({
          path: type === 'directory' ? `${header.path}/` : header.path,
          type,
          mode: header.mode,
          uid: header.uid,
          gid: header.gid,
          mtime: header.mtime,
          size: type === 'file' ? header.size : 0,
          linkname: link ? header.linkname : '',
          major: device ? header.major : 0,
          minor: device ? header.minor : 0,
          ...(Object.keys(xattrs).length > 0 && { xattrs }),
          uname: '',
          gname: '',
        });
      }),
      { numRuns: 500 },
    );
  });
});
