/**
 * What the bases of the catalogue hold, composed from the archive that the host's apt is set up for: nothing that a
 * running program does not need, and everything that it does; every family, variant, release and architecture. Sizes
 * are those of the packed layers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readElf } from '../../src/codec/elf.ts';
import { FAMILIES } from '../../src/distroless/catalogue/families.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';
import type { Base } from './bases/composed.ts';
import { basesWorkbench, checkStructure, compose, missingLibraries } from './bases/composed.ts';

let bench: Workbench;
const sizes: Record<string, number> = {};
beforeAll(() => {
  bench = basesWorkbench();
});
afterAll(() => {
  for (const [name, size] of Object.entries(sizes)) console.info(`${name}: ${(size / 1e6).toFixed(2)} MB`);
  bench.remove();
});

const ALL = FAMILIES.flatMap(({ name, suites }) =>
  suites.flatMap((suite) => ['amd64', 'arm64'].map((architecture) => [name, suite, architecture] as const)),
);

/** MB that the same packages take as one gzip layer each, as the public project makes them; a bound of ours for jlink. */
const LARGEST: Readonly<Record<string, number>> = {
  'static-debian13': 0.85,
  'base-nossl-debian13': 5.93,
  'base-debian13': 9.49,
  'cc-debian13': 10.7,
  'python3-debian13': 22.6,
  'java-base-debian13': 11,
  'base-nossl-debian12': 5.66,
  'base-debian12': 8.17,
  'cc-debian12': 9.19,
  'static-debian12': 0.71,
  'java17-jlink-debian12': 35,
  'java21-jlink-debian13': 40,
  'java25-jlink-debian13': 40,
  'base-debian13:lean': 9.49 * 0.75,
  'cc-debian13:lean': 10.7 * 0.75,
  'python3-debian13:lean': 22.6 * 0.75,
};

const MACHINES: Readonly<Record<string, readonly [string, number]>> = {
  amd64: ['x86_64-linux-gnu', 62],
  arm64: ['aarch64-linux-gnu', 183],
};

function digestsOf({ layers }: Base): readonly string[] {
  return layers.map(({ digest }) => digest);
}

function pathOf({ image }: Base): string {
  return image.config.Env.find((line) => line.startsWith('PATH=')) ?? '';
}

describe.each(ALL)('%s on Debian %s for %s', (family, suite, architecture) => {
  const name = `${family}-debian${suite}`;
  const variant = (tag: string, ...flags: readonly string[]): Promise<Base> =>
    compose(bench, `${name}:${tag}`, '--platform', `linux/${architecture}`, ...flags);
  /** Of packages that `latest` and `debug` have brought. */
  const again = (tag: string): Promise<Base> => variant(tag, '--offline');
  const measure = (tag: string, { packedSize }: Base): void => {
    sizes[`${name}:${tag} ${architecture}`] = packedSize;
    const largest = LARGEST[tag === 'latest' ? name : `${name}:${tag}`] ?? 100;
    if (architecture === 'amd64') expect(packedSize).toBeLessThanOrEqual(largest * 1e6);
  };
  let latest: Base;

  test('holds what it should, and nothing else', async () => {
    latest = await variant('latest');
    checkStructure(latest, suite);
    expect(missingLibraries(latest)).toEqual([]);
    expect(latest.image).toMatchObject({ architecture, config: { User: '0', WorkingDir: '/' } });
    const [folder, machine] = MACHINES[architecture] ?? ['', 0];
    const libc = latest.files().get(`usr/lib/${folder}/libc.so.6`);
    expect(libc ? readElf(libc.content)?.machine : family).toBe(libc ? machine : 'static');
    expect(latest.image.config.Env.some((line) => /^JAVA_VERSION=\d+\.\d/.test(line))).toBe(
      /^java\d/.test(family),
    );
    measure('latest', latest);
  });

  test('as nonroot is the same for another user', async () => {
    const nonroot = await again('nonroot');
    expect(digestsOf(nonroot)).toEqual(digestsOf(latest));
    expect(nonroot.image.config).toEqual({
      ...latest.image.config,
      User: '65532',
      WorkingDir: '/home/nonroot',
    });
  });

  test('as debug has a busybox besides, in one place', async () => {
    const [debug, nonroot] = [await variant('debug'), await again('debug-nonroot')];
    checkStructure(debug, suite);
    expect(missingLibraries(debug)).toEqual([]);
    expect(digestsOf(debug).slice(0, -1)).toEqual(digestsOf(latest));
    expect(debug.image.config.Entrypoint).toEqual(['/busybox/sh']);
    expect(pathOf(debug)).toBe(`${pathOf(latest)}:/busybox`);
    const files = debug.files();
    expect(['busybox/ls', 'busybox/wget', 'usr/bin/sh'].map((path) => files.has(path))).toEqual([
      true,
      true,
      false,
    ]);
    expect(digestsOf(nonroot)).toEqual(digestsOf(debug));
    expect(nonroot.image.config).toMatchObject({ User: '65532', WorkingDir: '/home/nonroot' });
  });

  test('as lean has less, and what it needs', async () => {
    const [lean, nonroot] = [await again('lean'), await again('lean-nonroot')];
    checkStructure(lean, suite);
    expect(missingLibraries(lean)).toEqual([]);
    const paths = [...lean.files().keys()];
    const converters = paths.filter((path) => /\/gconv\/[^/]+\.so$/.test(path));
    expect(converters).toHaveLength(family === 'static' ? 0 : 8);
    const unread = /^usr\/share\/doc\/[^/]+\/(?!copyright$)|^usr\/share\/locale\/|ensurepip|bin\/ldconfig/;
    expect(paths.filter((path) => unread.test(path))).toEqual([]);
    expect(lean.packedSize).toBeLessThan(latest.packedSize);
    measure('lean', lean);
    expect(digestsOf(nonroot)).toEqual(digestsOf(lean));
    expect(nonroot.image.config).toMatchObject({ User: '65532', WorkingDir: '/home/nonroot' });
  });
});

test('made again, from a lock, elsewhere, it is the same', async () => {
  const first = await compose(bench, 'cc-debian12');
  const lock = bench.path('cc.lock');
  await bench.need(['base', 'lock', 'cc-debian12', '-o', lock]);
  const again = await compose(bench, 'cc-debian12', '--lock', lock);
  const other = createWorkbench();
  try {
    const variables = { TZ: 'Asia/Kathmandu', LC_ALL: 'C' };
    const elsewhere = await other.json<Base>(['base', 'build', 'cc-debian12'], { variables });
    expect([again.digest, elsewhere.digest]).toEqual([first.digest, first.digest]);
  } finally {
    other.remove();
  }
});
