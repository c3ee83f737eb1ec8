/**
 * Images as one archive. `oci-archive` is an OCI image layout (OCI image-spec, image-layout.md) in a tar.
 * `docker-archive` is the same with `manifest.json` and `repositories` added, which is what `docker save` has written
 * since Docker 25: `docker load`, `podman load` and skopeo's `docker-archive:` read it, old versions too, since
 * manifest.json names its files by whatever path. The same images give the same bytes.
 */
import { decompress } from '../codec/compression.ts';
import { digestOf } from '../codec/digest.ts';
import { streamOf } from '../codec/stream.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '../codec/tar/tar.ts';
import { DecantError } from '../errors.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import { digestHex } from './digest.ts';
import { documentsFor, type Image, joinImage, type LayerDescriptor } from './image.ts';
import { canonicalJson } from './json.ts';
import { decodeIndex, decodeManifest, encodeIndex, MAX_MANIFEST_BYTES } from './manifest.ts';
import { isIndexType, layerCompression, MEDIA_TYPE } from './media-types.ts';
import { type ImageName, namedEntry } from './names.ts';
import { familiar, familiarRepository } from './reference.ts';

export type ArchiveType = 'docker-archive' | 'oci-archive';

/** Where blobs come from; what it gives is verified already. */
export interface BlobReader {
  readonly read: (digest: string) => AsyncIterable<Uint8Array>;
  /** The same in memory that is used again: for archives that are written chunk by chunk. */
  readonly readInTurns?: (digest: string) => AsyncIterable<Uint8Array>;
  readonly readBytes: (digest: string, maxBytes: number) => Promise<Uint8Array>;
}

export interface ArchivedImage {
  readonly names: readonly ImageName[];
  /** Of a manifest; in an `oci-archive` also of an index, if all it names can be read. */
  readonly descriptor: Descriptor;
}

/** One file of a layout. */
export interface LayoutFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** The archive's bytes, made as they are asked for. Throws what reading the blobs throws, and IMAGE_DAMAGED. */
export async function* writeArchive(
  images: readonly ArchivedImage[],
  blobs: BlobReader,
  type: ArchiveType,
): AsyncGenerator<Uint8Array> {
  yield* archiveOf(await layoutFiles(images, blobs, type));
}

/** The files as the bytes of one archive. */
export async function* archiveOf(files: readonly LayoutFile[]): AsyncGenerator<Uint8Array> {
  const fixed = { uid: 0, gid: 0, mtime: 0 };
  for (const path of ['blobs', 'blobs/sha256'])
    yield encodeTarHeader({ ...fixed, path, type: 'directory', mode: 0o755 });
  for (const { path, size, content } of files) {
    yield encodeTarHeader({ ...fixed, path, type: 'file', mode: 0o644, size });
    yield* content();
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** The layout's files, documents first, then blobs by digest. */
export async function layoutFiles(
  images: readonly ArchivedImage[],
  blobs: BlobReader,
  type: ArchiveType,
): Promise<readonly LayoutFile[]> {
  const collected = new Map<string, LayoutFile>();
  const entries: Descriptor[] = [];
  const listed: DockerEntry[] = [];
  for (const { names, descriptor } of images) {
    let top = descriptor;
    if (type === 'oci-archive') await addAll(blobs, collected, descriptor);
    else top = await addForDocker(blobs, collected, descriptor, names, listed);
    const named = names.length > 0 ? names : [undefined];
    entries.push(...named.map((name) => namedEntry(top, name)));
  }
  const files = [
    memoryFile('oci-layout', canonicalJson({ imageLayoutVersion: '1.0.0' })),
    memoryFile('index.json', encodeIndex({ mediaType: MEDIA_TYPE.index, manifests: entries })),
  ];
  if (type === 'docker-archive') {
    files.push(memoryFile('manifest.json', canonicalJson(listed.map(({ entry }) => entry))));
    const repositories = repositoriesOf(listed);
    if (repositories.size > 0) files.push(memoryFile('repositories', canonicalJson(repositories)));
  }
  return [...files, ...[...collected.values()].sort((a, b) => (a.path < b.path ? -1 : 1))];
}

interface DockerEntry {
  /** As manifest.json has it. */
  readonly entry: object;
  readonly layers: readonly LayerDescriptor[];
  readonly names: readonly ImageName[];
}

async function addAll(
  blobs: BlobReader,
  files: Map<string, LayoutFile>,
  descriptor: Descriptor,
): Promise<void> {
  const bytes = await blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
  addFile(files, memoryFile(blobPath(descriptor.digest), bytes));
  const what = `image ${descriptor.digest}`;
  if (isIndexType(descriptor.mediaType)) {
    for (const child of decodeIndex(bytes, what).manifests) {
      if (isIndexType(child.mediaType)) {
        throw new DecantError('IMAGE_DAMAGED', `${what} is an index of indexes, which cannot be saved`);
      }
      await addAll(blobs, files, child);
    }
    return;
  }
  const { config, layers } = decodeManifest(bytes, what);
  for (const blob of [config, ...layers]) addFile(files, blobFile(blobs, blob));
}

/** Gives the descriptor of the manifest that went into the archive. */
async function addForDocker(
  blobs: BlobReader,
  files: Map<string, LayoutFile>,
  descriptor: Descriptor,
  names: readonly ImageName[],
  listed: DockerEntry[],
): Promise<Descriptor> {
  const what = `image ${descriptor.digest}`;
  const bytes = await blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
  const manifest = decodeManifest(bytes, what);
  const config = await blobs.readBytes(manifest.config.digest, MAX_CONFIG_BYTES);
  const image = joinImage(manifest, decodeConfig(config, what), what);
  const changed = image.layers.some(needsUnpacking);
  const layers = changed
    ? await Promise.all(image.layers.map((layer) => unpackedLayer(blobs, layer)))
    : image.layers;
  const unpacked: Image = { config: image.config, layers };
  const documents = documentsFor(config, unpacked, manifest.annotations);
  addFile(files, memoryFile(blobPath(documents.configDescriptor.digest), config));
  const top = changed ? documents.manifestDescriptor : descriptor;
  addFile(files, memoryFile(blobPath(top.digest), changed ? documents.manifest : bytes));
  for (const [index, layer] of layers.entries()) {
    const stored = image.layers[index];
    addFile(
      files,
      stored && needsUnpacking(stored)
        ? { ...blobFile(blobs, layer.descriptor), content: () => unpack(blobs, stored) }
        : blobFile(blobs, layer.descriptor),
    );
  }
  const entry = {
    Config: blobPath(documents.configDescriptor.digest),
    RepoTags: names.map(familiar),
    Layers: layers.map((layer) => blobPath(layer.descriptor.digest)),
  };
  listed.push({ entry, layers, names });
  return top;
}

/** Versions of Docker that people run do not read Zstandard; plain tar and gzip all do. */
function needsUnpacking({ descriptor }: LayerDescriptor): boolean {
  return layerCompression(descriptor.mediaType) === 'zstd';
}

async function unpackedLayer(blobs: BlobReader, layer: LayerDescriptor): Promise<LayerDescriptor> {
  if (!needsUnpacking(layer)) return layer;
  // A tar header says the size before the content comes, so the layer is decompressed twice and kept nowhere.
  const { digest, size } = await digestOf(unpack(blobs, layer));
  if (digest !== layer.diffId) {
    throw new DecantError(
      'DIGEST_MISMATCH',
      `layer ${layer.descriptor.digest} does not have its diff id ${layer.diffId}`,
    );
  }
  return { diffId: digest, descriptor: { mediaType: MEDIA_TYPE.layer, digest, size } };
}

function unpack(blobs: BlobReader, { descriptor }: LayerDescriptor): AsyncIterable<Uint8Array> {
  return decompress(blobs.read(descriptor.digest), 'zstd', { name: `layer ${descriptor.digest}` });
}

/** Repository to tag to topmost layer, for Docker before 1.10. */
function repositoriesOf(listed: readonly DockerEntry[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const repositories = new Map<string, Map<string, string>>();
  for (const { names, layers } of listed) {
    const top = layers.at(-1);
    if (!top) continue;
    for (const name of names) {
      const tags = repositories.get(familiarRepository(name)) ?? new Map<string, string>();
      repositories.set(familiarRepository(name), tags.set(name.tag, digestHex(top.diffId)));
    }
  }
  return repositories;
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function addFile(files: Map<string, LayoutFile>, file: LayoutFile): void {
  if (!files.has(file.path)) files.set(file.path, file);
}

function memoryFile(path: string, bytes: Uint8Array): LayoutFile {
  return { path, size: bytes.byteLength, content: () => streamOf(bytes) };
}

function blobFile(blobs: BlobReader, { digest, size }: Descriptor): LayoutFile {
  return { path: blobPath(digest), size, content: () => (blobs.readInTurns ?? blobs.read)(digest) };
}
