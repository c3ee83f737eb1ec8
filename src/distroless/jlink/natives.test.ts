import { expect, test } from 'vitest';
import { elfFile } from '../../codec/testing-elf.ts';
import type { Entry } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { bytesOf, file, link } from '../../tree/testing.ts';
import { loadable } from './natives.ts';

const HOME = 'usr/lib/jvm/java/lib';

function library(name: string, ...needed: readonly string[]): Entry {
  return file(`${HOME}/${name}`, elfFile({ soname: name, needed }));
}

async function kept(runtime: readonly Entry[], present: readonly Entry[]): Promise<readonly string[]> {
  const read = (entry: Parameters<typeof bytesOf>[0]) => Promise.resolve(bytesOf(entry));
  const { entries } = await loadable(makeLayer(runtime), makeLayer(present), read);
  return entries.map(({ path }) => path.slice(HOME.length + 1));
}

test('libraries whose own are in the image, or in the runtime, stay', async () => {
  const runtime = [library('libjvm.so', 'libc.so.6'), library('libnet.so', 'libjvm.so', 'libc.so.6')];
  expect(await kept(runtime, [link('usr/lib/libc.so.6', 'libc-2.so')])).toEqual(['libjvm.so', 'libnet.so']);
});

test('one that needs what is not there is left out, and so is what needs that', async () => {
  const runtime = [
    library('libawt.so'),
    library('libfontmanager.so', 'libfreetype.so.6', 'libawt.so'),
    library('libsplash.so', 'libfontmanager.so'),
    file(`${HOME}/modules`, 'no library'),
    file(`${HOME}/odd.so`, 'no library either'),
  ];
  expect(await kept(runtime, [])).toEqual(['libawt.so', 'modules', 'odd.so']);
  expect(await kept(runtime, [file('usr/lib/libfreetype.so.6')])).toHaveLength(5);
});
