/**
 * Images into the store from an archive or a layout folder, and out of it. Coming in, everything is staged in a
 * temporary folder and checked there; only then do the blobs appear in the store, and last of all the names.
 */
import { constants, readdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { decompressAuto } from '../codec/compression.ts';
import { sha256, verified } from '../codec/digest.ts';
import { readTar } from '../codec/tar/tar.ts';
import { DecantError, fromSystemError, systemCode } from '../errors.ts';
import type { ArchiveMember, BlobStage } from '../oci/archive-files.ts';
import { type ReadArchiveOptions, type ReadImage, readArchive } from '../oci/archive-read.ts';
import {
  type ArchivedImage,
  type ArchiveType,
  layoutFiles,
  type LayoutFile,
  writeArchive,
} from '../oci/archive-write.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import { damaged } from '../oci/json.ts';
import { decodeIndex, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import { ARCHIVE_LIMITS } from './archive-limits.ts';
import { type Blobs, writeHashed } from './blobs.ts';
import { makeFolder, storeError, syncFolder } from './files.ts';
import type { Images, StoredImage } from './images.ts';
import type { Locks } from './locks.ts';
import type { StoreLayout } from './layout.ts';
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
    importLayout: (source, options = {}) => importMembers(parts, tarMembers(source, options), options),
    importFolder: (path, options = {}) =>
      importMembers(parts, folderMembers(path), { ...options, name: options.name ?? path }),
    openArchive: (source, options = {}) => openMembers(parts, tarMembers(source, options), options),
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
        await writeFolder(path, await layoutFiles(await chosen(names, options), blobs, options.type));
      } finally {
        release();
      }
    },
  };
}

/** The image's name that the text is, if it is not a digest or an id. */
export function nameAmong(names: readonly string[], text: string): string | undefined {
  try {
    const name = familiar(parseImageName(text));
    return names.includes(name) ? name : undefined;
  } catch {
    return undefined;
  }
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

async function* tarMembers(
  source: AsyncIterable<Uint8Array>,
  { name = 'archive' }: ImportOptions,
): AsyncGenerator<ArchiveMember> {
  for await (const { header, body } of readTar(decompressAuto(source, { ...ARCHIVE_LIMITS, name }), {
    name,
  })) {
    yield { path: header.path, type: header.type, linkname: header.linkname, content: body };
  }
}

/** Only what a layout consists of; nothing is followed out of the folder. */
async function* folderMembers(folder: string): AsyncGenerator<ArchiveMember> {
  const blobs = 'blobs/sha256';
  const top = list(folder).filter((name) => name === 'oci-layout' || name === 'index.json');
  const paths = [...top, ...list(join(folder, blobs)).map((name) => `${blobs}/${name}`)];
  for (const path of paths) {
    yield { path, type: 'file', linkname: '', content: () => readRegularFile(join(folder, path)) };
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${folder}: is it an OCI image layout?`, {
      cause: error,
    });
  }
}

/** A regular file's bytes; no link is followed to it. Throws FILE_UNREADABLE, ARCHIVE_UNSAFE. */
export async function* readRegularFile(path: string): AsyncGenerator<Uint8Array> {
  // Not blocking, or opening a fifo would wait for a writer that never comes.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
  try {
    if (!(await handle.stat()).isFile()) {
      throw new DecantError('ARCHIVE_UNSAFE', `${path} is not a regular file`);
    }
    yield* handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>;
  } finally {
    await handle.close();
  }
}

async function* interruptible(
  members: AsyncIterable<ArchiveMember>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ArchiveMember> {
  const stop = (): void => {
    if (signal?.aborted) throw new DecantError('INTERRUPTED', 'interrupted while loading images');
  };
  for await (const member of members) {
    stop();
    yield {
      ...member,
      content: async function* () {
        for await (const chunk of member.content()) {
          stop();
          yield chunk;
        }
      },
    };
  }
}

/** Files in a folder of its own, named by their digests. */
function stageIn(folder: string): BlobStage {
  const sizes = new Map<string, number>();
  let count = 0;
  const put: BlobStage['put'] = async (source, expected) => {
    count += 1;
    const file = join(folder, `incoming-${count}`);
    const blob = await writeHashed(source, file, expected);
    renameSync(file, join(folder, digestHex(blob.digest)));
    sizes.set(blob.digest, blob.size);
    return blob;
  };
  const read = (digest: string): AsyncIterable<Uint8Array> =>
    verified(readRegularFile(join(folder, digestHex(digest))), { digest }, `blob ${digest}`);
  return {
    put,
    putBytes: (bytes) => put(chunk(bytes), { digest: sha256(bytes) }),
    size: (digest) => sizes.get(digest),
    read,
    readBytes: async (digest, maxBytes) => {
      const size = sizes.get(digest) ?? 0;
      if (size > maxBytes)
        throw damaged(`blob ${digest} is too large: ${size} bytes, at most ${maxBytes} are read`);
      const parts: Uint8Array[] = [];
      for await (const part of read(digest)) parts.push(part);
      return Buffer.concat(parts);
    },
  };
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
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

/** Writes a layout's files into a folder that is new or empty. Throws FILE_UNWRITABLE, DISK_FULL. */
export async function writeFolder(path: string, files: readonly LayoutFile[]): Promise<void> {
  try {
    makeFolder(join(path, 'blobs/sha256'));
    for (const { path: name, size, content } of files) {
      await writeHashed(content(), join(path, name), { size }, unwritable);
    }
  } catch (error) {
    throw unwritable(error, path);
  }
}

function unwritable(error: unknown, path: string): unknown {
  const known = fromSystemError(error, `writing ${path}`);
  const code = systemCode(known);
  if (known instanceof DecantError || code === undefined) return known;
  return new DecantError('FILE_UNWRITABLE', `cannot write ${path} (${code})`, {
    cause: error,
    hint: 'does its directory exist, is it empty, and may you write there?',
  });
}
