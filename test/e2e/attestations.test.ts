/** `decant build --provenance`: statements beside an image as BuildKit keeps them, and beside files. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/codec/digest.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startRegistry } from '../support/docker-registry.ts';
import { outputOf } from '../support/images.ts';
import { mustRun, run } from '../support/process.ts';
import { BASE, withBase } from '../support/workbench.ts';
import type { Workbench } from '../support/workbench.ts';

const Dockerfile = `\
FROM ${BASE} AS build
RUN --mount=type=secret,id=key test "$(cat /run/secrets/key)" = "very secret" && echo made > /out
FROM scratch
COPY --from=build /out /
COPY words /
`;

interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string };
}
interface Document {
  readonly manifests: readonly Descriptor[];
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
}
interface Statement {
  readonly predicateType: string;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: { readonly buildDefinition: { readonly resolvedDependencies: object[] } };
}

let bench: Workbench;
let context = '';
let secret = '';
beforeAll(async () => {
  bench = await withBase();
  context = bench.files({ Dockerfile, words: 'words\n' });
  secret = `id=key,src=${join(bench.files({ key: 'very secret' }), 'key')}`;
});
afterAll(() => bench.remove());

const build = (...args: readonly string[]) => bench.need(['build', '--secret', secret, ...args, context]);

/** The manifests of the index, and what reads a blob beside it. */
function layoutAt(folder: string) {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const blob = (digest = ''): unknown => read(`blobs/${digest.replace(':', '/')}`);
  const [top] = (read('index.json') as Document).manifests;
  return { top, blob, index: blob(top?.digest) as Document };
}

describe('an image with provenance', () => {
  let folder = '';
  beforeAll(async () => {
    folder = bench.path('attested');
    await build('--provenance=true', '-t', 'attested:1', '-o', `type=oci,tar=false,dest=${folder}`);
  });

  test('is an index of the image, which is what it is without, and of a statement about it', async () => {
    const { index, blob } = layoutAt(folder);
    const [image, attestation] = index.manifests;
    const plain = bench.path('plain');
    await build('-t', 'attested:1', '-o', `type=oci,tar=false,dest=${plain}`);
    expect(layoutAt(plain).top?.digest).toBe(image?.digest);
    expect(attestation).toMatchObject({
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': image?.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    });
    const manifest = blob(attestation?.digest) as Document;
    expect(manifest.subject?.digest).toBe(image?.digest);
    const [layer] = manifest.layers;
    expect(layer?.annotations?.['in-toto.io/predicate-type']).toBe('https://slsa.dev/provenance/v1');
    const statement = blob(layer?.digest) as Statement;
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    const platform = encodeURIComponent(`linux/${image?.platform?.architecture}`);
    expect(statement.subject).toEqual([
      {
        name: `pkg:docker/attested@1?platform=${platform}`,
        digest: { sha256: image?.digest.slice('sha256:'.length) },
      },
    ]);
    const [base] = await bench.json<{ digest: string }[]>(['inspect', BASE]);
    expect(statement.predicate.buildDefinition.resolvedDependencies).toEqual([
      {
        uri: `pkg:docker/base@latest?platform=${platform}`,
        digest: { sha256: base?.digest.slice('sha256:'.length) },
      },
    ]);
  });

  test('is the same again, from another folder and without the cache', async () => {
    const again = bench.path('again');
    const moved = bench.files({ Dockerfile, words: 'words\n' });
    const args = [
      '--provenance=true',
      '--no-cache',
      '-t',
      'attested:1',
      '-o',
      `type=oci,tar=false,dest=${again}`,
    ];
    await bench.need(['build', '--secret', secret, ...args, moved]);
    expect(layoutAt(again).top?.digest).toBe(layoutAt(folder).top?.digest);
  });

  test('has the secret nowhere', () => {
    const { index, blob } = layoutAt(folder);
    const statements = index.manifests.flatMap(({ digest }) => (blob(digest) as Document).layers.slice(-1));
    const text = JSON.stringify(blob(statements.at(-1)?.digest));
    expect(text).toContain('"id":"key"');
    expect(text).not.toContain('very secret');
    expect(text).not.toContain(bench.folder);
  });

  test('is taken by buildah, and copied whole by skopeo', async () => {
    const store = ['--root', bench.path('buildah'), '--runroot', bench.path('buildah-run')];
    const pull = [
      'buildah',
      ...store,
      '--storage-driver',
      'vfs',
      'pull',
      '--quiet',
      'oci:attested:attested:1',
    ];
    outputOf(await run(pull, { cwd: bench.folder }));
    const copied = bench.path('copied');
    await mustRun(['skopeo', 'copy', '--all', `oci:${folder}:attested:1`, `oci:${copied}:1`]);
    expect(layoutAt(copied).index.manifests).toHaveLength(2);
  });

  test('goes through save, load and prune', async () => {
    await build('--provenance=true', '-t', 'attested:1');
    await bench.need(['prune', '--all']);
    const file = bench.path('saved.tar');
    await bench.need(['save', 'attested:1', '--type', 'oci-archive', '-o', file]);
    await bench.need(['load', '-i', file], { home: bench.path('elsewhere') });
    const listed = await bench.json<unknown[]>([
      'manifest',
      'ls',
      `oci:${bench.path('elsewhere')}:attested:1`,
    ]);
    expect(listed).toHaveLength(2);
    expect((await bench.need(['images'])).stdout).toContain('attested:1');
  });
});

test('a bill of materials is a statement of its own, with the packages of each platform', async () => {
  const folder = bench.path('billed');
  const status = 'Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2\nArchitecture: amd64\n\n';
  const files = bench.files({ Dockerfile: 'FROM scratch\nCOPY status /var/lib/dpkg/\n', status });
  const args = ['--sbom=true', '--provenance=mode=min', '-t', 'billed:1'];
  await bench.need(['build', ...args, '-o', `type=oci,tar=false,dest=${folder}`, files]);
  const { index, blob } = layoutAt(folder);
  const { layers } = blob(index.manifests[1]?.digest) as Document;
  expect(layers.map(({ annotations }) => annotations?.['in-toto.io/predicate-type'])).toEqual([
    'https://spdx.dev/Document',
    'https://slsa.dev/provenance/v1',
  ]);
  expect(blob(layers[0]?.digest)).toMatchObject({
    predicateType: 'https://spdx.dev/Document',
    subject: [{ digest: { sha256: index.manifests[0]?.digest.slice('sha256:'.length) } }],
    predicate: {
      spdxVersion: 'SPDX-2.3',
      packages: expect.arrayContaining([
        expect.objectContaining({ name: 'zlib1g', versionInfo: '1:1.2' }),
      ]) as unknown,
    },
  });
  const local = bench.path('billed-files');
  await bench.need(['build', '--sbom=true', '-o', `type=local,dest=${local}`, files]);
  expect(readFileSync(join(local, 'sbom.spdx.json'), 'utf8')).toContain('zlib1g');
});

test('oci-artifact=false keeps the statement as an image without files', async () => {
  const folder = bench.path('old-form');
  await build('--provenance=mode=min', '-o', `type=oci,tar=false,dest=${folder},oci-artifact=false`);
  const { index, blob } = layoutAt(folder);
  const manifest = blob(index.manifests[1]?.digest) as Document & { config: Descriptor };
  expect(blob(manifest.config.digest)).toMatchObject({ os: 'unknown', rootfs: { type: 'layers' } });
});

test('beside files the statement is about each of them', async () => {
  const folder = bench.path('files');
  const metadata = bench.path('metadata.json');
  await build('--provenance=true', '-o', `type=local,dest=${folder}`, '--metadata-file', metadata);
  const statement = JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8')) as Statement;
  const digestOf = (text: string): string => sha256(Buffer.from(text)).slice('sha256:'.length);
  expect(statement.subject).toEqual([
    { name: 'out', digest: { sha256: digestOf('made\n') } },
    { name: 'words', digest: { sha256: digestOf('words\n') } },
  ]);
  await build('--provenance=inline-only=true', '-o', `type=local,dest=${bench.path('inline')}`);
  expect(existsSync(join(bench.path('inline'), 'provenance.json'))).toBe(false);
});

test('the metadata file has the provenance, of each platform where there are several', async () => {
  const metadata = bench.path('metadata.json');
  const read = (): Record<string, unknown> =>
    JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>;
  await build('--provenance=true', '--metadata-file', metadata);
  expect(read()).toHaveProperty(['buildx.build.provenance']);
  const files = bench.files({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: '' });
  const both = ['--platform', 'linux/amd64,linux/arm64', '--metadata-file', metadata];
  await bench.need(['build', '--provenance=true', ...both, files]);
  for (const architecture of ['amd64', 'arm64'])
    expect(read()).toHaveProperty([`buildx.build.provenance/linux/${architecture}`]);
});

test('an archive for Docker holds the image alone, and the build says so', async () => {
  const { stderr } = await build('--provenance=true', '-o', `type=docker,dest=${bench.path('d.tar')}`);
  expect(stderr).toContain('its attestations are not in it');
});

describe('with a registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => (registry = await startRegistry()));
  afterAll(() => registry.stop());

  test('the statement is pushed and found there', async () => {
    const name = `${registry.host}/attested:1`;
    await build('--provenance=true', '-t', name, '--push');
    const raw = await run(['skopeo', 'inspect', '--tls-verify=false', '--raw', `docker://${name}`]);
    const { manifests } = JSON.parse(outputOf(raw)) as Document;
    expect(manifests.map(({ platform }) => platform?.os)).toEqual(['linux', 'unknown']);
    await bench.need(['pull', name], { home: bench.path('pulled') });
    expect((await bench.need(['images'], { home: bench.path('pulled') })).stdout).toContain('attested');
  });
});
