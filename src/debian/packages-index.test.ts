import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

import { collect, streamOf } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { buildIndex } from './index-build.ts';
import { type IndexReader, openIndex } from './index-file.ts';
import { mergeIndexes } from './packages-index.ts';
import type { PackageIndex } from './package.ts';
import { versionText } from './testing/versions.ts';
import { compareVersions } from './version.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-index-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

const SUM = 'a'.repeat(64);

function stanza(fields: Readonly<Record<string, string>>): string {
  const whole = { Architecture: 'amd64', Filename: 'pool/x.deb', Size: '1', SHA256: SUM, ...fields };
  return Object.entries(whole)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** Builds the index of a text that comes in pieces of some size, and writes it to a file. */
async function build(text: string, pieces = 1000): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieces) chunks.push(bytes.subarray(at, at + pieces));
  count += 1;
  const file = join(folder, String(count));
  writeFileSync(file, await collect(buildIndex(streamOf(...chunks), 'amd64', 'the index')));
  return file;
}

async function open(text: string, pieces?: number): Promise<IndexReader> {
  const reader = openIndex(await build(text, pieces));
  if (!reader) throw new Error('it cannot be opened');
  return reader;
}

async function indexOf(...texts: readonly string[]): Promise<PackageIndex> {
  const parts = await Promise.all(
    texts.map(async (text, number) => ({
      reader: await open(text),
      source: { uri: 'http://m.test', suite: `s${number}`, components: ['main'] },
    })),
  );
  return mergeIndexes('amd64', parts);
}

describe('an index', () => {
  test('has everything that is asked of a package', async () => {
    const index = await indexOf(
      stanza({
        Package: 'libssl3',
        Source: 'openssl (3.0.1-1)',
        Version: '3.0.1-1+b2',
        'Installed-Size': '6000',
        Maintainer: 'Débian <d@example.org>',
        'Pre-Depends': 'a',
        Depends: 'libc6 (>= 2.34), b | c',
        Recommends: 'r',
        Conflicts: 'k (<< 1)',
        Breaks: 'l (<< 2)',
        Replaces: 'm',
        Provides: 'ssl, libssl (= 3)',
        'Multi-Arch': 'same',
        Essential: 'yes',
        Priority: 'required',
        Section: 'libs',
        Homepage: 'https://example.org/',
        Description: 'première ligne\n the second line\n .\n the third',
        Tag: 'a::b,\n c::d',
        MD5sum: 'x',
      }),
    );
    expect(index.versions('libssl3')).toEqual([
      {
        name: 'libssl3',
        version: '3.0.1-1+b2',
        architecture: 'amd64',
        source: { name: 'openssl', version: '3.0.1-1' },
        preDepends: [[{ name: 'a' }]],
        depends: [[{ name: 'libc6', relation: '>=', version: '2.34' }], [{ name: 'b' }, { name: 'c' }]],
        recommends: [[{ name: 'r' }]],
        conflicts: [{ name: 'k', relation: '<<', version: '1' }],
        breaks: [{ name: 'l', relation: '<<', version: '2' }],
        replaces: [{ name: 'm' }],
        provides: [{ name: 'ssl' }, { name: 'libssl', relation: '=', version: '3' }],
        multiArch: 'same',
        essential: true,
        priority: 'required',
        section: 'libs',
        installedSize: 6000,
        filename: 'pool/x.deb',
        size: 1,
        digest: `sha256:${SUM}`,
        maintainer: 'Débian <d@example.org>',
        homepage: 'https://example.org/',
        summary: 'première ligne',
        suite: 's0',
      },
    ]);
  });

  test.each(['', '\n\n', '\n'])('of nothing is empty (%j)', async (text) => {
    const index = await indexOf(text);
    expect(index.names()).toEqual([]);
    expect(index.versions('a')).toEqual([]);
    expect(index.providers('a')).toEqual([]);
  });

  test('finds names however they are continued and spelled', async () => {
    const index = await indexOf(
      `${stanza({ package: 'a', Version: '1', PROVIDES: 'x,\n y:any,\n\tz (= 1)' })}\n\n\n`,
    );
    expect(index.names()).toEqual(['a']);
    for (const name of ['x', 'y', 'z']) expect(index.providers(name).map((one) => one.name)).toEqual(['a']);
  });

  test('leaves out other architectures', async () => {
    const own = stanza({ Package: 'a', Version: '1', Architecture: 'all' });
    const other = stanza({ Package: 'b', Version: '1', Architecture: 'i386' });
    expect((await indexOf(`${other}\n${own}\n${other}`)).names()).toEqual(['a']);
  });

  test('does not count a package as a provider of its own name', async () => {
    const index = await indexOf(stanza({ Package: 'a', Version: '1', Provides: 'a (= 2), b' }));
    expect(index.providers('a')).toEqual([]);
    expect(index.providers('b')).toHaveLength(1);
  });

  test('sorts versions and providers, the same whatever order they come in', async () => {
    const versions = fc.uniqueArray(versionText, {
      minLength: 1,
      maxLength: 6,
      comparator: (a, b) => compareVersions(a, b) === 0,
    });
    await fc.assert(
      fc.asyncProperty(versions, fc.integer({ min: 1, max: 200 }), async (list, pieces) => {
        const text = list
          .map((version) => stanza({ Package: 'a', Version: version, Provides: 'p' }))
          .join('\n');
        const reader = await open(text, pieces);
        const sorted = list.toSorted((a, b) => compareVersions(b, a));
        const merged = mergeIndexes('amd64', [
          { reader, source: { uri: 'http://m.test', suite: 's', components: [] } },
        ]);
        expect(reader.named('a').map((number) => reader.read(number, 's').version)).toEqual(sorted);
        expect(merged.providers('p').map((one) => one.version)).toEqual(sorted);
      }),
      { numRuns: 60 },
    );
  });

  test('finds each of many names, and no other', async () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,6}$/);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 40 }), name, async (names, other) => {
        const reader = await open(
          names.map((one) => stanza({ Package: one, Version: '1', Provides: `v-${one}` })).join('\n'),
        );
        expect(reader.count).toBe(names.length);
        expect(reader.names()).toEqual(names.toSorted());
        for (const one of names) {
          expect(reader.named(one).map((number) => reader.read(number, 's').name)).toEqual([one]);
          expect(reader.providing(`v-${one}`)).toEqual(reader.named(one));
        }
        expect(reader.named(other)).toHaveLength(names.includes(other) ? 1 : 0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is refused', () => {
  test.each([
    ['Package: a b\nVersion: 1\n', 'the index: it has a package named "a b"'],
    ['Version: 1\n', 'the index: it has a package named ""'],
    ['Package: a\nno field\n', 'the index: "no field" is no field'],
    ['Package: é\n', 'it has a package named'],
  ])('%j', async (text, message) => {
    await expect(build(text)).rejects.toThrow(message);
  });

  test('a stanza without an end', async () => {
    const endless = streamOf(Buffer.from('Package: a\nDepends:'), Buffer.alloc(9 * 1024 * 1024, ' x'));
    await expect(collect(buildIndex(endless, 'amd64', 'x'))).rejects.toThrow(
      'it has a stanza without an end',
    );
  });

  test.each([
    ['Filename', ''],
    ['Size', 'much'],
    ['SHA256', 'abc'],
    ['Version', '1 2'],
    ['Depends', 'a ('],
  ])('a package whose %s is %j, once it is asked for', async (field, value) => {
    const index = await indexOf(
      `${stanza({ Package: 'a', Version: '1', [field]: value })}\n${stanza({ Package: 'b', Version: '1' })}`,
    );
    expect(index.versions('b')).toHaveLength(1);
    expect(() => index.versions('a')).toThrow(/^package a of s0/);
  });

  test('a file in the store that is damaged', async () => {
    const file = await build(
      `${stanza({ Package: 'a', Version: '1' })}\n${stanza({ Package: 'b', Version: '2' })}`,
    );
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(file, changed);
      const reader = openIndex(file);
      const read = (): unknown =>
        ['a', 'b'].map((name) => reader?.named(name).map((number) => reader.read(number, 's')));
      if (!reader) continue;
      // Padding may be anything: nobody reads it.
      try {
        expect(read()).toEqual([
          [expect.objectContaining({ name: 'a', version: '1' })],
          [expect.objectContaining({ name: 'b', version: '2' })],
        ]);
        expect(at).toBeGreaterThan(bytes.indexOf(0) - 1);
      } catch (error) {
        expect(error).toBeInstanceOf(DecantError);
        expect(error).toMatchObject({ code: 'STORE_DAMAGED' });
      }
    }
  });

  test.each(['', 'x', 'x'.repeat(1000)])('a file that is something else', (text) => {
    const file = join(folder, 'other');
    writeFileSync(file, text);
    expect(openIndex(file)).toBeUndefined();
    expect(openIndex(join(folder, 'missing'))).toBeUndefined();
  });
});
