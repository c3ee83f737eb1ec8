/**
 * Archives that are damaged, or are no archives, in every compression: reading them ends in a layer that keeps its
 * promises or in one of our own errors, and soon. Nothing is written; that is what a layer is for.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decompressAuto } from '../../src/codec/compression.ts';
import { DecantError } from '../../src/errors.ts';
import type { BlobStage } from '../../src/oci/archive-files.ts';
import { readArchive } from '../../src/oci/archive-read.ts';
import { readTar } from '../../src/codec/tar/tar.ts';
import { ARCHIVE_LIMITS } from '../../src/store/archive-limits.ts';
import type { Entry } from '../../src/tree/entry.ts';
import { layerFromTar } from '../../src/tree/from-tar.ts';
import { stack, walk } from '../../src/tree/tree.ts';
import { BLOCK, gnuNameOf, memberOf, paxOf, seal, tarOf } from '../fault/support/tar.ts';
import { SLOWNESS } from '../support/speed.ts';

const TIME_BOX = { seed: 11, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false } as const;
const LIMIT_MS = 1500;
const END = Buffer.alloc(2 * BLOCK);

/** A hundred however long they take, and as many more as there is time for. */
async function assertMany<T>(property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  await fc.assert(property, { seed: TIME_BOX.seed, numRuns: 100 });
  await fc.assert(property, { ...TIME_BOX, numRuns });
}

/** One of everything that a tar archive may hold. */
const WHOLE = Buffer.concat([
  memberOf({ name: './', type: '5', mode: 0o755 }),
  memberOf({ name: 'd/', type: '5', mode: 0o700 }),
  memberOf({ name: 'd/file', content: 'content of a file', mode: 0o4755 }),
  memberOf({ name: 'd/link', type: '2', link: '../../etc' }),
  memberOf({ name: 'd/hard', type: '1', link: 'd/file' }),
  memberOf({ name: 'tty', type: '3', device: [5, 0] }),
  memberOf({ name: 'pipe', type: '6' }),
  memberOf({ name: 'd/.wh.gone', content: '' }),
  memberOf({ name: 'd/.wh..wh..opq', content: '' }),
  paxOf({
    path: `long/${'n'.repeat(120)}`,
    mtime: '1.5',
    'SCHILY.xattr.user.x': Buffer.from([0, 255, 10]),
    uid: '3000000',
  }),
  memberOf({ name: 'replaced', content: 'x'.repeat(600) }),
  gnuNameOf(`gnu/${'m/'.repeat(60)}x`),
  memberOf({ name: 'replaced too', content: 'y' }),
  paxOf({
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': 'sparse',
    'GNU.sparse.realsize': '4096',
  }),
  memberOf({
    name: 'GNUSparseFile.0/sparse',
    content: Buffer.concat([Buffer.from('1\n1024\n4\n'.padEnd(BLOCK, '\0')), Buffer.from('data')]),
  }),
  END,
]);

const config = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [digestOf(WHOLE)] },
});
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  },
  layers: [
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(WHOLE), size: WHOLE.length },
  ],
});
const index = JSON.stringify({
  schemaVersion: 2,
  manifests: [
    {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(manifest),
      size: manifest.length,
    },
  ],
});
const blobName = (bytes: string | Buffer): string => `blobs/sha256/${digestOf(bytes).slice(7)}`;
const OCI_ARCHIVE = tarOf(
  { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  { name: 'index.json', content: index },
  ...[config, manifest, WHOLE].map((content) => ({ name: blobName(content), content })),
);
const DOCKER_ARCHIVE = tarOf(
  {
    name: 'manifest.json',
    content: JSON.stringify([{ Config: 'c.json', RepoTags: ['a:b'], Layers: ['l/layer.tar'] }]),
  },
  { name: 'c.json', content: config },
  { name: 'l/layer.tar', content: WHOLE },
);

type Change = (bytes: Buffer) => Buffer;
const where = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, place: number): number => Math.floor(place * bytes.length);

/** What can happen to bytes; a block is where a tar archive is most vulnerable. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(where, fc.nat(7)).map(([place, bit]): Change => (bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[at(copy, place)]! ^= 1 << bit;
    return copy;
  }),
  where.map(
    (place): Change =>
      (bytes) =>
        bytes.subarray(0, at(bytes, place)),
  ),
  fc.tuple(where, fc.uint8Array({ maxLength: 40 })).map(
    ([place, more]): Change =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, place)), more, bytes.subarray(at(bytes, place))]),
  ),
  fc.tuple(where, where, fc.nat(4)).map(([from, to, blocks]): Change => (bytes) => {
    const copy = Buffer.from(bytes);
    const start = Math.floor(at(copy, from) / BLOCK) * BLOCK;
    copy.copy(copy, Math.floor(at(copy, to) / BLOCK) * BLOCK, start, start + blocks * BLOCK);
    return copy;
  }),
  // A field of a header overwritten, and the checksum made right again: lies that are well told.
  fc
    .tuple(
      where,
      fc.constantFrom(0, 100, 108, 124, 136, 156, 157, 257, 329, 345),
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
    )
    .map(([place, field, value]): Change => (bytes) => {
      const copy = Buffer.from(bytes);
      const header = Math.floor(at(copy, place) / BLOCK) * BLOCK;
      if (header + BLOCK > copy.length) return copy;
      Buffer.from(value).copy(copy, header + field);
      return seal(copy, header);
    }),
);
const damaged = (...wholes: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...wholes), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([whole, changes]) => changes.reduce((bytes, apply) => apply(bytes), whole));

async function survives<T>(codes: RegExp, work: () => Promise<T>): Promise<T | undefined> {
  const started = process.cpuUsage();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    expect(error.code, error.message).toMatch(codes);
    expect(error.message.length).toBeLessThan(8000);
    return undefined;
  } finally {
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(LIMIT_MS * SLOWNESS);
  }
}

function checkLayer(entries: readonly Entry[], length: number): void {
  let before: string | undefined;
  for (const { path, ...entry } of entries) {
    if (path !== '') for (const name of path.split('/')) expect(['', '.', '..'], path).not.toContain(name);
    expect(path).not.toContain('\0');
    if (before !== undefined) expect(path > before, `${before} before ${path}`).toBe(true);
    before = path;
    if (entry.type !== 'file') continue;
    expect(Number.isSafeInteger(entry.size) && entry.size >= 0).toBe(true);
    if (entry.content.kind === 'blob') expect(entry.content.offset + entry.size).toBeLessThanOrEqual(length);
  }
  // It can be looked at from its root to its last leaf.
  for (const node of walk(stack([{ entries }]))) expect(node.type).not.toBe('whiteout');
}

test.each([
  ['random bytes', fc.uint8Array({ maxLength: 4000 }).map((bytes) => Buffer.from(bytes)), 500],
  ['damaged archives', damaged(WHOLE), 2500],
])('%s, read as a layer', async (_, archives, numRuns) => {
  let [count, taken] = [0, 0];
  await assertMany(
    fc.asyncProperty(
      archives,
      fc.boolean(),
      fc.integer({ min: 1, max: 3000 }),
      async (bytes, whiteouts, size) => {
        count += 1;
        const options = {
          what: 'x',
          content: (offset: number) => ({ kind: 'blob', blob: 'b', offset }) as const,
          whiteouts,
          absolute: 'refuse',
        } as const;
        const layer = await survives(/^ARCHIVE_/, () => layerFromTar(inChunks(bytes, size), options));
        if (layer) checkLayer(layer.entries, bytes.length);
        if (layer) taken += 1;
      },
    ),
    numRuns,
  );
  expect(taken).toBeLessThan(count);
});

const packed = {
  gzip: gzipSync(WHOLE),
  xz: execFileSync('xz', ['-c'], { input: WHOLE }),
  bzip2: execFileSync('bzip2', ['-c'], { input: WHOLE }),
  zstd: execFileSync('zstd', ['-c', '-q'], { input: WHOLE }),
};

test.each(Object.entries(packed))('damaged %s', async (_, whole) => {
  await fc.assert(
    fc.asyncProperty(damaged(whole), fc.integer({ min: 1, max: 3000 }), async (bytes, size) => {
      await survives(/^ARCHIVE_/, async () => {
        const plain = decompressAuto(inChunks(bytes, size), ARCHIVE_LIMITS);
        for await (const member of readTar(plain)) expect(member.header.path).toBeTypeOf('string');
      });
    }),
    { ...TIME_BOX, interruptAfterTimeLimit: 1500, numRuns: 600 },
  );
});

test('damaged image archives', async () => {
  let [count, taken] = [0, 0];
  await assertMany(
    fc.asyncProperty(damaged(OCI_ARCHIVE, DOCKER_ARCHIVE), async (bytes) => {
      count += 1;
      const images = await survives(/^(ARCHIVE_|IMAGE_DAMAGED|DIGEST_MISMATCH|REFERENCE_INVALID)/, () =>
        readArchive(members(bytes), inMemory()),
      );
      for (const image of images ?? []) expect(image.blobs.has(image.descriptor.digest)).toBe(true);
      if (images) taken += 1;
    }),
    1500,
  );
  expect(taken).toBeLessThan(count / 2);
  for (const whole of [OCI_ARCHIVE, DOCKER_ARCHIVE])
    expect(await readArchive(members(whole), inMemory())).toHaveLength(1);
});

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function* members(bytes: Buffer) {
  for await (const { header, body } of readTar(inChunks(bytes, 2000))) {
    yield { path: header.path, type: header.type, linkname: header.linkname, content: body };
  }
}

/** Where an image archive is taken apart to, without a disk. */
function inMemory(): BlobStage {
  const blobs = new Map<string, Buffer>();
  const put: BlobStage['put'] = async (source, expected) => {
    const parts: Uint8Array[] = [];
    for await (const part of source) parts.push(part);
    const bytes = Buffer.concat(parts);
    const digest = digestOf(bytes);
    if (expected?.digest !== undefined && expected.digest !== digest)
      throw new DecantError('DIGEST_MISMATCH', 'not what was expected');
    blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  };
  const get = (digest: string): Buffer => {
    const found = blobs.get(digest);
    if (!found) throw new Error(`no blob ${digest}`);
    return found;
  };
  return {
    put,
    putBytes: (bytes) => put(inChunks(Buffer.from(bytes), 4096)),
    size: (digest) => blobs.get(digest)?.length,
    read: (digest) => inChunks(get(digest), 4096),
    readBytes: async (digest, maxBytes) => {
      if (get(digest).length > maxBytes) throw new DecantError('IMAGE_DAMAGED', 'too large');
      return get(digest);
    },
  };
}

function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
