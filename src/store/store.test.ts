import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { sha256 } from '../codec/digest.ts';
import { openStore } from './store.ts';
import { chunks, putImage, testStore } from './testing.ts';

const DAY = 24 * 60 * 60 * 1000;
const bytes = (text: string): Buffer => Buffer.from(text);

describe('opening', () => {
  test('writes nothing until something is stored', async () => {
    await using place = await testStore();
    expect(await place.store.images.list()).toEqual([]);
    expect(place.store.cache.getSync('step', 'a')).toBeUndefined();
    expect(existsSync(place.root)).toBe(false);
  });

  test('makes an OCI image layout with the private parts beside it', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['app'], descriptor);
    expect(readdirSync(place.root).sort()).toEqual([
      'blobs',
      'builds',
      'cache',
      'index.json',
      'layers',
      'locks',
      'mounts',
      'oci-layout',
      'origins',
      'pipes',
      'tmp',
      'version',
    ]);
    expect(JSON.parse(readFileSync(join(place.root, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    });
    expect(statSync(place.root).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['a newer format', '2\n', 'STORE_VERSION'],
    ['something else', 'hello\n', 'STORE_DAMAGED'],
  ])('refuses a store whose version file has %s', async (_what, text, code) => {
    await using place = await testStore();
    mkdirSync(place.root);
    writeFileSync(join(place.root, 'version'), text);
    await expect(openStore(place.root)).rejects.toMatchObject({ code });
  });

  test('does not spread out in a folder that holds other things', async () => {
    await using place = await testStore();
    mkdirSync(place.root);
    writeFileSync(join(place.root, 'thesis.tex'), '');
    await expect(place.store.blobs.putBytes(bytes('x'))).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      message: expect.stringContaining('thesis.tex') as string,
    });
    expect(readdirSync(place.root)).toEqual(['thesis.tex']);
  });

  test('says what to do when the folder cannot be made', async () => {
    await using place = await testStore();
    writeFileSync(place.root, 'a file');
    await expect(place.store.blobs.putBytes(bytes('x'))).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      hint: expect.stringContaining('DECANT_HOME') as string,
    });
  });

  test('completes what was interrupted while it was made', async () => {
    await using place = await testStore();
    mkdirSync(join(place.root, 'blobs'), { recursive: true });
    await place.store.blobs.putBytes(bytes('x'));
    expect(existsSync(join(place.root, 'version'))).toBe(true);
  });
});

describe('blobs', () => {
  test('are stored by digest and read back', async () => {
    await using place = await testStore();
    const { blobs } = place.store;
    const big = Buffer.alloc(700_000, 'large chunk');
    const whole = Buffer.concat([bytes('head'), big, bytes('tail')]);
    const info = await blobs.put(chunks(bytes('head'), big, bytes('tail')));
    expect(info).toEqual({ digest: sha256(whole), size: whole.length });
    expect(readFileSync(blobs.path(info.digest)).equals(whole)).toBe(true);
    const parts: Uint8Array[] = [];
    for await (const part of blobs.read(info.digest)) parts.push(part);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    const copies: Uint8Array[] = [];
    for await (const part of blobs.read(info.digest, { reusesChunks: true })) copies.push(Buffer.from(part));
    expect(Buffer.concat(copies).equals(whole)).toBe(true);
    expect(statSync(blobs.path(info.digest)).mode & 0o777).toBe(0o644);
  });

  test.each([
    ['another digest', { digest: sha256('other') }],
    ['fewer bytes', { size: 4 }],
    ['more bytes', { size: 6 }],
  ])('are refused when they have %s', async (_what, expected) => {
    await using place = await testStore();
    await expect(place.store.blobs.put(chunks(bytes('hello')), expected)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(readdirSync(join(place.root, 'blobs/sha256'))).toEqual([]);
    expect(leftInTmp(place.root)).toEqual([]);
  });

  test('leave nothing behind when the source fails', async () => {
    await using place = await testStore();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytes('some');
      throw new Error('the network is gone');
    }
    await expect(place.store.blobs.put(failing())).rejects.toThrow('the network is gone');
    expect(leftInTmp(place.root)).toEqual([]);
  });

  test('are verified when read', async () => {
    await using place = await testStore();
    const { blobs } = place.store;
    const { digest } = await blobs.putBytes(bytes('{"a":1}'));
    writeFileSync(blobs.path(digest), '{"a":2}');
    await expect(blobs.readJson(digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    const read = async (): Promise<void> => {
      for await (const part of blobs.read(digest)) expect(part).toBeUndefined();
    };
    await expect(read()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    // Storing the right bytes again mends it.
    await blobs.putBytes(bytes('{"a":1}'));
    expect(await blobs.readJson(digest)).toEqual({ a: 1 });
  });

  test('that are missing are named', async () => {
    await using place = await testStore();
    await expect(place.store.blobs.readJson(sha256('x'))).rejects.toMatchObject({
      code: 'IMAGE_DAMAGED',
      message: expect.stringContaining(sha256('x')) as string,
    });
  });

  test.each(['sha256:../../etc/passwd', 'sha256:ABC', 'md5:d41d8cd98f00b204e9800998ecf8427e', ''])(
    'never become a path by a digest like %j',
    async (digest) => {
      await using place = await testStore();
      expect(() => place.store.blobs.path(digest)).toThrow('not a sha256 digest');
    },
  );
});

describe('images', () => {
  test('are found by name, digest, id and the beginning of either', async () => {
    await using place = await testStore();
    const { images } = place.store;
    const { descriptor } = await putImage(place.store, 'one');
    await images.tag(['debian:bookworm', 'localhost:5000/me/app'], descriptor);
    const { id } = await images.load(await images.get('debian:bookworm'));
    for (const text of [
      'debian:bookworm',
      'docker.io/library/debian:bookworm',
      'localhost:5000/me/app',
      'localhost:5000/me/app:latest',
      descriptor.digest,
      descriptor.digest.slice(7),
      descriptor.digest.slice(7, 19),
      id,
      id.slice(7, 19),
      `debian@${descriptor.digest}`,
    ]) {
      expect((await images.find(text))?.names, text).toEqual([
        'debian:bookworm',
        'localhost:5000/me/app:latest',
      ]);
    }
    for (const text of ['debian', 'debian:trixie', 'abc', 'Not A Name', sha256('x')]) {
      expect(await images.find(text), text).toBeUndefined();
    }
    await expect(images.get('debian')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
  });

  test('lose a name to the image that takes it', async () => {
    await using place = await testStore();
    const { images } = place.store;
    const one = await putImage(place.store, 'one');
    const two = await putImage(place.store, 'two');
    await images.tag(['a', 'b'], one.descriptor);
    await images.tag(['b'], two.descriptor);
    expect((await images.list()).map(({ names, descriptor }) => [names, descriptor.digest])).toEqual([
      [['a:latest'], one.descriptor.digest],
      [['b:latest'], two.descriptor.digest],
    ]);
  });

  test('may have no name until they get one', async () => {
    await using place = await testStore();
    const { images } = place.store;
    const { descriptor } = await putImage(place.store, 'one');
    await images.tag([], descriptor);
    await images.tag([], descriptor);
    expect(await images.list()).toMatchObject([{ names: [] }]);
    await images.tag(['a'], descriptor);
    await images.tag([], descriptor);
    expect(await images.list()).toMatchObject([{ names: ['a:latest'] }]);
    expect(await images.untag('a')).toBe(true);
    expect(await images.untag('a')).toBe(false);
    expect(await images.list()).toEqual([]);
  });

  test('named as before leave index.json alone', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['a'], descriptor);
    const before = statSync(join(place.root, 'index.json')).ino;
    await place.store.images.tag(['a'], descriptor);
    expect(statSync(join(place.root, 'index.json')).ino).toBe(before);
  });

  test('are listed under both annotations other tools look for', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['debian:bookworm'], descriptor);
    expect(readFileSync(join(place.root, 'index.json'), 'utf8')).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` +
        `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${descriptor.digest}","size":${descriptor.size},` +
        `"annotations":{"io.containerd.image.name":"docker.io/library/debian:bookworm","org.opencontainers.image.ref.name":"debian:bookworm"},` +
        `"platform":{"architecture":"amd64","os":"linux"}}]}`,
    );
  });

  test('with an invalid name change nothing', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await expect(place.store.images.tag(['good', 'Bad'], descriptor)).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
    expect(await place.store.images.list()).toEqual([]);
  });

  test.each(['', '{', '[]', '{"schemaVersion":2,"manifests":[{"digest":"../x","size":1,"mediaType":"a"}]}'])(
    'in an index.json like %j: damaged, with a hint',
    async (text) => {
      await using place = await testStore();
      const { descriptor } = await putImage(place.store, 'one');
      writeFileSync(join(place.root, 'index.json'), text);
      const error = { code: 'STORE_DAMAGED', hint: expect.stringContaining('move it away') as string };
      await expect(place.store.images.list()).rejects.toMatchObject(error);
      await expect(place.store.images.tag(['a'], descriptor)).rejects.toMatchObject(error);
      expect(readFileSync(join(place.root, 'index.json'), 'utf8')).toBe(text);
    },
  );

  test('for another platform are not mistaken for this one', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['a'], descriptor);
    const image = await place.store.images.get('a');
    await expect(
      place.store.images.load(image, { os: 'linux', architecture: 's390x' }),
    ).rejects.toMatchObject({
      code: 'IMAGE_PLATFORM',
      hint: 'it is there for linux/amd64',
    });
  });
});

describe('build records', () => {
  test('come back by kind and key', async () => {
    await using place = await testStore();
    const { cache } = place.store;
    await cache.put('step', 'key', { layer: 'abc' }, { layers: ['abc'] });
    expect(await cache.get('step', 'key')).toEqual({ layer: 'abc' });
    expect(cache.getSync('step', 'key')).toEqual({ layer: 'abc' });
    expect(cache.getSync('other', 'key')).toBeUndefined();
    expect(cache.getSync('step', 'other')).toBeUndefined();
    expect((await place.again()).cache.getSync('step', 'key')).toEqual({ layer: 'abc' });
  });

  test('are bytes where JSON would be too large', async () => {
    await using place = await testStore();
    const { cache } = place.store;
    await cache.putBytes('rows', 'key', [Buffer.from('a\nb'), Buffer.of(0, 255, 10)]);
    expect(cache.getBytes('rows', 'key')).toEqual(Buffer.from('a\nb\0\xff\n', 'latin1'));
    expect(cache.getSync('rows', 'key')).toBeNull();
    await cache.putBytes('rows', 'none', []);
    expect(cache.getBytes('rows', 'none')).toEqual(Buffer.alloc(0));
    await cache.put('rows', 'value', 1);
    expect(cache.getBytes('rows', 'value')).toBeUndefined();
    expect(new Set([...cache.entries()].map(({ record }) => record?.key))).toEqual(
      new Set(['key', 'none', 'value']),
    );
    expect(cache.damaged()).toBe(0);
  });

  test('are misses when torn anywhere, or when any byte is wrong', async () => {
    await using place = await testStore();
    const { cache } = place.store;
    await cache.put('step', 'key', 'value');
    const [entry] = [...cache.entries()];
    const path = entry?.path ?? '';
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      expect(cache.getSync('step', 'key')).toBeUndefined();
    }
    for (let at = 0; at < whole.length; at += 1) {
      const wrong = Buffer.from(whole);
      wrong[at] = (wrong[at] ?? 0) ^ 0x20;
      writeFileSync(path, wrong);
      // The one byte that no one looks at is the newline after the checksum.
      expect(cache.getSync('step', 'key')).toBe(at === 64 ? 'value' : undefined);
    }
    rmSync(path);
    mkdirSync(path);
    expect(cache.getSync('step', 'key')).toBeUndefined();
  });

  test('remember when they were last used, to the hour', async () => {
    await using place = await testStore();
    const { cache } = place.store;
    await cache.put('step', 'key', 1);
    const path = [...cache.entries()][0]?.path ?? '';
    const minutes = (ago: number): void => utimesSync(path, Date.now() / 1000, Date.now() / 1000 - ago * 60);
    minutes(30);
    const before = statSync(path).mtimeMs;
    cache.getSync('step', 'key');
    expect(statSync(path).mtimeMs).toBe(before);
    minutes(90);
    cache.getSync('step', 'key');
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
  });
});

describe('layers', () => {
  test('appear whole, and the faster of two stays', async () => {
    await using place = await testStore();
    const { layers } = place.store;
    const first = await layers.create();
    const second = await layers.create();
    writeFileSync(join(first.path, 'fs', 'a'), '1');
    writeFileSync(join(first.path, 'index'), 'index of 1');
    writeFileSync(join(second.path, 'fs', 'a'), '2');
    expect(layers.has('abc')).toBe(false);
    await first.publish('abc');
    await second.publish('abc');
    expect(readFileSync(join(layers.path('abc'), 'fs/a'), 'utf8')).toBe('1');
    expect((await layers.readIndex('abc'))?.toString()).toBe('index of 1');
    expect(await layers.readIndex('none')).toBeUndefined();
    expect(leftInTmp(place.root)).toEqual([]);
  });

  test('are removed though they hold closed directories, odd names, deep paths and links that lead out', async () => {
    await using place = await testStore();
    const { layers } = place.store;
    const outside = join(place.root, '..', 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), '');
    const slot = await layers.create();
    const fs = join(slot.path, 'fs');
    symlinkSync(outside, join(fs, 'link'));
    writeFileSync(Buffer.concat([Buffer.from(`${fs}/`), Buffer.from([0xff, 0x0a])]), '');
    mkdirSync(join(fs, 'closed/inner'), { recursive: true });
    writeFileSync(join(fs, 'closed/inner/file'), '');
    chmodSync(join(fs, 'closed/inner'), 0o000);
    chmodSync(join(fs, 'closed'), 0o555);
    // Deeper than one path name may be: grown at the top, by moving what is there below a new folder.
    const name = 'd'.repeat(200);
    mkdirSync(join(fs, name));
    for (let depth = 0; depth < 40; depth += 1) {
      mkdirSync(join(fs, 'new'));
      renameSync(join(fs, name), join(fs, 'new', name));
      renameSync(join(fs, 'new'), join(fs, name));
    }
    await slot.publish('abc');
    expect(await layers.remove('abc')).toBe(true);
    expect(await layers.remove('abc')).toBe(false);
    expect(leftInTmp(place.root)).toEqual([]);
    expect(existsSync(join(outside, 'kept'))).toBe(true);
  });

  test.each(['', '..', '.', 'a/b', 'a b', '-x', 'a'.repeat(17)])('never have an id like %j', async (id) => {
    await using place = await testStore();
    expect(() => place.store.layers.path(id)).toThrow(TypeError);
  });
});

describe('pruning', () => {
  test('keeps what images and recent records refer to, and reports the rest', async () => {
    await using place = await testStore();
    const { store } = place;
    const named = await putImage(store, 'named');
    const nameless = await putImage(store, 'nameless');
    await store.images.tag(['a'], named.descriptor);
    await store.images.tag([], nameless.descriptor);
    const recorded = await store.blobs.putBytes(bytes('recorded'));
    const garbage = await store.blobs.putBytes(bytes('garbage'));
    for (const id of ['used', 'unused', 'old']) await (await store.layers.create()).publish(id);
    await store.cache.put('step', 'recent', 1, { blobs: [recorded.digest], layers: ['used'] });
    await store.cache.put('step', 'old', 1, { layers: ['old'] });
    await store.cache.put('step', 'dangling', 1, { layers: ['gone'] });
    const old = [...store.cache.entries()].find(({ record }) => record?.key === 'old');
    utimesSync(old?.path ?? '', 1, Date.now() / 1000 - 8 * 24 * 60 * 60);

    const report = await store.prune();
    expect(report).toMatchObject({
      images: 1,
      blobs: { count: 4 },
      layers: { count: 2 },
      cache: { count: 2 },
    });
    expect(report.freedBytes).toBeGreaterThan(2000);
    expect(store.blobs.has(recorded.digest)).toBe(true);
    expect(store.blobs.has(garbage.digest)).toBe(false);
    expect(store.layers.list()).toEqual(['used']);
    expect((await store.images.list()).map(({ names }) => names)).toEqual([['a:latest']]);
    await store.images.load(await store.images.get('a'), { os: 'linux', architecture: 'amd64' });

    expect(await store.prune({ olderThan: 8 * DAY })).toMatchObject({ freedBytes: 0 });
    expect(await store.prune({ all: true })).toMatchObject({
      images: 0,
      cache: { count: 1 },
      blobs: { count: 1 },
    });
    expect((await store.usage()).layers.count).toBe(0);
  });

  test('does not run while the store is in use, nor is it used while it runs', async () => {
    await using place = await testStore();
    const release = await place.store.use();
    await expect((await place.again()).prune()).rejects.toMatchObject({ code: 'STORE_BUSY' });
    const waiting = place.store.prune({ timeout: 10_000 });
    setTimeout(release, 50);
    await waiting;
    const exclusive = await place.store.locks.exclusive();
    await expect(place.store.use({ timeout: 20 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    exclusive();
    (await place.store.use())();
  });

  test('removes nothing when an image cannot be read, and says which', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    const { digest } = await place.store.blobs.putBytes(bytes('garbage'));
    await place.store.images.tag(['a'], descriptor);
    writeFileSync(place.store.blobs.path(descriptor.digest), '{}');
    await expect(place.store.prune()).rejects.toMatchObject({
      code: 'IMAGE_DAMAGED',
      hint: `remove it first: decant rmi ${descriptor.digest}`,
    });
    expect(place.store.blobs.has(digest)).toBe(true);
    expect(await place.store.removeImage(descriptor.digest)).toMatchObject({ untagged: ['a:latest'] });
    await place.store.prune();
    expect(readdirSync(join(place.root, 'blobs/sha256'))).toEqual([]);
  });

  test('an image goes with its last name, and its blobs with it', async () => {
    await using place = await testStore();
    const { store } = place;
    const { descriptor } = await putImage(store, 'one');
    await store.images.tag(['a', 'b'], descriptor);
    expect(await store.removeImage('a')).toEqual({ untagged: ['a:latest'], freedBytes: 0 });
    const report = await store.removeImage('b');
    expect(report).toMatchObject({ untagged: ['b:latest'], deleted: descriptor.digest });
    expect(report.freedBytes).toBeGreaterThan(1024);
    expect(readdirSync(join(place.root, 'blobs/sha256'))).toEqual([]);
    await expect(store.removeImage('b')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
  });
});

/** What is in temporary folders of any process. */
function leftInTmp(root: string): readonly string[] {
  const tmp = join(root, 'tmp');
  return readdirSync(tmp).flatMap((owner) => readdirSync(join(tmp, owner)));
}
