import { expect, test } from 'vitest';
import type { Deb } from '../debian/deb/deb.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import { testStore } from '../store/testing.ts';
import type { Level } from './levels.ts';
import { packedLevels } from './packed-levels.ts';

const deb = (name: string): Deb => ({ name }) as Deb;
const [LIBC, SSL, PYTHON, BUSYBOX] = [deb('libc6'), deb('libssl3'), deb('python3'), deb('busybox-static')];
const DIGESTS = new Map([LIBC, SSL, PYTHON, BUSYBOX].map((one) => [one, `sha256:${one.name}`]));

function level(name: string, debs: readonly Deb[], leaveOut: readonly string[] = []): Level {
  return { recipe: { name, leaveOut } as unknown as Level['recipe'], debs };
}

const BASE = level('base', [LIBC, SSL]);
const UPPER = level('python3', [LIBC, SSL, PYTHON]);

async function bench() {
  const place = await testStore();
  const { digest, size } = await place.store.blobs.putBytes(Buffer.from('a layer'));
  const packed = { descriptor: { mediaType: '', digest, size }, diffId: digest } as LayerDescriptor;
  return {
    ...place,
    layers: [packed],
    of: (levels: readonly Level[], settings: readonly unknown[] = []) =>
      packedLevels(place.store, levels, DIGESTS, settings),
  };
}

const names = (debs: readonly Deb[]): readonly string[] => debs.map(({ name }) => name);

test('of a base that was never packed all packages are wanted', async () => {
  await using place = await bench();
  expect(names(place.of([BASE, UPPER]).unpacked())).toEqual(['libc6', 'libssl3', 'python3']);
});

test('of one that was packed none is, and of one that stands on it what it adds', async () => {
  await using place = await bench();
  await place.of([BASE, UPPER]).keep(place.layers);
  expect(place.of([BASE, UPPER]).unpacked()).toEqual([]);
  expect(place.of([BASE]).unpacked()).toEqual([]);
  const debug = level('python3', [LIBC, SSL, PYTHON, BUSYBOX]);
  expect(names(place.of([BASE, UPPER, debug]).unpacked())).toEqual(['busybox-static']);
});

test('layers that hold less, or that are of another time, are others', async () => {
  await using place = await bench();
  await place.of([BASE], [1]).keep(place.layers);
  expect(names(place.of([BASE], [2]).unpacked())).toEqual(['libc6', 'libssl3']);
  const lean = level('base', [LIBC, SSL], ['/usr/share/doc']);
  expect(names(place.of([lean], [1]).unpacked())).toEqual(['libc6', 'libssl3']);
});

test('layers that are gone are wanted again', async () => {
  await using place = await bench();
  await place
    .of([BASE])
    .keep([{ ...place.layers[0], descriptor: { digest: `sha256:${'0'.repeat(64)}` } } as LayerDescriptor]);
  expect(names(place.of([BASE]).unpacked())).toEqual(['libc6', 'libssl3']);
});
