/**
 * A store with something broken in it: one clear error with status 3 that names what is broken, or a miss that makes it
 * again. Whatever it was, building again or importing again mends it.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { expectError, expectNoTrace, need, run } from './support/decant.ts';
import type { Ended } from './support/decant.ts';
import { BASE, copyOf, makeStore, temporary, writeFiles } from './support/place.ts';
import { randomNumbers } from './support/random.ts';

const folder = temporary();
const IMAGE = 'fault:image';
const DOCKERFILE = `FROM ${BASE} AS one
RUN echo hello > /hello; mkdir -p /d/e; echo x > /d/e/f
FROM ${BASE}
COPY --from=one /hello /d /copied/
COPY file /file
RUN sha256sum /copied/hello /file > /sums
`;
let template = '';
let context = '';
let imageId = '';
let home = '';
let count = 0;

beforeAll(async () => {
  template = await makeStore(folder);
  context = writeFiles(join(folder, 'context'), { Dockerfile: DOCKERFILE, file: 'content\n' });
  home = template;
  imageId = (await buildNow()).stdout.trim();
});

beforeEach(() => {
  home = copyOf(template, join(folder, `store-${(count += 1)}`));
});

function decant(...args: readonly string[]): Promise<Ended> {
  return run(home, args);
}

function build(...flags: readonly string[]): Promise<Ended> {
  return decant('build', '--network=none', '-t', IMAGE, ...flags, context);
}

/** Gives the image id. */
async function buildNow(...flags: readonly string[]): Promise<Ended> {
  const result = await build('-q', ...flags);
  expect(result, result.stderr).toMatchObject({ status: 0 });
  return result;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

const blob = (digest: string): string => join(home, 'blobs/sha256', digest.slice('sha256:'.length));

function manifestOf(name: string): { readonly digest: string; readonly manifest: Manifest } {
  const index = JSON.parse(readFileSync(join(home, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations: Record<string, string> }[];
  };
  const digest =
    index.manifests.find(({ annotations }) =>
      Object.values(annotations).some((value) => value.endsWith(name)),
    )?.digest ?? '';
  return { digest, manifest: JSON.parse(readFileSync(blob(digest), 'utf8')) as Manifest };
}

/** The ways in which a file breaks. */
const DAMAGE: readonly (readonly [string, (path: string) => void])[] = [
  ['is missing', (path) => rmSync(path)],
  ['is cut off', (path) => truncateSync(path, statSync(path).size >> 1)],
  ['has a flipped byte', (path) => flip(path, statSync(path).size >> 1)],
];

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.from([(bytes[at] ?? 0) ^ 0x20]), 0, 1, at);
  closeSync(fd);
}

/** Importing and building again, without the cache, gives the image that was there before. */
async function expectMended(): Promise<void> {
  await need(home, ['import', join(folder, 'base.tar'), BASE]);
  expect((await buildNow('--no-cache')).stdout.trim()).toBe(imageId);
  expect((await decant('run', '--network=none', IMAGE, 'cat', '/sums')).stdout).toContain('/copied/hello');
}

const broken = { message: /sha256:[0-9a-f]{64}|image fault:image|image fault:base/, hint: 'any' } as const;
const DAMAGED: readonly ErrorCode[] = ['IMAGE_DAMAGED', 'DIGEST_MISMATCH', 'STORE_DAMAGED'];

function expectDamaged(result: Ended): void {
  const code = DAMAGED.find((each) => result.stderr.includes(`[${each}]`));
  expectError(result, code ?? 'IMAGE_DAMAGED', broken);
}

async function expectAllDamaged(commands: readonly (readonly string[])[]): Promise<void> {
  for (const result of await Promise.all(commands.map((args) => decant(...args)))) expectDamaged(result);
}

describe.each(DAMAGE)('a blob %s:', (_, damage) => {
  test('the manifest of an image', async () => {
    damage(blob(manifestOf(IMAGE).digest));
    await expectAllDamaged([
      ['inspect', IMAGE],
      ['history', IMAGE],
      ['run', IMAGE, 'true'],
      ['save', '-o', join(folder, 'x.tar'), IMAGE],
      ['compare', BASE, IMAGE],
    ]);
    expect(existsSync(join(folder, 'x.tar'))).toBe(false);
    const listed = await decant('images');
    expect(listed).toMatchObject({
      status: 3,
      stdout: expect.stringContaining(BASE) as string,
    });
    // The other images are whole.
    expect(await decant('run', '--network=none', BASE, 'true')).toMatchObject({ status: 0 });
    await expectMended();
  });

  test('the config of an image', async () => {
    damage(blob(manifestOf(IMAGE).manifest.config.digest));
    await expectAllDamaged([
      ['inspect', IMAGE],
      ['history', IMAGE],
      ['run', IMAGE, 'true'],
      ['compare', IMAGE, BASE],
    ]);
    await expectMended();
  });

  test('a layer of the base image, when it has to be unpacked', async () => {
    damage(blob(manifestOf(BASE).manifest.layers[0]?.digest ?? ''));
    rmSync(join(home, 'layers'), { recursive: true });
    rmSync(join(home, 'cache'), { recursive: true });
    expectDamaged(await decant('run', '--network=none', BASE, 'true'));
    expectDamaged(await build());
    await expectMended();
  });

  test('a layer of an image, when it is saved', async () => {
    damage(blob(manifestOf(IMAGE).manifest.layers.at(-1)?.digest ?? ''));
    expectDamaged(await decant('save', '-o', join(folder, 'y.tar'), IMAGE));
    expectDamaged(
      await decant(
        'build',
        '-o',
        `type=oci,dest=${join(folder, 'y.tar')}`,
        writeFiles(join(folder, 'from'), { Dockerfile: `FROM ${IMAGE}\n` }),
      ),
    );
    expect(existsSync(join(folder, 'y.tar'))).toBe(false);
    await expectMended();
  });
});

describe("the store's own files", () => {
  const hint = { hint: /./ } as const;

  test.each([
    '',
    '{',
    '[]',
    '{"schemaVersion":2}',
    '{"schemaVersion":2,"manifests":[{}]}',
    '\0'.repeat(500),
    '{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"../../../etc/passwd","size":1}]}',
  ])('index.json is %j', async (text) => {
    const good = readFileSync(join(home, 'index.json'));
    writeFileSync(join(home, 'index.json'), text);
    const failures = [['images'], ['inspect', BASE], ['tag', BASE, 'x'], ['prune'], ['rmi', BASE]];
    for (const result of await Promise.all(failures.map((args) => decant(...args)))) {
      // Manifests are listed in it, and there may be none.
      if (text === '{"schemaVersion":2}' && result.status !== 3) continue;
      expectError(result, 'STORE_DAMAGED', { message: /index\.json/, ...hint });
    }
    // Nothing was taken to be garbage, so with the file everything is there again.
    writeFileSync(join(home, 'index.json'), good);
    expect(await decant('run', '--network=none', IMAGE, 'true')).toMatchObject({ status: 0 });
  });

  test('index.json is missing', async () => {
    rmSync(join(home, 'index.json'));
    expect(await decant('images')).toMatchObject({ status: 0 });
    expectError(await decant('inspect', IMAGE), 'IMAGE_UNKNOWN', { message: /fault:image/, hint: /images/ });
    await expectMended();
  });

  test.each(['', 'x', '1.5', '-1', '99999999999999999999'])('version is %j', async (text) => {
    writeFileSync(join(home, 'version'), text);
    const results = await Promise.all([decant('images'), decant('prune'), decant('build', context)]);
    for (const result of results) expectError(result, 'STORE_DAMAGED', { message: /version/, ...hint });
    writeFileSync(join(home, 'version'), '1\n');
    expect(await decant('inspect', IMAGE)).toMatchObject({ status: 0 });
  });

  test('version is a later one', async () => {
    writeFileSync(join(home, 'version'), '2\n');
    expectError(await decant('images'), 'STORE_VERSION', { message: /format 2/, ...hint });
  });

  test('version is missing: it is the last to be written', async () => {
    rmSync(join(home, 'version'));
    await expectMended();
  });

  test('folders are missing', async () => {
    for (const name of ['tmp', 'locks', 'cache', 'layers', 'mounts', 'builds'])
      rmSync(join(home, name), { recursive: true, force: true });
    expect(await decant('images')).toMatchObject({ status: 0 });
    expect(await decant('prune')).toMatchObject({ status: 0 });
    await expectMended();
  });

  test('oci-layout is damaged, which only others read', async () => {
    writeFileSync(join(home, 'oci-layout'), '');
    await expectMended();
  });

  test('a lock of a process that is gone', async () => {
    symlinkSync('999999-1-4026531836-0123456789abcdef', join(home, 'locks/index'));
    await need(home, ['tag', BASE, 'fault:locked']);
    expect(() => readlinkSync(join(home, 'locks/index'))).toThrow();
  });
});

describe('the build cache', () => {
  function records(): readonly string[] {
    return readdirSync(join(home, 'cache'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(home, 'cache', name))
      .filter((path) => statSync(path).isFile());
  }

  test.each(DAMAGE.filter(([what]) => what !== 'is missing'))(
    'a record %s: it is a miss',
    async (_, damage) => {
      for (const path of records()) damage(path);
      expect((await buildNow()).stdout.trim()).toBe(imageId);
      await expectMended();
    },
  );

  test('a record whose checksum is right and whose content is not', async () => {
    const { createHash } = await import('node:crypto');
    for (const path of records()) {
      const [, json = '', bytes] = readFileSync(path, 'latin1').split('\n', 3);
      const record = JSON.parse(json) as Record<string, unknown>;
      const value = { directory: '../../x', packed: 7, size: 'x', rows: [[]] };
      const body =
        JSON.stringify({ ...record, value }) + (bytes === undefined ? '' : '\nneither rows nor text');
      writeFileSync(path, `${createHash('sha256').update(body).digest('hex')}\n${body}`);
    }
    const result = await build();
    expectNoTrace(result);
    if (result.status !== 0) await need(home, ['prune', '--all']);
    await expectMended();
  });

  test('all of it is gone', async () => {
    rmSync(join(home, 'cache'), { recursive: true });
    expect((await buildNow()).stdout.trim()).toBe(imageId);
  });

  test('bytes flipped anywhere in it, 8 times: the image is the same', async () => {
    const random = randomNumbers(4);
    for (let round = 0; round < 8; round += 1) {
      const all = records();
      const path = all[Math.floor(random() * all.length)] ?? '';
      flip(path, Math.floor(random() * statSync(path).size));
      expect((await buildNow()).stdout.trim()).toBe(imageId);
    }
  });
});

describe('unpacked layers', () => {
  const layers = (): readonly string[] =>
    readdirSync(join(home, 'layers')).map((name) => join(home, 'layers', name));
  const changed = (name: string): string =>
    writeFiles(join(folder, name), { Dockerfile: DOCKERFILE, file: `${name}\n` });

  test('all of them are gone', async () => {
    rmSync(join(home, 'layers'), { recursive: true });
    expect((await buildNow()).stdout.trim()).toBe(imageId);
    expect(await decant('build', '--network=none', changed('gone'))).toMatchObject({ status: 0 });
  });

  test.each(['', '[', '[[1]]', 'null', '{"rows":[]}'])('their index is %j', async (text) => {
    for (const layer of layers()) writeFileSync(join(layer, 'index'), text);
    const result = await decant('build', '--network=none', changed('torn'));
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect((await buildNow()).stdout.trim()).toBe(imageId);
  });

  test('their index is gone', async () => {
    for (const layer of layers()) rmSync(join(layer, 'index'), { force: true });
    const result = await decant('build', '--network=none', changed('unlisted'));
    expect(result, result.stderr).toMatchObject({ status: 0 });
  });

  test('their files are gone', async () => {
    for (const layer of layers()) rmSync(join(layer, 'fs'), { recursive: true });
    expect(await decant('build', '--network=none', changed('emptied'))).toMatchObject({ status: 0 });
  });

  test('one file of them is gone', async () => {
    for (const layer of layers()) {
      const hello = join(layer, 'fs/hello');
      if (existsSync(hello)) rmSync(hello);
    }
    rmSync(join(home, 'cache/layer'), { recursive: true, force: true });
    expect((await buildNow()).stdout.trim()).toBe(imageId);
  });

  test('one file of them is gone, and packing wants it', async () => {
    for (const layer of layers()) rmSync(join(layer, 'fs/sums'), { force: true });
    for (const { digest } of manifestOf(IMAGE).manifest.layers.slice(1))
      rmSync(blob(digest), { force: true });
    const result = await build();
    expectNoTrace(result);
    if (result.status !== 0) expectError(result, 'STORE_DAMAGED', { message: /sums/, hint: /prune --all/ });
    await need(home, ['rmi', IMAGE]);
    await need(home, ['prune', '--all']);
    await expectMended();
  });
});
