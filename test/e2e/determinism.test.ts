/**
 * The same input gives the same image, bit for bit, on every build. Each case changes something that must not matter;
 * all are compared with one and the same image. Steps write what depends on nothing, as a program of any other kind
 * would not be the builder's to promise.
 */
import { chmodSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseArchive } from '../support/base.ts';
import { listing } from '../support/images.ts';
import { otherNodes } from '../support/nodes.ts';
import { run } from '../support/process.ts';
import { USERS } from '../support/users.ts';
import type { DecantOptions, Workbench } from '../support/workbench.ts';
import { BASE, PROGRAM, withBase } from '../support/workbench.ts';

const FILES = {
  Dockerfile: `\
FROM ${BASE} AS build
ARG VERSION=1
WORKDIR /src
COPY . .
RUN mkdir -p out/deep && for i in 9 8 7 6 5 4 3 2 1; do echo "$VERSION $i" > out/deep/$i; done
RUN ln out/deep/1 out/hard && ln -s deep/2 out/soft && mkfifo out/pipe && chmod 4711 out/deep/3
RUN chown -R 1000:1001 out && rm -r /srv/tree/inner && touch out/deep/9
FROM ${BASE}
COPY --from=build /src/out /out
COPY --chown=app:staff --chmod=640 words /words
COPY large /large
ADD archive.tar.xz /
WORKDIR /made/on/the/way
RUN echo done > here
ENV A=1
`,
  words: 'words\n',
  'sub/ä ö': 'a name that sorts by bytes\n',
  'sub/z': '',
  'sub/Z': '',
  // Long enough for several blocks of the compressor, neither empty nor random.
  large: Array.from({ length: 60_000 }, (_, index) => `${(index * 2_654_435_761) % 4_294_967_296}\n`).join(
    '',
  ),
  'archive.tar.xz': { text: readFileSync(join(import.meta.dirname, '../support/archives/root.tar.xz')) },
  '.dockerignore': '*.md\n',
};

interface Result {
  readonly id: string;
  readonly digest: string;
}

let bench: Workbench;
let expected: Result;
beforeAll(async () => {
  bench = await withBase();
  expected = await build(bench, bench.files(FILES));
});
afterAll(() => bench.remove());

let round = 0;
async function build(
  place: Workbench,
  context: string,
  flags: readonly string[] = [],
  options: DecantOptions = {},
): Promise<Result> {
  const metadata = place.path(`metadata-${(round += 1)}.json`);
  await place.need(['build', '--metadata-file', metadata, '--network', 'none', ...flags, context], options);
  const found = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, string>;
  return { id: found['containerimage.config.digest'] ?? '', digest: found['containerimage.digest'] ?? '' };
}

const again = (options: DecantOptions = {}): Promise<Result> =>
  build(bench, bench.files(FILES), ['--no-cache'], options);

describe('the same digest', () => {
  test('from the cache', async () => {
    expect(await build(bench, bench.files(FILES))).toEqual(expected);
  });

  test('with every step run again', async () => expect(await again()).toEqual(expected));

  test.each([
    ['another time zone', { TZ: 'Pacific/Kiritimati' }],
    ['another language', { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
    ['no language', { LANG: 'C', LC_ALL: 'C' }],
    ['another home and terminal', { HOME: '/nonexistent', TERM: 'dumb', COLUMNS: '7' }],
  ])('in %s', async (_, variables) => expect(await again({ variables })).toEqual(expected));

  test.each(['0000', '0077', '0777'])('under the umask %s', async (mask) => {
    const node = ['/bin/sh', '-c', `umask ${mask}; exec "$@"`, 'sh', process.execPath];
    const home = bench.path(`store-${mask}`);
    await bench.need(['import', '-', BASE], { home, node, input: baseArchive() });
    expect(await build(bench, bench.files(FILES), [], { node, home })).toEqual(expected);
  });

  test('on one processor', async () => {
    const [, first = ''] =
      /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    const node = ['taskset', '--cpu-list', first, process.execPath];
    expect(await again({ node })).toEqual(expected);
  });

  test('from a checkout made at another time, in another order, by another hand', async () => {
    const directory = bench.files(Object.fromEntries(Object.entries(FILES).toReversed()), 'elsewhere');
    for (const [index, name] of ['words', 'sub', 'sub/z', 'large', 'Dockerfile', '.'].entries())
      utimesSync(join(directory, name), index, 1_000_000_000 * index);
    expect(await build(bench, directory, ['--no-cache'])).toEqual(expected);
  });

  test('from a context on standard input', async () => {
    const archive = await run(['tar', '-C', bench.files(FILES), '-c', '.']);
    expect(await build(bench, '-', ['--no-cache'], { input: archive.bytes })).toEqual(expected);
  });

  test('from two builds at once', async () => {
    expect(await Promise.all([again(), again()])).toEqual([expected, expected]);
  });

  test.each(USERS)('from a store of its own, as $name', async (user) => {
    const other = await withBase(user);
    try {
      expect(await build(other, other.files(FILES))).toEqual(expected);
    } finally {
      other.remove();
    }
  });

  for (const [version, node] of otherNodes()) {
    test(`with Node ${version}`, async () => {
      const other = await withBase();
      try {
        const { stdout } = await run([node, PROGRAM, '--version']);
        expect(stdout).toMatch(/^\d/);
        expect(await build(other, other.files(FILES), [], { node: [node] })).toEqual(expected);
      } finally {
        other.remove();
      }
    });
  }
});

describe('what does count', () => {
  test.each([
    ['a content', { words: 'other words\n' }],
    ['a mode', { 'sub/z': { text: '', mode: 0o755 }, large: { text: FILES.large, mode: 0o600 } }],
    ['a name', { Dockerfile: FILES.Dockerfile.replace('/words', '/other') }],
  ])('%s', async (_, change) => {
    const other = await build(bench, bench.files({ ...FILES, ...change }));
    expect(other.id).not.toBe(expected.id);
  });

  test('a build argument', async () => {
    const other = await build(bench, bench.files(FILES), ['--build-arg', 'VERSION=2']);
    expect(other.id).not.toBe(expected.id);
  });
});

describe('SOURCE_DATE_EPOCH', () => {
  const EPOCH = '1234567890';
  const variables = { SOURCE_DATE_EPOCH: EPOCH };

  test('is the time of what has none of its own, and the latest time of what has', async () => {
    const home = bench.path('store-epoch');
    const { bytes } = await bench.need(['build', '-o', '-', bench.files(FILES)], { variables });
    expect(Object.keys(listing(bytes))).toContain('/out/deep/9');
    const times = (await run(['tar', '--utc', '--full-time', '-tvf', '-'], { input: bytes })).stdout;
    const seconds = times
      .trim()
      .split('\n')
      .map((line) => Date.parse(`${/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(line)?.[0]}Z`) / 1000);
    expect(Math.max(...seconds)).toBe(Number(EPOCH));
    await bench.need(['import', '-', 'dated'], { home, input: bytes, variables });
    const [image] = await bench.json<{ created: string }[]>(['inspect', 'dated'], { home });
    expect(image?.created).toBe('2009-02-13T23:31:30Z');
  });

  test('gives the same digest, from the environment or as a build argument', async () => {
    const one = await build(bench, bench.files(FILES), ['--no-cache'], { variables });
    expect(one.id).not.toBe(expected.id);
    expect(await build(bench, bench.files(FILES), ['--no-cache'], { variables })).toEqual(one);
    const flags = ['--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`];
    expect(await build(bench, bench.files(FILES), flags)).toEqual(one);
    expect(await build(bench, bench.files(FILES))).toEqual(expected);
  });

  test('that is no number is wrong usage', async () => {
    const result = await bench.decant(['build', bench.files(FILES)], {
      variables: { SOURCE_DATE_EPOCH: 'yesterday' },
    });
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain('SOURCE_DATE_EPOCH is "yesterday"');
  });
});

test('the image of a fixed text has a fixed digest, on every machine', async () => {
  const context = bench.files({
    Dockerfile: 'FROM scratch\nCOPY f /f\nCOPY --chown=1:2 --chmod=4755 d /d\nENV A=1\nCMD ["/f"]\n',
    f: 'hello\n',
    'd/e': 'x'.repeat(100_000),
  });
  chmodSync(join(context, 'd'), 0o755);
  const { id, digest } = await build(bench, context, ['--platform', 'linux/amd64']);
  expect({ id, digest }).toEqual({
    id: 'sha256:37c4a4dba39175ed2e10dfb7e6e71c4113850909b6b7e463b8010f5d8b6de8ad',
    digest: 'sha256:45e17ffadb312dcd9f2e84c542556f2ebd407b7100e19e03f0303cf18e44ffe1',
  });
});
