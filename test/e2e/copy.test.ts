/** Copying between places, side by side with skopeo and podman: the digests agree whoever looks. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startRegistry } from '../support/docker-registry.ts';
import { mustRun } from '../support/process.ts';
import { untilListening } from '../support/until.ts';
import { BASE, type Workbench, withBase } from '../support/workbench.ts';

interface Copied {
  readonly digest: string;
  readonly sourceDigest: string;
  readonly copiedBytes: number;
  readonly blobs: readonly { readonly action: string }[];
}
interface Created {
  readonly digest: string;
  readonly manifests: readonly { readonly digest: string }[];
}

let bench: Workbench;
let registry: DockerRegistry;
let other: DockerRegistry;
let base: string;
let index: string;
beforeAll(async () => {
  [bench, registry, other] = await Promise.all([withBase(), startRegistry(), startRegistry()]);
  const context = bench.files({ Dockerfile: 'FROM scratch\nCOPY hello /\n', hello: 'hello' });
  await bench.need(['build', '--platform', 'linux/arm64', '-t', 'arm', context]);
  base = (await copy(`store:${BASE}`, `${registry.host}/base:1`)).digest;
  const created = await bench.json<Created>([
    'manifest',
    'create',
    `docker://${registry.host}/multi:1`,
    `store:${BASE}`,
    'store:arm',
  ]);
  index = created.digest;
});
afterAll(async () => {
  bench.remove();
  await Promise.all([registry.stop(), other.stop()]);
});

const copy = (from: string, to: string, ...flags: readonly string[]): Promise<Copied> =>
  bench.json<Copied>(['copy', ...flags, from, to]);

const skopeo = async (...args: readonly string[]): Promise<string> =>
  (await mustRun(['skopeo', ...args], { cwd: bench.folder })).stdout;

const digestSeen = async (place: string): Promise<string> =>
  (await skopeo('inspect', '--tls-verify=false', '--format={{.Digest}}', place)).trim();

describe('what decant copies', () => {
  test('skopeo finds under the same digest, in a registry, a layout and archives', async () => {
    for (const place of ['oci:layout:1', 'oci-archive:image.tar:1', `docker://${other.host}/base:1`]) {
      expect((await copy(`${registry.host}/base:1`, place)).digest).toBe(base);
      expect(await digestSeen(place)).toBe(base);
    }
    await copy(`${registry.host}/base:1`, 'docker-archive:docker.tar:app:1');
    await skopeo('copy', 'docker-archive:docker.tar:app:1', 'dir:from-docker');
    expect(existsSync(join(bench.folder, 'from-docker/manifest.json'))).toBe(true);
  });

  test('for all platforms arrives whole, from registry to registry and through a layout', async () => {
    expect((await copy(`${registry.host}/multi:1`, `${other.host}/multi:1`)).digest).toBe(index);
    await copy(`${registry.host}/multi:1`, 'oci:layout:multi');
    expect((await copy('oci:layout:multi', `${other.host}/again:1`)).digest).toBe(index);
    await skopeo(
      'copy',
      '--all',
      '--src-tls-verify=false',
      `docker://${other.host}/again:1`,
      'oci:from-skopeo:multi',
    );
    expect((await copy('oci:from-skopeo:multi', 'store:multi')).digest).toBe(index);
  });

  test('is mounted and not read between repositories of one registry', async () => {
    const before = (await registry.requests()).length;
    const copied = await copy(`${registry.host}/base:1`, `${registry.host}/mounted:1`);
    expect(copied).toMatchObject({ copiedBytes: 0, blobs: [{ action: 'mounted' }, { action: 'mounted' }] });
    const reads = (await registry.requests()).slice(before);
    expect(reads.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/sha256'))).toEqual(
      [],
    );
  });
});

test('what skopeo has written decant copies under the digest that skopeo sees', async () => {
  await skopeo(
    'copy',
    '--src-tls-verify=false',
    '-f',
    'v2s2',
    `docker://${registry.host}/base:1`,
    'dir:v2s2',
  );
  await skopeo('copy', '--dest-tls-verify=false', 'dir:v2s2', `docker://${registry.host}/docker-format:1`);
  const seen = await digestSeen(`docker://${registry.host}/docker-format:1`);
  for (const place of [`docker://${other.host}/docker-format:1`, 'oci:docker-format', 'oci-archive:v2s2.tar'])
    expect((await copy(`${registry.host}/docker-format:1`, place)).digest).toBe(seen);
  await skopeo(
    'copy',
    '--src-tls-verify=false',
    `docker://${registry.host}/base:1`,
    'docker-archive:s.tar:app:1',
  );
  await copy('docker-archive:s.tar:app:1', 'store:from-docker');
  const status = await bench.need(['run', 'from-docker', 'echo', 'it runs']);
  expect(status.stdout).toBe('it runs\n');
});

test("podman's daemon takes an image and gives it back with the same id", async () => {
  const socket = join(bench.folder, 'daemon.sock');
  const places = [
    '--root',
    bench.path('podman'),
    '--runroot',
    bench.path('podman-run'),
    '--storage-driver',
    'vfs',
  ];
  const daemon = spawn('podman', [...places, 'system', 'service', '--time', '0', `unix://${socket}`], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => daemon.once('close', resolve));
  try {
    await Promise.race([
      untilListening(socket),
      ended.then(() => {
        throw new Error('podman does not serve');
      }),
    ]);
    const settings = { variables: { DOCKER_HOST: `unix://${socket}` } };
    await bench.need(['copy', `store:${BASE}`, 'docker-daemon:app:1'], settings);
    await bench.need(['copy', 'docker-daemon:app:1', 'store:returned'], settings);
    const ids = (await bench.json<{ id: string }[]>(['inspect', BASE, 'returned'])).map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
    const missing = await bench.decant(['copy', 'docker-daemon:nothing:1', 'store:x'], settings);
    expect(missing).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[IMAGE_UNKNOWN]') as string,
    });
  } finally {
    daemon.kill();
    await ended;
  }
});

describe('looking', () => {
  test('digest asks for the digest alone, and says what skopeo says', async () => {
    const before = (await registry.requests()).length;
    expect((await bench.need(['digest', `${registry.host}/base:1`])).stdout.trim()).toBe(base);
    const manifests = (await registry.requests())
      .slice(before)
      .filter(({ path }) => path.includes('/manifests/'));
    expect(manifests.map(({ method }) => method)).toEqual(['HEAD']);
    const { stdout } = await bench.need(['digest', '--platform', 'linux/amd64', `${registry.host}/multi:1`]);
    expect(stdout.trim()).toBe(base);
  });

  test('tags ls lists the tags', async () => {
    const name = `${registry.host}/multi`;
    expect((await bench.need(['tags', 'ls', name])).stdout).toBe('1\n');
    expect(await bench.json(['tags', 'ls', name])).toEqual({ repository: name, tags: ['1'] });
  });

  test('manifest ls and inspect show an index and what it names', async () => {
    const name = `${registry.host}/multi:1`;
    const { stdout } = await bench.need(['manifest', 'ls', name]);
    expect(stdout).toMatch(/^linux\/amd64 .*sha256:[^]*^linux\/arm64 /m);
    const raw = await bench.need(['manifest', 'inspect', '--raw', name]);
    expect(raw.stdout).toBe(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`));
    const one = await bench.json<{ digest: string; manifest: { layers: object[] } }>([
      'manifest',
      'inspect',
      '--platform=linux/amd64',
      name,
    ]);
    expect(one).toMatchObject({ digest: base, manifest: { layers: [{}] } });
  });
});

test.each([
  [
    'a transport of another tool',
    ['copy', 'HOST/base:1', 'dir:x'],
    2,
    /"dir:x" is nothing .*\[USAGE\][^]*oci:DIR/,
  ],
  [
    'a digest as a destination',
    ['copy', 'HOST/base:1', 'HOST/x@DIGEST'],
    2,
    /named by a tag.*\[REFERENCE_INVALID\]/,
  ],
  [
    'an image that is not there',
    ['copy', 'HOST/base:9', 'store:x'],
    1,
    /\[IMAGE_UNKNOWN\][^]*decant tags ls/,
  ],
  ['a folder that is none', ['copy', 'oci:none', 'store:x'], 1, /none is not an OCI image layout/],
  ['an archive that is none', ['copy', 'oci-archive:none.tar', 'store:x'], 1, /there is no file none\.tar/],
  ['all platforms for Docker', ['copy', '--all', 'HOST/multi:1', 'docker-archive:x'], 2, /one platform only/],
  [
    'a platform that is not there',
    ['copy', '--platform=s390x', 'HOST/multi:1', 'oci:x'],
    1,
    /\[IMAGE_PLATFORM\]/,
  ],
  [
    'both platform flags',
    ['copy', '-a', '--platform=s390x', 'HOST/multi:1', 'oci:x'],
    2,
    /exclude each other/,
  ],
  ['no daemon', ['copy', 'HOST/base:1', 'docker-daemon:x'], 5, /\[MACHINE_UNSUPPORTED\]/],
  ['a tag where a repository is due', ['tags', 'ls', 'HOST/base:1'], 2, /decant tags ls/],
  ['a repository that is not there', ['tags', 'ls', 'HOST/nothing'], 1, /\[IMAGE_UNKNOWN\]/],
  [
    'a part of an index that is not there',
    ['manifest', 'create', 'HOST/x', 'store:arm', 'HOST/multi:2'],
    1,
    /multi:2/,
  ],
])('%s', async (_, args, status, message) => {
  const filled = args.map((arg) => arg.replace('HOST', registry.host).replace('DIGEST', base));
  const ended = await bench.decant(filled, { variables: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
  expect(ended.stderr).toMatch(message);
  expect(ended.status).toBe(status);
});
