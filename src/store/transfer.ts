/**
 * Images into the store from an archive or a layout folder, and out of it. Coming in, everything is staged in a
 * temporary folder and checked there; only then do the blobs appear in the store, and last of all the names.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';

import type { ArchiveMember, BlobStage } from '../oci/archive-files.ts';
import { type ReadArchiveOptions, type ReadImage, readArchive } from '../oci/archive-read.ts';
import { type ArchivedImage, type ArchiveType, layoutFiles, writeArchive } from '../oci/archive-write.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import { decodeIndex, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import { folderMembers, interruptible, tarMembers } from './archive-members.ts';
import { stageIn } from './blob-stage.ts';
import type { Blobs } from './blobs.ts';
import { storeError, syncFolder } from './files.ts';
import { type Images, nameAmong, type StoredImage } from './images.ts';
import { writeLayoutFolder } from './layout-folder.ts';
import type { StoreLayout } from './layout.ts';
import type { Locks } from './locks.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface ImportedImage {
  /** Familiar names; empty if the archive gives it none. */
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

export interface ImportOptions extends ReadArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names in the archive do not count: what has them in the store keeps them. */
  readonly unnamed?: boolean | undefined;
}

export interface ExportOptions {
  readonly type: ArchiveType;
  /** Which image of one for several platforms. Default: all in an `oci-archive`, else this machine's. */
  readonly platform?: Platform | undefined;
}

export interface Transfer {
  /**
   * Takes in every image of an archive (`docker save`, `podman save`, OCI; compressed or not). Throws what `readArchive`
   * throws; the store is then as it was.
   */
  readonly importLayout: (
    source: AsyncIterable<Uint8Array>,
    options?: ImportOptions,
  ) => Promise<readonly ImportedImage[]>;
  /** The same from a folder that is an OCI image layout. */
  readonly importFolder: (path: string, options?: ImportOptions) => Promise<readonly ImportedImage[]>;
  /** Takes an archive apart and checks it, beside the store: nothing of it becomes an image there. Close it. */
  readonly openArchive: (source: AsyncIterable<Uint8Array>, options?: ImportOptions) => Promise<OpenArchive>;
  /** The images as the bytes of one archive. An image asked for by id or digest has no name in it. */
  readonly exportLayout: (names: readonly string[], options: ExportOptions) => AsyncGenerator<Uint8Array>;
  /** The same as a folder, which must be new or empty. Throws FILE_UNWRITABLE. */
  readonly exportFolder: (names: readonly string[], path: string, options: ExportOptions) => Promise<void>;
}

export interface OpenArchive {
  readonly images: readonly ReadImage[];
  readonly blobs: Pick<BlobStage, 'read' | 'readBytes' | 'size'> & {
    /** The file that a blob was staged in. */
    readonly file: (digest: string) => string;
  };
  readonly close: () => Promise<void>;
}

interface Parts {
  readonly layout: StoreLayout;
  readonly blobs: Blobs;
  readonly images: Images;
  readonly locks: Locks;
  readonly tmp: TemporaryFolders;
}

export function transferOf(parts: Parts): Transfer {
  const { images, blobs, locks } = parts;
  const chosen = async (
    names: readonly string[],
    options: ExportOptions,
  ): Promise<readonly ArchivedImage[]> => {
    const found = new Map<string, ArchivedImage>();
    for (const text of names) {
      const image = await images.get(text);
      const descriptor = await choose(parts, image, options);
      const name = nameAmong(image.names, text);
      const before = found.get(descriptor.digest)?.names ?? [];
      const parsed =
        name === undefined || before.some((other) => familiar(other) === name) ? [] : [parseImageName(name)];
      found.set(descriptor.digest, { descriptor, names: [...before, ...parsed] });
    }
    return [...found.values()];
  };
  return {
    importLayout: (source, options = {}) => importMembers(parts, tarMembers(source, options.name), options),
    importFolder: (path, options = {}) =>
      importMembers(parts, folderMembers(path), { ...options, name: options.name ?? path }),
    openArchive: (source, options = {}) => openMembers(parts, tarMembers(source, options.name), options),
    exportLayout: async function* (names, options) {
      const release = await locks.use();
      try {
        yield* writeArchive(await chosen(names, options), blobs, options.type);
      } finally {
        release();
      }
    },
    exportFolder: async (names, path, options) => {
      const release = await locks.use();
      try {
        await writeLayoutFolder(path, await layoutFiles(await chosen(names, options), blobs, options.type));
      } finally {
        release();
      }
    },
  };
}

async function importMembers(
  { layout, blobs, images, locks, tmp }: Parts,
  members: AsyncIterable<ArchiveMember>,
  options: ImportOptions,
): Promise<readonly ImportedImage[]> {
  const release = await locks.use({ signal: options.signal });
  const folder = await tmp.create();
  try {
    const found = await readArchive(interruptible(members, options.signal), stageIn(folder.path), options);
    const wanted = new Set(found.flatMap((image) => [...image.blobs]));
    publish(folder.path, [...wanted], blobs);
    syncFolder(layout.path('blobs', 'sha256'));
    const imported = found.map(({ names, descriptor }) => ({
      names: options.unnamed ? [] : names.map(familiar),
      descriptor,
    }));
    for (const { names, descriptor } of imported) await images.tag(names, descriptor);
    return imported;
  } finally {
    await folder.remove();
    release();
  }
}

async function openMembers(
  { locks, tmp }: Parts,
  members: AsyncIterable<ArchiveMember>,
  options: ImportOptions,
): Promise<OpenArchive> {
  const release = await locks.use({ signal: options.signal });
  const folder = await tmp.create();
  const close = async (): Promise<void> => {
    await folder.remove();
    release();
  };
  try {
    const stage = stageIn(folder.path);
    const images = await readArchive(interruptible(members, options.signal), stage, options);
    const file = (digest: string): string => join(folder.path, digestHex(digest));
    return { images, blobs: { ...stage, file }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function publish(stage: string, digests: readonly string[], blobs: Blobs): void {
  for (const digest of digests) {
    const path = blobs.path(digest);
    try {
      renameSync(join(stage, digestHex(digest)), path);
    } catch (error) {
      throw storeError(error, path);
    }
  }
}

async function choose(
  { images, blobs }: Parts,
  image: StoredImage,
  options: ExportOptions,
): Promise<Descriptor> {
  const { descriptor } = image;
  if (!isIndexType(descriptor.mediaType)) return descriptor;
  if (options.type === 'oci-archive' && options.platform === undefined) {
    const bytes = await blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
    const complete = decodeIndex(bytes, `image ${descriptor.digest}`).manifests.every(({ digest }) =>
      blobs.has(digest),
    );
    if (complete) return descriptor;
  }
  return (await images.load(image, options.platform)).descriptor;
}
