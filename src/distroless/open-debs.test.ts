import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentLines } from '../debian/deb/testing.ts';
import { buildDeb, type TestPackage } from '../debian/testing/deb.ts';
import { collect } from '../codec/stream.ts';
import { openContents } from '../store/contents.ts';
import { testStore } from '../store/testing.ts';
import type { FileEntry } from '../tree/entry.ts';
import { type OpenedDebs, openDebs } from './open-debs.ts';
import { seenContents } from './seen-contents.ts';

const BIG = 'big\n'.repeat(50_000);
const HELLO: TestPackage = {
  name: 'hello',
  version: '1-2',
  fields: { Depends: 'libc6' },
  files: {
    '/etc/hello.conf': 'greeting=hi\n',
    '/usr/bin/hello': { content: BIG, mode: 0o755 },
    '/usr/bin/too': { link: '/usr/bin/hello' },
    '/usr/bin/hi': { symlink: 'hello' },
  },
  conffiles: ['/etc/hello.conf'],
  scripts: { postinst: '#!/bin/sh\n' },
};
const OTHER: TestPackage = { name: 'other', version: '3', files: { '/usr/share/other': 'other' } };

async function bench() {
  const place = await testStore();
  const { store } = place;
  const digests: string[] = [];
  for (const one of [HELLO, OTHER]) {
    const { digest } = await store.blobs.putBytes(buildDeb({ ...one, compression: 'xz' }).bytes);
    digests.push(digest);
  }
  let made = 0;
  /** Opened in a folder of its own, as each composing does. */
  const opened = async () => {
    const folder = join(place.root, '..', `opened-${(made += 1)}`);
    mkdirSync(folder);
    const open = openContents(store, () => Promise.resolve(folder));
    const signal = new AbortController().signal;
    const debs = await openDebs(digests, { store, folder, open, signal });
    return { ...debs, unpacked: () => readdirSync(folder).length };
  };
  return { ...place, digests, opened };
}

function fileOf({ debs }: OpenedDebs, path: string): FileEntry {
  const found = debs.flatMap(({ layer }) => layer.entries).find((entry) => entry.path === path);
  if (found?.type !== 'file') throw new Error(`no file ${path}`);
  return found;
}

async function text(content: ReturnType<OpenedDebs['open']>): Promise<string> {
  return Buffer.from(content instanceof Uint8Array ? content : await collect(content)).toString();
}

test('a package that was read before is the same, and is not unpacked', async () => {
  await using place = await bench();
  const [first, second] = [await place.opened(), await place.opened()];
  expect([first.unpacked(), second.unpacked()]).toEqual([2, 0]);
  await second.unpack(second.debs.flatMap(({ layer }) => layer.entries));
  for (const [index, deb] of first.debs.entries()) {
    const again = second.debs[index] as typeof deb;
    expect(contentLines(again.layer)).toEqual(contentLines(deb.layer));
    const { layer: _layer, control: _control, ...facts } = deb;
    expect(again).toMatchObject(facts);
    expect(again.control.get('Depends')).toBe(deb.control.get('Depends'));
  }
});

test('it is unpacked when something of it is opened, and no other is', async () => {
  await using place = await bench();
  await place.opened();
  const again = await place.opened();
  const files = ['etc/hello.conf', 'usr/bin/hello', 'usr/bin/too'].map((path) => fileOf(again, path));
  expect(await Promise.all(files.map((file) => text(again.open(file))))).toEqual(['greeting=hi\n', BIG, BIG]);
  expect(again.unpacked()).toBe(1);
  const { content } = fileOf(again, 'etc/hello.conf');
  expect(content.kind === 'file' && again.origins.get(content.path)).toBe(place.digests[0]);
});

test('a package that is damaged in the store is an error', async () => {
  await using place = await bench();
  await place.opened();
  const { bytes } = buildDeb({ ...HELLO, compression: 'xz' });
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(place.store.blobs.path(place.digests[0] as string), bytes);
  const again = await place.opened();
  await again.unpackAhead(again.debs[0]?.layer.entries ?? []);
  await again.settled();
  await expect(again.unpack(again.debs[0]?.layer.entries ?? [])).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
  });
});

test('a record of another version is read anew', async () => {
  await using place = await bench();
  await place.opened();
  for (const digest of place.digests) await place.store.cache.put('deb-entries', digest, { version: 0 });
  expect((await place.opened()).unpacked()).toBe(2);
  expect((await place.opened()).unpacked()).toBe(0);
});

test('what was looked at before needs no package unpacked', async () => {
  await using place = await bench();
  const first = await place.opened();
  const seen = seenContents(place.store, first.origins, first.open);
  const library = { soname: 'libhello.so.1', flags: 3, littleEndian: true };
  const conf = 'etc/hello.conf';
  seen.libraries.set(fileOf(first, 'usr/bin/hello').content, library);
  expect(await text(seen.open(fileOf(first, conf)))).toBe('greeting=hi\n');
  await seen.keep();

  const second = await place.opened();
  const again = seenContents(place.store, second.origins, second.open);
  expect(again.libraries.get(fileOf(second, 'usr/bin/hello').content)).toEqual(library);
  expect(again.libraries.get(fileOf(second, conf).content)).toBeUndefined();
  expect(await text(again.open(fileOf(second, conf)))).toBe('greeting=hi\n');
  expect(second.unpacked()).toBe(0);
  expect(await text(again.open(fileOf(second, 'usr/share/other')))).toBe('other');
  expect(second.unpacked()).toBe(1);
});

test('what was begun ahead is there when it is asked for, and a library is not remembered as a file', async () => {
  await using place = await bench();
  await place.opened();
  const again = await place.opened();
  await again.unpackAhead(again.debs.flatMap(({ layer }) => layer.entries));
  expect(await text(again.open(fileOf(again, 'usr/bin/hello')))).toBe(BIG);
  await again.settled();
  expect(again.unpacked()).toBe(2);

  const elf = Buffer.concat([Buffer.from([0x7f]), Buffer.from('ELF and more')]);
  const seen = seenContents(place.store, again.origins, () => elf);
  expect(await text(seen.open(fileOf(again, 'etc/hello.conf')))).toBe(elf.toString());
  await seen.keep();
  const later = seenContents(place.store, again.origins, again.open);
  expect(await text(later.open(fileOf(again, 'etc/hello.conf')))).toBe('greeting=hi\n');
});
