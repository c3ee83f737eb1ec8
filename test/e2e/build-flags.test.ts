/** Flags and outputs of `decant build` that change what is around the files: names, annotations, levels, other engines. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';

interface Layout {
  readonly manifests: readonly { readonly digest: string }[];
}

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let context: string;
  beforeAll(() => {
    bench = createWorkbench(user);
    context = bench.files({ Dockerfile: 'FROM scratch\nCOPY text /\n', text: 'many words, '.repeat(40_000) });
  });
  afterAll(() => bench.remove());

  let count = 0;
  /** The manifest of what is built, and the folder that it is in. */
  async function manifest(args: readonly string[], output = '') {
    const folder = bench.path(`layout-${(count += 1)}`);
    await bench.need(['build', '-o', `type=oci,tar=false,dest=${folder}${output}`, ...args, context]);
    const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const digest = (read('index.json') as Layout).manifests[0]?.digest ?? '';
    const text = read(`blobs/${digest.replace(':', '/')}`);
    return text as {
      annotations?: object;
      config: { digest: string };
      layers: { size: number; mediaType: string; digest: string }[];
    };
  }

  test('annotations come from the flag and from the output, and change nothing of the image id', async () => {
    const plain = await manifest([]);
    const found = await manifest(['--annotation', 'a=b', '--annotation', 'manifest:c=d'], ',annotation.e=f');
    expect(plain.annotations).toBeUndefined();
    expect(found.annotations).toEqual({ a: 'b', c: 'd', e: 'f' });
    expect(found.config).toEqual(plain.config);
  });

  test('a level of compression gives other sizes and the same image id', async () => {
    const [fast, best, none] = [
      await manifest([], ',compression-level=1'),
      await manifest([], ',compression=gzip,compression-level=9'),
      await manifest([], ',compression=uncompressed'),
    ];
    const sizes = [none, fast, best].map(({ layers }) => layers[0]?.size ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(3);
    expect(new Set([fast, best, none].map(({ config }) => config.digest)).size).toBe(1);
    expect(none.layers[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar');
  });

  test('zstd has levels of its own, leaves the image id, and is read by skopeo', async () => {
    const plain = await manifest([]);
    const [small, fast] = [
      await manifest([], ',compression=zstd,compression-level=19'),
      await manifest([], ',compression=zstd,compression-level=1'),
    ];
    expect(new Set([plain, small, fast].map(({ config }) => config.digest)).size).toBe(1);
    for (const { layers } of [small, fast])
      expect(layers.map(({ mediaType }) => mediaType)).toEqual([
        'application/vnd.oci.image.layer.v1.tar+zstd',
      ]);
    expect(small.layers[0]?.digest).not.toBe(fast.layers[0]?.digest);
    // It decompresses every layer, and compares with the diff ids.
    const from = `oci:${bench.path(`layout-${count}`)}`;
    execFileSync('skopeo', ['copy', '--dest-decompress', from, `dir:${bench.path(`plain-${count}`)}`]);
  });

  test('force-compression packs the layers of the base again', async () => {
    await bench.need(['build', '-t', 'base-of-gzip', context]);
    const child = bench.files({ Dockerfile: 'FROM base-of-gzip\nCOPY more /\n', more: 'more' });
    const build = async (options: string): Promise<readonly string[]> => {
      const folder = bench.path(`forced-${(count += 1)}`);
      await bench.need([
        'build',
        '-o',
        `type=oci,tar=false,dest=${folder},compression=zstd${options}`,
        child,
      ]);
      const inspected = execFileSync('skopeo', ['inspect', '--raw', `oci:${folder}`]).toString();
      const { layers } = JSON.parse(inspected) as { layers: readonly { mediaType: string }[] };
      return layers.map(({ mediaType }) => mediaType.slice(mediaType.lastIndexOf('+') + 1));
    };
    expect(await build('')).toEqual(['gzip', 'zstd']);
    expect(await build(',force-compression=true')).toEqual(['zstd', 'zstd']);
  });

  test('an output can name the image, and one can be of nothing', async () => {
    await bench.need(['build', '-t', 'one', '-o', 'type=image,"name=two,three:3"', context]);
    const names = (await bench.need(['images'])).stdout;
    for (const name of [/^one:latest /m, /^two:latest /m, /^three:3 /m]) expect(names).toMatch(name);
    const { stderr } = await bench.need(['build', '--no-cache', '-o', 'type=cacheonly', context]);
    expect(stderr).toContain('COPY text /');
  });

  test('flags of other builders are answered and passed over, or refused', async () => {
    const { stderr } = await bench.need([
      'build',
      '--builder=x',
      '--provenance=false',
      '--rm=true',
      '--load=false',
      '--shm-size=0',
      context,
    ]);
    expect(stderr).toContain('--builder is not used: there is no daemon');
    expect(stderr).not.toContain('provenance');
    const refused = await bench.decant(['build', '--squash', context]);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('--squash: layers are not squashed');
    const none = await bench.need(['build', '--progress', 'none', '--squash=false', context]);
    expect(none).toMatchObject({ stdout: '', stderr: '' });
  });

  test('BUILDKIT_PROGRESS chooses how progress is shown, and a flag before it', async () => {
    const variables = { BUILDKIT_PROGRESS: 'quiet' };
    expect((await bench.need(['build', context], { variables })).stderr).toBe('');
    const plain = await bench.need(['build', '--progress', 'plain', context], { variables });
    expect(plain.stderr).toContain('COPY text /');
    const raw = await bench.decant(['build', '--progress', 'rawjson', context]);
    expect(raw.stderr).toContain("rawjson is BuildKit's own form");
  });

  test('a file for another front end is read as a Dockerfile, and said to be', async () => {
    const text = '# syntax=example.org/other:1\nFROM scratch\nCOPY Dockerfile /\n';
    const { stderr } = await bench.need(['build', bench.files({ Dockerfile: text })]);
    expect(stderr).toContain('the front end example.org/other:1 is not run here');
  });

  test('--load without an engine fails before anything is built', async () => {
    const result = await bench.decant(['build', '--load', '-t', 'x', context], {
      variables: { PATH: bench.path('nowhere') },
    });
    expect(result).toMatchObject({ status: 5, stdout: '' });
    expect(result.stderr).toContain('there is neither Docker nor Podman');
    expect(result.stderr).not.toContain('COPY text');
  });

  // As an ordinary user podman needs more than a test can count on.
  if (user.uid === 0)
    test('--load hands the image to podman', async () => {
      const store = `--root ${bench.path('podman')} --runroot ${bench.path('podman-run')} --storage-driver vfs`;
      const script = { text: `#!/bin/sh\nexec /usr/bin/podman ${store} "$@"\n`, mode: 0o755 };
      const programs = bench.files({ podman: script, docker: { text: '#!/bin/sh\nexit 1\n', mode: 0o755 } });
      const variables = { PATH: `${programs}:${process.env['PATH'] ?? ''}` };
      await bench.need(['build', '--load', '-t', 'example.org/loaded:1', context], { variables });
      const images = execFileSync(join(programs, 'podman'), [
        'images',
        '--format',
        '{{.Repository}}:{{.Tag}}',
      ]);
      expect(images.toString()).toBe('example.org/loaded:1\n');
      expect((await bench.need(['images'])).stdout).toContain('example.org/loaded');
      expect(statSync(bench.path('podman')).isDirectory()).toBe(true);
    });
});
