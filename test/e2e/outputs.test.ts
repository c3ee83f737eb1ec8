/** `decant build --output`: every form a result can have, and that other tools take them. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTar } from '../differential/tar.ts';
import { mergeLayers, printTree } from '../differential/tree.ts';
import { blobOf, imageIn, layoutFiles, listing, outputOf } from '../support/images.ts';
import { createPodman } from '../support/podman.ts';
import { run } from '../support/process.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const Dockerfile = `\
FROM ${BASE} AS build
RUN mkdir -p /out/bin && cp /bin/busybox /out/bin/busybox && ln -s busybox /out/bin/sh && ln /out/bin/busybox /out/bin/cat
FROM scratch
COPY --from=build /out/bin/ /bin/
COPY --chown=65532:65532 --chmod=750 words /srv/words
LABEL made=by-test
USER 65532:65532
WORKDIR /srv
ENTRYPOINT ["/bin/cat"]
CMD ["/srv/words"]
`;
const IMAGE = 'poured:1';

let bench: Workbench;
let context = '';
let id = '';
beforeAll(async () => {
  bench = await withBase();
  context = bench.files({ Dockerfile, words: 'poured\n' });
  id = (await bench.need(['build', '-q', '-t', IMAGE, context])).stdout.trim();
});
afterAll(() => bench.remove());

const build = async (...outputs: readonly string[]): Promise<Buffer> => {
  const flags = outputs.flatMap((output) => ['-o', output]);
  return (await bench.need(['build', '-t', IMAGE, ...flags, context])).bytes;
};

describe('the store', () => {
  test('is where the image is without --output, and skopeo reads it there', async () => {
    const inspected = await run(['skopeo', 'inspect', `oci:${bench.home}:${IMAGE}`]);
    expect(JSON.parse(outputOf(inspected))).toMatchObject({
      Os: 'linux',
      Labels: { made: 'by-test' },
      Digest: await digestOf(IMAGE),
    });
  });

  test('has no image where only another output was asked for', async () => {
    const before = await bench.json(['images']);
    const other = bench.files({ Dockerfile: 'FROM scratch\nLABEL only=elsewhere\n' });
    await bench.need(['build', '-t', 'elsewhere', '-o', `type=oci,dest=${bench.path('e.tar')}`, other]);
    expect(await bench.json(['images'])).toEqual(before);
  });

  const digestOf = async (name: string): Promise<string | undefined> =>
    (await bench.json<{ digest: string }[]>(['inspect', name]))[0]?.digest;
});

describe.each([
  ['type=oci', 'oci-archive'],
  ['type=docker', 'docker-archive'],
])('%s', (type, transport) => {
  let file = '';
  beforeAll(async () => {
    file = bench.path(`${transport}.tar`);
    await build(`${type},dest=${file}`);
  });

  test('is an archive that names the same image', async () => {
    const files = layoutFiles(readFileSync(file));
    expect(imageIn(files)).toMatchObject({ id });
    const inspected = outputOf(await run(['skopeo', 'inspect', '--config', `${transport}:${file}`]));
    expect(JSON.parse(inspected)).toMatchObject({
      config: { User: '65532:65532', Entrypoint: ['/bin/cat'], Cmd: ['/srv/words'], WorkingDir: '/srv' },
    });
  });

  test('is what `save` writes', async () => {
    const saved = bench.path(`saved-${transport}.tar`);
    await bench.need(['save', IMAGE, '--type', transport, '-o', saved]);
    expect(readFileSync(saved).equals(readFileSync(file))).toBe(true);
  });

  test('goes to standard output without dest, and with -', async () => {
    const bytes = readFileSync(file);
    expect((await build(type)).equals(bytes)).toBe(true);
    expect((await build(`${type},dest=-`)).equals(bytes)).toBe(true);
  });

  test('is loaded and run by podman', async () => {
    const podman = createPodman(bench.folder, transport);
    const image = await podman.load(file);
    expect(await podman.run(image)).toMatchObject({ status: 0, stdout: 'poured\n' });
    expect(await podman.run(image, '/nothing')).toMatchObject({ status: 1 });
  });
});

describe('type=oci', () => {
  test('with tar=false is a directory, which buildah takes', async () => {
    const directory = bench.path('layout');
    await build(`type=oci,dest=${directory},tar=false`);
    expect(readdirSync(directory).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
    const inspected = outputOf(await run(['skopeo', 'inspect', `oci:${directory}:${IMAGE}`]));
    expect(JSON.parse(inspected)).toMatchObject({ Labels: { made: 'by-test' } });
    const store = ['--root', bench.path('buildah'), '--runroot', bench.path('buildah-run')];
    // It takes no upper-case letters in the path of a layout.
    const pull = ['buildah', ...store, '--storage-driver', 'vfs', 'pull', '--quiet', `oci:layout:${IMAGE}`];
    const pulled = outputOf(await run(pull, { cwd: bench.folder }));
    expect(pulled.trim()).toBe(id.slice('sha256:'.length));
  });

  test('with compression=none has layers as they are, and is the same image', async () => {
    const [plain, packed] = [bench.path('plain.tar'), bench.path('packed.tar')];
    await build(`type=oci,dest=${plain},compression=none`);
    await build(`type=oci,dest=${packed},compression=gzip`);
    const [plainFiles, packedFiles] = [layoutFiles(readFileSync(plain)), layoutFiles(readFileSync(packed))];
    const [one, other] = [imageIn(plainFiles), imageIn(packedFiles)];
    expect([one.id, other.id]).toEqual([id, id]);
    expect(one.digest).not.toBe(other.digest);
    expect(one.layers.map(({ mediaType }) => mediaType)).toEqual(
      one.layers.map(() => 'application/vnd.oci.image.layer.v1.tar'),
    );
    one.layers.forEach((layer, index) => {
      const gzipped = blobOf(packedFiles, other.layers[index]?.digest ?? '');
      expect(gunzipSync(gzipped).equals(blobOf(plainFiles, layer.digest))).toBe(true);
    });
  });

  test('cannot be mixed with another compression in one build', async () => {
    const outputs = ['-o', 'type=oci,compression=none', '-o', 'type=docker,dest=x,compression=gzip'];
    expect(await bench.decant(['build', ...outputs, context])).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('files without an image', () => {
  const expected = {
    '/bin': 'dir 0755 0:0',
    '/bin/sh': 'symlink 0777 0:0 -> busybox',
    '/srv': 'dir 0750 65532:65532',
    '/srv/words': 'file 0750 65532:65532 "poured\\n"',
  };

  test('type=tar is the whole tree', async () => {
    const file = bench.path('tree.tar');
    await build(`type=tar,dest=${file}`);
    expect(listing(readFileSync(file))).toMatchObject(expected);
  });

  test('type=tar is the tree that the layers of the image show', async () => {
    const [tree, image] = [bench.path('t.tar'), bench.path('i.tar')];
    await build(`type=tar,dest=${tree}`, `type=oci,dest=${image}`);
    const files = layoutFiles(readFileSync(image));
    const layers = imageIn(files).layers.map(({ digest }) => readTar(gunzipSync(blobOf(files, digest))));
    const shown = printTree(mergeLayers(layers), new Map());
    shown.delete('/');
    expect(Object.fromEntries(shown)).toEqual(listing(readFileSync(tree)));
  });

  test('- is type=tar to standard output', async () => {
    const file = bench.path('dash.tar');
    await build(`type=tar,dest=${file}`);
    expect((await build('-')).equals(readFileSync(file))).toBe(true);
  });

  test.each(['local', 'path'])('type=local is a directory (given as %s)', async (form) => {
    const directory = bench.path(`tree-${form}`);
    await build(form === 'local' ? `type=local,dest=${directory}` : directory);
    expect(readlinkSync(join(directory, 'bin/sh'))).toBe('busybox');
    expect(readFileSync(join(directory, 'srv/words'), 'utf8')).toBe('poured\n');
    const words = lstatSync(join(directory, 'srv/words'));
    expect(words.mode & 0o7777).toBe(0o750);
    // Only root can give files away.
    const isRoot = process.getuid?.() === 0;
    expect(words.uid).toBe(isRoot ? 65532 : process.getuid?.());
    expect(statSync(join(directory, 'bin/cat')).ino).toBe(statSync(join(directory, 'bin/busybox')).ino);
  });

  test('type=local goes over what is there, and through no link of it', async () => {
    const outside = bench.files({ words: 'outside' });
    const directory = bench.files({ srv: { link: outside }, 'bin/sh': 'a file', other: 'stays' });
    await build(`type=local,dest=${directory}`);
    expect(readFileSync(join(outside, 'words'), 'utf8')).toBe('outside');
    expect(lstatSync(join(directory, 'srv')).isDirectory()).toBe(true);
    expect(readFileSync(join(directory, 'srv/words'), 'utf8')).toBe('poured\n');
    expect(readlinkSync(join(directory, 'bin/sh'))).toBe('busybox');
    expect(readFileSync(join(directory, 'other'), 'utf8')).toBe('stays');
  });
});

describe('several outputs', () => {
  test('come from one build, and agree', async () => {
    const other = bench.files({ Dockerfile: `FROM ${BASE}\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n` });
    const path = (name: string): string => bench.path(`several-${name}`);
    const outputs = [
      'type=image',
      `type=oci,dest=${path('oci')}`,
      `type=docker,dest=${path('docker')}`,
      `type=tar,dest=${path('tar')}`,
      `type=local,dest=${path('local')}`,
    ];
    const flags = outputs.flatMap((output) => ['-o', output]);
    await bench.need(['build', '-t', 'several', ...flags, other]);
    const uuid = (await bench.need(['run', 'several', 'cat', '/uuid'])).stdout;
    expect(listing(readFileSync(path('tar')))['/uuid']).toBe(`file 0644 0:0 ${JSON.stringify(uuid)}`);
    expect(readFileSync(join(path('local'), 'uuid'), 'utf8')).toBe(uuid);
    const [oci, docker] = ['oci', 'docker'].map((name) => imageIn(layoutFiles(readFileSync(path(name)))));
    expect(oci).toEqual(docker);
    expect(await bench.json(['inspect', 'several'])).toMatchObject([{ id: oci?.id }]);
  });

  test('cannot share standard output', async () => {
    const result = await bench.decant(['build', '-o', '-', '-o', 'type=oci', context]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain('[USAGE]');
  });
});

describe('an output that cannot be written', () => {
  test.each([
    ['into a missing folder', 'type=oci,dest=nowhere/x.tar'],
    ['over a folder', 'type=tar,dest=.'],
    ['below a file', 'type=local,dest=file/x'],
  ])('%s is one clear error', async (_, output) => {
    if (!existsSync(bench.path('file'))) bench.change(bench.folder, { file: '' });
    const result = await bench.decant(['build', '-o', output, context]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('[FILE_UNWRITABLE]');
    expect(readdirSync(bench.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a build that fails leaves the file of an earlier one as it was', async () => {
    const file = bench.path('earlier.tar');
    await build(`type=tar,dest=${file}`);
    const before = readFileSync(file);
    const broken = bench.files({ Dockerfile: `FROM ${BASE}\nRUN false\n` });
    expect((await bench.decant(['build', '-o', `type=tar,dest=${file}`, broken])).status).toBe(1);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
