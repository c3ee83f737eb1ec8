/**
 * Images from an archive: OCI image layouts (OCI image-spec, image-layout.md), what `docker save` and `podman save`
 * write (manifest.json, layers anywhere), and both in one. The archive is a stranger's: it is believed only after
 * names, sizes, digests and diff ids were checked.
 */
import { DecantError } from '../errors.ts';
import {
  type Archive,
  type ArchiveMember,
  type BlobStage,
  checkLayer,
  DEFAULT_MAX_LAYER_BYTES,
  fileAt,
  takeApart,
} from './archive-files.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import { documentsFor, joinImage, type LayerDescriptor, makeImage } from './image.ts';
import { damaged, type Fields, parseObject, parseObjects } from './json.ts';
import { decodeIndex, decodeManifest, type Manifest, MAX_MANIFEST_BYTES } from './manifest.ts';
import { isIndexType, layerCompression, layerMediaType } from './media-types.ts';
import { entryName, type ImageName, namedEntry, REF_NAME } from './names.ts';
import { familiar, parseImageName } from './reference.ts';

export interface ReadImage {
  readonly names: readonly ImageName[];
  /** What the archive calls it as it stands there: a name, or a tag alone. */
  readonly tags: readonly string[];
  readonly descriptor: Descriptor;
  /** Every staged blob that belongs to it. */
  readonly blobs: ReadonlySet<string>;
}

export interface ReadArchiveOptions {
  /** What the archive is called in errors. */
  readonly name?: string;
  /** Most bytes that one layer may have when it is unpacked. */
  readonly maxLayerBytes?: number;
}

/** Throws ARCHIVE_UNSAFE, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE, IMAGE_DAMAGED, DIGEST_MISMATCH. */
export async function readArchive(
  members: AsyncIterable<ArchiveMember>,
  stage: BlobStage,
  options: ReadArchiveOptions = {},
): Promise<readonly ReadImage[]> {
  const archive: Archive = {
    name: options.name ?? 'archive',
    maxLayerBytes: options.maxLayerBytes ?? DEFAULT_MAX_LAYER_BYTES,
    stage,
    files: new Map(),
    links: new Map(),
    checked: new Map(),
  };
  await takeApart(archive, members);
  const layout = archive.files.has('oci-layout') && archive.files.has('index.json');
  const listed = archive.files.has('manifest.json') ? await dockerEntries(archive) : [];
  if (!layout && listed.length === 0) {
    throw new DecantError('ARCHIVE_INVALID', `${archive.name} is not an image archive`, {
      hint: 'it has neither index.json nor manifest.json; a root file system is taken in by `decant import`',
    });
  }
  return layout ? readLayout(archive, listed) : readDocker(archive, listed);
}

interface DockerEntry {
  readonly config: string;
  readonly names: readonly ImageName[];
  readonly layers: readonly string[];
}

async function readLayout(archive: Archive, listed: readonly DockerEntry[]): Promise<readonly ReadImage[]> {
  const { stage, name } = archive;
  const marker = parseObject(
    await stage.readBytes(fileAt(archive, 'oci-layout').digest, 4096),
    `${name}: oci-layout`,
    4096,
  );
  const version = marker.string('imageLayoutVersion') ?? '';
  if (!version.startsWith('1.'))
    throw damaged(`${name}: image layout version ${JSON.stringify(version)}, only 1 is read`);
  const index = decodeIndex(
    await stage.readBytes(fileAt(archive, 'index.json').digest, MAX_MANIFEST_BYTES),
    `${name}: index.json`,
  );
  const images = new Map<
    string,
    {
      names: Map<string, ImageName>;
      tags: Set<string>;
      descriptor: Descriptor;
      blobs: Set<string>;
      configs: Set<string>;
    }
  >();
  for (const entry of index.manifests) {
    const found = images.get(entry.digest) ?? {
      names: new Map<string, ImageName>(),
      tags: new Set<string>(),
      descriptor: namedEntry(entry, undefined),
      ...(await checkImage(archive, entry)),
    };
    images.set(entry.digest, found);
    const named = entryName(entry);
    if (named) found.names.set(familiar(named), named);
    const tag = entry.annotations?.[REF_NAME];
    if (tag !== undefined) found.tags.add(tag);
  }
  for (const { config, names } of listed) {
    const { digest } = fileAt(archive, config);
    const image = [...images.values()].find(({ configs }) => configs.has(digest));
    for (const named of image ? names : []) image?.names.set(familiar(named), named);
  }
  return [...images.values()].map(({ names, tags, descriptor, blobs }) => ({
    names: [...names.values()],
    tags: [...new Set([...tags, ...names.keys()])],
    descriptor,
    blobs,
  }));
}

/** Checks the image, or every image that an index names and the archive has, down to the diff ids. */
async function checkImage(
  archive: Archive,
  descriptor: Descriptor,
): Promise<{ blobs: Set<string>; configs: Set<string> }> {
  const what = `${archive.name}: image ${descriptor.digest}`;
  const bytes = await readStaged(archive, descriptor, what, MAX_MANIFEST_BYTES);
  if (!isIndexType(descriptor.mediaType))
    return checkManifest(archive, descriptor, decodeManifest(bytes, what), what);
  const blobs = new Set([descriptor.digest]);
  const configs = new Set<string>();
  let images = 0;
  for (const child of decodeIndex(bytes, what).manifests) {
    // Docker saves the index of an image with only the platforms that it has.
    if (archive.stage.size(child.digest) === undefined) continue;
    if (isIndexType(child.mediaType)) throw damaged(`${what} is an index of indexes`);
    const of = `${archive.name}: image ${child.digest}`;
    const manifest = decodeManifest(await readStaged(archive, child, of, MAX_MANIFEST_BYTES), of);
    // Attestations are listed like images, for a platform that is not one.
    const isImage = child.platform?.os !== 'unknown';
    const found = isImage
      ? await checkManifest(archive, child, manifest, of)
      : { blobs: checkBlobs(archive, child, manifest, of), configs: [] };
    for (const digest of found.blobs) blobs.add(digest);
    for (const digest of found.configs) configs.add(digest);
    if (isImage) images += 1;
  }
  if (images === 0) throw damaged(`${what} is an index, and none of its images is there`);
  return { blobs, configs };
}

async function checkManifest(
  archive: Archive,
  descriptor: Descriptor,
  manifest: Manifest,
  what: string,
): Promise<{ blobs: Set<string>; configs: Set<string> }> {
  const blobs = checkBlobs(archive, descriptor, manifest, what);
  const config = await readStaged(archive, manifest.config, `${what}: config`, MAX_CONFIG_BYTES);
  const image = joinImage(manifest, decodeConfig(config, `${what}: config`), what);
  for (const layer of image.layers) {
    const said = layerCompression(layer.descriptor.mediaType);
    const { diffId, compression } = await checkLayer(archive, layer.descriptor.digest);
    if (diffId !== layer.diffId) {
      throw new DecantError(
        'DIGEST_MISMATCH',
        `${what}: layer ${layer.descriptor.digest} unpacks to ${diffId}, not ${layer.diffId}`,
      );
    }
    if (said !== compression)
      throw damaged(`${what}: layer ${layer.descriptor.digest} is ${compression}, not ${said}`);
  }
  return { blobs, configs: new Set([manifest.config.digest]) };
}

function checkBlobs(archive: Archive, descriptor: Descriptor, manifest: Manifest, what: string): Set<string> {
  for (const blob of [manifest.config, ...manifest.layers]) checkSize(archive, blob, what);
  return new Set([descriptor.digest, manifest.config.digest, ...manifest.layers.map(({ digest }) => digest)]);
}

function checkSize({ stage }: Archive, { digest, size }: Descriptor, what: string): void {
  const actual = stage.size(digest);
  if (actual === undefined) throw damaged(`${what}: blob ${digest} is missing`);
  if (actual !== size)
    throw damaged(`${what}: blob ${digest} has ${actual} bytes where ${size} were expected`);
}

function readStaged(
  archive: Archive,
  descriptor: Descriptor,
  what: string,
  maxBytes: number,
): Promise<Uint8Array> {
  checkSize(archive, descriptor, what);
  return archive.stage.readBytes(descriptor.digest, maxBytes);
}

async function readDocker(archive: Archive, listed: readonly DockerEntry[]): Promise<readonly ReadImage[]> {
  const images = new Map<string, ReadImage>();
  for (const entry of listed) {
    const what = `${archive.name}: image ${entry.names[0] ? familiar(entry.names[0]) : entry.config}`;
    const config = await archive.stage.readBytes(fileAt(archive, entry.config).digest, MAX_CONFIG_BYTES);
    const decoded = decodeConfig(config, `${what}: config`);
    const diffIds = decoded.rootfs.diff_ids;
    if (diffIds.length !== entry.layers.length) {
      throw damaged(
        `${what}: ${entry.layers.length} layers in manifest.json, ${diffIds.length} in its config`,
      );
    }
    const layers: LayerDescriptor[] = [];
    for (const [index, path] of entry.layers.entries()) {
      const { digest, size } = fileAt(archive, path);
      const { diffId, compression } = await checkLayer(archive, digest);
      if (diffId !== diffIds[index]) {
        throw new DecantError(
          'DIGEST_MISMATCH',
          `${what}: layer ${path} unpacks to ${diffId}, not ${diffIds[index]}`,
        );
      }
      layers.push({ diffId, descriptor: { mediaType: layerMediaType(compression), digest, size } });
    }
    // The config keeps its bytes, so the image keeps its id; the manifest is ours, the archive has none.
    const documents = documentsFor(config, makeImage(decoded, layers));
    await archive.stage.putBytes(documents.manifest);
    const { manifestDescriptor: descriptor, configDescriptor } = documents;
    const blobs = [
      descriptor.digest,
      configDescriptor.digest,
      ...layers.map((layer) => layer.descriptor.digest),
    ];
    const names = [...(images.get(descriptor.digest)?.names ?? []), ...entry.names];
    images.set(descriptor.digest, {
      names,
      tags: names.map(familiar),
      descriptor,
      blobs: new Set(blobs),
    });
  }
  return [...images.values()];
}

async function dockerEntries(archive: Archive): Promise<readonly DockerEntry[]> {
  const what = `${archive.name}: manifest.json`;
  const bytes = await archive.stage.readBytes(fileAt(archive, 'manifest.json').digest, MAX_MANIFEST_BYTES);
  return parseObjects(bytes, what, MAX_MANIFEST_BYTES).map((fields) => ({
    config: fields.required('Config', fields.string('Config')),
    names: (fields.strings('RepoTags') ?? []).map((text) => dockerName(fields, text)),
    layers: fields.strings('Layers') ?? [],
  }));
}

function dockerName(fields: Fields, text: string): ImageName {
  try {
    return parseImageName(text);
  } catch (error) {
    throw damaged(`${fields.what}: ${JSON.stringify(text.slice(0, 200))} is not the name of an image`, error);
  }
}
