/**
 * The files of an image archive, taken apart in one pass into a staging area: an archive may come through a pipe, and
 * what it says about a file may stand after the file. Nothing outside the stage is touched.
 */
import { posix } from 'node:path';

import { decompress, detectCompression, MAGIC_BYTES } from '../codec/compression.ts';
import { digestOf } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import { damaged } from './json.ts';
import type { LayerCompression } from './media-types.ts';

/** What an archive holds, one after another. A tar member fits. */
export interface ArchiveMember {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'char' | 'block' | 'fifo';
  readonly linkname: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

export interface StagedBlob {
  readonly digest: string;
  readonly size: number;
}

/** Where the archive's files wait until they are believed. */
export interface BlobStage {
  /** Throws DIGEST_MISMATCH when it is not what is expected. */
  readonly put: (
    source: AsyncIterable<Uint8Array>,
    expected?: { readonly digest?: string },
  ) => Promise<StagedBlob>;
  readonly putBytes: (bytes: Uint8Array) => Promise<StagedBlob>;
  /** Size of a blob that was put, else undefined. */
  readonly size: (digest: string) => number | undefined;
  readonly read: (digest: string) => AsyncIterable<Uint8Array>;
  readonly readBytes: (digest: string, maxBytes: number) => Promise<Uint8Array>;
}

export interface Archive {
  readonly name: string;
  readonly maxLayerBytes: number;
  readonly stage: BlobStage;
  readonly files: Map<string, StagedBlob>;
  /** Path to the path it stands for. */
  readonly links: Map<string, string>;
  /** Digests of layers to their diff ids and compression, so that a layer that images share is read once. */
  readonly checked: Map<string, { readonly diffId: string; readonly compression: LayerCompression }>;
}

const MAX_MEMBERS = 50_000;
const MAX_LINKS = 8;
export const DEFAULT_MAX_LAYER_BYTES = 256 * 1024 ** 3;
const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;

/** Stages every file. Throws ARCHIVE_UNSAFE, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE, DIGEST_MISMATCH. */
export async function takeApart(archive: Archive, members: AsyncIterable<ArchiveMember>): Promise<void> {
  let count = 0;
  for await (const member of members) {
    count += 1;
    if (count > MAX_MEMBERS) {
      throw new DecantError('ARCHIVE_TOO_LARGE', `${archive.name} has more than ${MAX_MEMBERS} members`);
    }
    const path = safePath(archive, member.path, '');
    if (member.type === 'directory') continue;
    if (member.type === 'symlink')
      archive.links.set(path, safePath(archive, member.linkname, posix.dirname(path)));
    else if (member.type === 'link') archive.links.set(path, safePath(archive, member.linkname, ''));
    else if (member.type === 'file') await addFile(archive, path, member);
    else throw new DecantError('ARCHIVE_UNSAFE', `${archive.name}: ${path} is a ${member.type}, not a file`);
  }
}

async function addFile({ name, stage, files }: Archive, path: string, member: ArchiveMember): Promise<void> {
  const hex = BLOB.exec(path)?.[1];
  const blob = await stage.put(member.content(), hex === undefined ? {} : { digest: `sha256:${hex}` });
  const before = files.get(path);
  // Which of two counts would depend on who reads.
  if (before && before.digest !== blob.digest) {
    throw new DecantError('ARCHIVE_INVALID', `${name} has ${path} twice, with different contents`);
  }
  files.set(path, blob);
}

function safePath({ name }: Archive, path: string, base: string): string {
  const joined = posix.normalize(posix.join(base, path)).replace(/\/+$/, '');
  if (posix.isAbsolute(path) || joined === '..' || joined.startsWith('../')) {
    throw new DecantError('ARCHIVE_UNSAFE', `${name}: ${JSON.stringify(path)} leads out of the archive`);
  }
  return joined === '.' ? '' : joined;
}

/** The file at a path, by way of links within the archive. Throws IMAGE_DAMAGED. */
export function fileAt(archive: Archive, path: string): StagedBlob {
  let at = safePath(archive, path, '');
  for (let followed = 0; followed < MAX_LINKS; followed += 1) {
    const file = archive.files.get(at);
    if (file) return file;
    const target = archive.links.get(at);
    if (target === undefined) break;
    at = target;
  }
  throw damaged(`${archive.name}: file ${JSON.stringify(path)} is missing`);
}

/** A layer's diff id and compression, from its bytes. */
export async function checkLayer(
  archive: Archive,
  digest: string,
): Promise<{ readonly diffId: string; readonly compression: LayerCompression }> {
  const known = archive.checked.get(digest);
  if (known) return known;
  const compression = await compressionOf(archive, digest);
  const stream = decompress(archive.stage.read(digest), compression, {
    name: `${archive.name}: layer ${digest}`,
    maxBytes: archive.maxLayerBytes,
  });
  const checked = { diffId: compression === 'none' ? digest : (await digestOf(stream)).digest, compression };
  archive.checked.set(digest, checked);
  return checked;
}

async function compressionOf({ name, stage }: Archive, digest: string): Promise<LayerCompression> {
  let head = Buffer.alloc(0);
  for await (const chunk of stage.read(digest)) {
    head = Buffer.concat([head, chunk.subarray(0, MAGIC_BYTES)]);
    if (head.length >= MAGIC_BYTES) break;
  }
  const compression = detectCompression(head);
  if (compression === 'none' || compression === 'gzip' || compression === 'zstd') return compression;
  throw damaged(`${name}: layer ${digest} is compressed with ${compression}, which images do not use`);
}
