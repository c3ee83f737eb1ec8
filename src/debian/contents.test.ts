import { describe, expect, test } from 'vitest';
import { collect, streamOf } from '../codec/stream.ts';
import { testStore } from '../store/testing.ts';
import { openArchive } from './archive.ts';
import { buildContents } from './contents-build.ts';
import { serveArchive, TEST_NOW } from './testing/archive.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/libhello.so.1';
const PACKAGES = [
  { name: 'libhello1', version: '1', files: { [LIBRARY]: 'elf', '/usr/share/doc/libhello1/copyright': '' } },
  { name: 'libhello1-small', version: '1', files: { [LIBRARY]: 'elf' } },
  { name: 'hello', version: '1', files: { '/usr/bin/hello': 'elf' } },
];

/** A served archive, a store, and which packages have `fileName`. */
async function place(contents = true) {
  const served = await serveArchive({
    suites: { stable: { packages: PACKAGES, contents }, security: { packages: [], contents } },
  });
  const stored = await testStore();
  const owners = async (fileName: string, options: { readonly offline?: boolean } = {}) => {
    const archive = await openArchive({
      store: stored.store,
      sources: served.sources(),
      architecture: 'amd64',
      now: TEST_NOW,
      retryDelay: 1,
      environment: {},
      ...options,
    });
    try {
      return (await archive.contents()).named(fileName);
    } finally {
      await archive.close();
    }
  };
  return {
    served,
    owners,
    [Symbol.asyncDispose]: async () => {
      await served.close();
      await stored[Symbol.asyncDispose]();
    },
  };
}

describe('what package has a file', () => {
  test('is found by the name of the file', async () => {
    await using here = await place();
    expect(await here.owners('libhello.so.1')).toEqual([
      { path: LIBRARY.slice(1), packages: ['libhello1', 'libhello1-small'] },
    ]);
    expect(await here.owners('hello')).toEqual([{ path: 'usr/bin/hello', packages: ['hello'] }]);
    expect(await here.owners('copyright')).toEqual([]);
  });

  test('is fetched once', async () => {
    await using here = await place();
    await here.owners('hello');
    await here.owners('hello');
    await here.owners('hello', { offline: true });
    expect(here.served.requests.filter(({ path }) => path.includes('Contents'))).toHaveLength(1);
  });

  test('is not known where an archive does not say', async () => {
    await using here = await place(false);
    expect(await here.owners('hello')).toEqual([]);
  });

  test('is not believed where it is not what was signed', async () => {
    await using here = await place();
    const path = 'dists/stable/main/Contents-amd64.gz';
    here.served.files.set(
      path,
      Buffer.concat([here.served.files.get(path) ?? Buffer.alloc(0), Buffer.from('x')]),
    );
    await expect(here.owners('hello')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('is not fetched where nothing may be', async () => {
    await using here = await place();
    const known = /is not in the store, and nothing may be fetched/;
    await expect(here.owners('hello', { offline: true })).rejects.toThrow(known);
  });
});

describe('the compact form', () => {
  const compact = async (...chunks: readonly string[]): Promise<readonly string[]> => {
    const built = await collect(
      buildContents(streamOf(...chunks.map((one) => Buffer.from(one))), 'Contents'),
    );
    return built.toString().split('\n').slice(1, -1);
  };

  test.each([
    ['lib/x86_64-linux-gnu/libc.so.6      libs/libc6', 'lib/x86_64-linux-gnu/libc.so.6\tlibc6'],
    ['lib64/ld-linux-x86-64.so.2  libs/libc6', 'lib64/ld-linux-x86-64.so.2\tlibc6'],
    [
      'usr/lib/x86_64-linux-gnu/blas/libblas.so.3 libs/a,contrib/math/b',
      'usr/lib/x86_64-linux-gnu/blas/libblas.so.3\ta,b',
    ],
    ['bin/sh  shells/dash', 'bin/sh\tdash'],
    ['usr/sbin/nginx\thttpd/nginx', 'usr/sbin/nginx\tnginx'],
    ['usr/lib/python3/dist-packages/x.cpython-311-x86_64-linux-gnu.so python/x', undefined],
    ['usr/share/doc/libc6/copyright  libs/libc6', undefined],
    ['usr/lib/debug/bin/readme  debug/x', undefined],
    ['FILE                    LOCATION', undefined],
  ])('of %s', async (line, kept) => {
    expect(await compact(`${line}\n`)).toEqual(kept === undefined ? [] : [kept]);
  });

  test('does not depend on how the bytes come', async () => {
    const text = 'usr/bin/a  x/a\nusr/bin/b  x/b\nusr/bin/c  x/c';
    expect(await compact(...text.split(/(?<=.)/))).toEqual(await compact(text));
    expect(await compact(text)).toHaveLength(3);
  });

  test('is not made of a line without an end', async () => {
    await expect(compact('x'.repeat(100_000))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});
