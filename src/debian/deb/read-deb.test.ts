import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { streamOf } from '../../codec/stream.ts';
import { encodeTarHeader, TAR_END, type TarHeaderInput, tarPadding } from '../../codec/tar/tar.ts';
import { ar, buildDeb } from '../testing/deb.ts';
import { storedXz } from '../testing/xz.ts';
import { fastXz } from './member.ts';
import { contentLines, debBench } from './testing.ts';
import { findXz, xzProgram } from './xz-program.ts';
import { xzThread } from './xz-thread.ts';

const bench = debBench();
afterAll(bench.close);

const HELLO = {
  name: 'hello',
  version: '2.10-3',
  fields: { Source: 'hello-src (2.10-2)', Depends: 'libc6 (>= 2.34)' },
  files: {
    '/usr/bin/hello': { content: '\u007fELF hello', mode: 0o755 },
    '/usr/bin/also-hello': { link: '/usr/bin/hello' },
    '/usr/lib/hello.so': { symlink: 'hello.so.1' },
    '/etc/hello.conf': 'greeting=hi\n',
    '/var/mail': { directory: true, mode: 0o2775, gid: 8 },
  },
  conffiles: ['/etc/hello.conf'],
  scripts: { postinst: '#!/bin/sh\nset -e\n', triggers: 'activate-noawait ldconfig\n' },
};

const HELLO_CONTENTS = [
  '/ directory 755 0:0',
  '/etc directory 755 0:0',
  '/etc/hello.conf file 644 0:0 "greeting=hi\\n"',
  '/usr directory 755 0:0',
  '/usr/bin directory 755 0:0',
  '/usr/bin/also-hello file 755 0:0 "\u007fELF hello" linked',
  '/usr/bin/hello file 755 0:0 "\u007fELF hello" linked',
  '/usr/lib directory 755 0:0',
  '/usr/lib/hello.so symlink 777 0:0 -> hello.so.1',
  '/var directory 755 0:0',
  '/var/mail directory 2775 0:8',
];

describe('a package', () => {
  test('says what it is', async () => {
    const { bytes, control } = buildDeb(HELLO);
    const deb = await bench.read(bench.put(bytes));
    expect([deb.name, deb.version, deb.architecture]).toEqual(['hello', '2.10-3', 'amd64']);
    expect(deb.controlText).toBe(control);
    expect(deb.control.get('source')).toBe('hello-src (2.10-2)');
    expect(deb.conffiles).toEqual(['etc/hello.conf']);
    expect(deb.md5sums).toEqual([{ digest: 'b60cf18be414a1716bbaddcb7d7d633a', path: 'usr/bin/hello' }]);
    expect([...deb.scripts]).toEqual([['postinst', '#!/bin/sh\nset -e\n']]);
    expect(deb.triggers).toBe('activate-noawait ldconfig\n');
    expect([...deb.controlFiles.keys()].toSorted()).toEqual([
      'conffiles',
      'control',
      'md5sums',
      'postinst',
      'triggers',
    ]);
  });

  test.each(['gz', 'xz', 'none'] as const)('may be packed as %s', async (compression) => {
    const deb = await bench.read(bench.put(buildDeb({ ...HELLO, compression }).bytes));
    expect(contentLines(deb.layer)).toEqual(HELLO_CONTENTS);
  });

  test('may be read by the program xz and by a thread alike', async () => {
    const big = { ...HELLO, compression: 'xz' as const, files: { '/big': Buffer.alloc(3_000_000, 'xz') } };
    const path = bench.put(buildDeb(big).bytes);
    for (const xz of [fastXz, xzThread]) {
      const deb = await bench.read(path, { xz });
      expect(contentLines(deb.layer)[1]).toBe(`/big file 644 0:0 ${JSON.stringify('xz'.repeat(1_500_000))}`);
    }
  });

  test('may have members that begin with an underscore, and any after data.tar', async () => {
    const parts = membersOf(buildDeb(HELLO).bytes);
    const deb = ar({ ...parts.first, _extra: Buffer.from('?'), ...parts.rest, later: Buffer.from('!') });
    expect((await bench.read(bench.put(deb))).name).toBe('hello');
  });
});

describe('a hostile package', () => {
  const file = (path: string, more: Partial<TarHeaderInput> = {}): TarHeaderInput => ({
    path,
    type: 'file',
    mode: 0o644,
    size: 0,
    uid: 0,
    gid: 0,
    mtime: 0,
    ...more,
  });
  const tarOf = (...headers: readonly TarHeaderInput[]): Buffer =>
    Buffer.concat([...headers.map((header) => encodeTarHeader(header)), TAR_END]);
  const debOf = (data: Record<string, Uint8Array>): Buffer => {
    const { first, rest } = membersOf(buildDeb({ ...HELLO, files: {} }).bytes);
    const { ['control.tar.gz']: control = Buffer.alloc(0) } = rest;
    return ar({ ...first, 'control.tar.gz': control, ...data });
  };
  const controlOf = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    const header = encodeTarHeader(file('./control', { size: bytes.length }));
    const control = Buffer.concat([header, bytes, tarPadding(bytes.length), TAR_END]);
    return ar({ 'debian-binary': Buffer.from('2.0\n'), 'control.tar': control, 'data.tar': TAR_END });
  };
  const bomb = Buffer.concat(Array.from({ length: 20 }, () => gzipSync(zeros(10_000_000))));

  const cases: readonly (readonly [string, () => Buffer, string, RegExp])[] = [
    ['that is something else', () => Buffer.from('PK\u0003\u0004'), 'ARCHIVE_INVALID', /not an ar archive/],
    ['of another format', () => ar({ 'debian-binary': Buffer.from('3.0\n') }), 'ARCHIVE_INVALID', /format/],
    [
      'that is an ar archive only',
      () => ar({ 'a.o': Buffer.from('x') }),
      'ARCHIVE_INVALID',
      /does not begin/,
    ],
    ['with nothing in it', () => ar({}), 'ARCHIVE_INVALID', /no control\.tar/],
    [
      'without control.tar',
      () => ar({ 'debian-binary': Buffer.from('2.0\n') }),
      'ARCHIVE_INVALID',
      /no control/,
    ],
    ['without data.tar', () => debOf({}), 'ARCHIVE_INVALID', /no data\.tar/],
    [
      'with something else for data.tar',
      () => debOf({ other: TAR_END }),
      'ARCHIVE_INVALID',
      /"other" where data/,
    ],
    [
      'packed in a way unknown',
      () => debOf({ 'data.tar.lzma': TAR_END }),
      'ARCHIVE_INVALID',
      /data\.tar\.lzma/,
    ],
    ['that is cut off', () => buildDeb(HELLO).bytes.subarray(0, -40), 'ARCHIVE_INVALID', /cut off/],
    [
      'with damaged gzip data',
      () => debOf({ 'data.tar.gz': Buffer.from('none') }),
      'ARCHIVE_INVALID',
      /gzip data/,
    ],
    [
      'with damaged xz data after the end of the tar archive',
      () => debOf({ 'data.tar.xz': flipped(storedXz(Buffer.concat([TAR_END, zeros(99_999)])), -30) }),
      'ARCHIVE_INVALID',
      /xz data is damaged/,
    ],
    ['that leads out', () => debOf({ 'data.tar': tarOf(file('./../x')) }), 'ARCHIVE_UNSAFE', /leads out/],
    [
      'that leads through a link',
      () => debOf({ 'data.tar': tarOf(file('./a', { type: 'symlink', linkname: '/etc' }), file('./a/b')) }),
      'ARCHIVE_UNSAFE',
      /stands below "a"/,
    ],
    [
      'that links to what it does not have',
      () => debOf({ 'data.tar': tarOf(file('./a', { type: 'link', linkname: '/etc/shadow' })) }),
      'ARCHIVE_INVALID',
      /no file before it/,
    ],
    ['that grows without end', () => debOf({ 'data.tar.gz': bomb }), 'ARCHIVE_TOO_LARGE', /more than/],
    [
      'without a name',
      () => controlOf('Version: 1\nArchitecture: all\n'),
      'ARCHIVE_INVALID',
      /no proper Package/,
    ],
    [
      'with a path for a name',
      () => controlOf('Package: ../x\nVersion: 1\nArchitecture: all\n'),
      'ARCHIVE_INVALID',
      /Package: "\.\.\/x"/,
    ],
    [
      'with two paragraphs',
      () => controlOf('Package: a\n\nPackage: b\n'),
      'ARCHIVE_INVALID',
      /one paragraph/,
    ],
  ];
  test.each(cases)('%s', async (_what, build, code, message) => {
    const path = bench.put(build());
    await expect(bench.read(path)).rejects.toMatchObject({ code });
    await expect(bench.read(path)).rejects.toThrow(message);
  });

  test('is named in the message', async () => {
    await expect(bench.read(bench.put(ar({})), { name: 'evil_1_all.deb' })).rejects.toThrow(
      /^evil_1_all\.deb: /,
    );
  });

  test('puts nothing but its unpacked data beside others', async () => {
    await bench.read(bench.put(buildDeb(HELLO).bytes));
    expect(
      readdirSync(bench.directory).filter((name) => !/^[0-9a-f]+\.deb$|^data-[0-9a-f]+\.tar$/.test(name)),
    ).toEqual([]);
  });
});

describe('reading', () => {
  test('stops when it is told to', async () => {
    const path = bench.put(buildDeb(HELLO).bytes);
    await expect(bench.read(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('xz data', () => {
  const text = Buffer.from('some text\n'.repeat(40_000));
  const decoders = [
    ['the program', async () => (await findXz(process.env['PATH'] ?? '')) ?? ''],
    ['a thread', undefined],
  ] as const;

  test.each(decoders)('is whole or an error for %s', async (_name, find) => {
    const program = find && (await find());
    const decode = (bytes: Buffer) =>
      program === undefined ? xzThread(streamOf(bytes)) : xzProgram(streamOf(bytes), program);
    const all = async (bytes: Buffer): Promise<string> => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of decode(bytes)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    const whole = storedXz(text);
    expect(await all(whole)).toBe(text.toString());
    await expect(all(whole.subarray(0, -5000))).rejects.toThrow(/unexpected end|error code 8/i);
    await expect(all(flipped(whole, 5000))).rejects.toThrow(/corrupt|error code 7/i);
    await expect(all(Buffer.from('no xz at all'))).rejects.toThrow(/format|error code 5/i);
  });

  test.each(decoders)('need not be read to its end with %s', async (_name, find) => {
    const program = find && (await find());
    const source = storedXz(Buffer.alloc(20_000_000));
    const stream = program === undefined ? xzThread(streamOf(source)) : xzProgram(streamOf(source), program);
    for await (const chunk of stream) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  test('is no program where PATH has none', async () => {
    expect(await findXz(`${bench.directory}:relative:`)).toBeUndefined();
  });
});

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}

/** The members of a package that `buildDeb` made: the first, and the others. */
function membersOf(deb: Buffer): Record<'first' | 'rest', Record<string, Buffer>> {
  const members: Record<string, Buffer> = {};
  for (let at = 8; at < deb.length;) {
    const name = deb.toString('latin1', at, at + 16).trimEnd();
    const size = Number(deb.toString('latin1', at + 48, at + 58));
    members[name] = deb.subarray(at + 60, at + 60 + size);
    at += 60 + size + (size % 2);
  }
  const { ['debian-binary']: format = Buffer.alloc(0), ...rest } = members;
  return { first: { 'debian-binary': format }, rest };
}
