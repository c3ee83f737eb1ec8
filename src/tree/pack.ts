/**
 * Packing: a layer as a tar stream, the one place where contents are moved. The same layer gives the same bytes
 * (OCI image-spec, layer.md): entries in path order, numeric owners, whole seconds, the clock's times replaced.
 */
import { TAR_END, encodeTarHeader, tarPadding } from '../codec/tar/tar.ts';
import type { TarHeaderInput } from '../codec/tar/tar.ts';
import { DecantError } from '../errors.ts';
import type { Entry, FileEntry, Layer } from './entry.ts';
import { entriesOf } from './layer.ts';
import { baseName, joinPath, parentOf } from './path.ts';

/**
 * A regular file's bytes: at once where it is small, as a stream where it is not.
 *
 * @param room Memory to read into, instead of new: all of a small file, or one piece of a stream after another, each of which
 * is there until the next is asked for.
 */
export type OpenContent = (entry: FileEntry, room?: Buffer) => Uint8Array | AsyncIterable<Uint8Array>;

export interface PackOptions {
  readonly open: OpenContent;
  /** SOURCE_DATE_EPOCH in seconds: no time is later, and times of the clock are this. Zero stands in for the latter. */
  readonly epoch?: number | undefined;
  /** Who takes the chunks is done with one when asking for the next: its memory is used again. */
  readonly reusesChunks?: boolean;
}

/** Small pieces are joined to chunks of up to this size, so that what follows is not called once a header. */
const CHUNK_BYTES = 256 * 1024;

/** What removes things in a layer, and what can therefore be the name of nothing in it. */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** @throws DecantError COPY_FAILED, and whatever `open` and the streams it gives throw */
export async function* packLayer(layer: Layer, options: PackOptions): AsyncGenerator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  const take = (): Uint8Array => {
    const full = chunk.subarray(0, filled);
    if (!options.reusesChunks) chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    filled = 0;
    return full;
  };
  const roomFor = ({ size }: FileEntry): Buffer | undefined =>
    size <= CHUNK_BYTES || options.reusesChunks ? chunk.subarray(filled) : undefined;
  for (const piece of piecesOf(layer, options.epoch)) {
    // One byte more tells a file that has grown.
    const size = piece instanceof Uint8Array ? piece.length : piece.size + 1;
    if (filled > 0 && filled + size > CHUNK_BYTES) yield take();
    const bytes = piece instanceof Uint8Array ? piece : options.open(piece, roomFor(piece));
    if (!(bytes instanceof Uint8Array)) {
      if (filled > 0) yield take();
      yield* exactly(bytes, piece as FileEntry);
      continue;
    }
    if (!(piece instanceof Uint8Array) && bytes.length !== piece.size)
      throw changedWhileRead(piece, bytes.length);
    if (filled + bytes.length > CHUNK_BYTES) {
      if (filled > 0) yield take();
      yield bytes;
    } else {
      // In place already, if it was read there.
      chunk.set(bytes, filled);
      filled += bytes.length;
    }
  }
  yield take();
}

/** What the stream consists of, in order: bytes, and files whose content stands there. */
function* piecesOf(layer: Layer, epoch: number | undefined): Generator<Uint8Array | FileEntry> {
  const firstOfLink = new Map<string, string>();
  for (const entry of entriesOf(layer)) {
    if (entry.path.includes(WHITEOUT)) refuseReserved(entry);
    const first = entry.type === 'file' && entry.link !== undefined ? firstOfLink.get(entry.link) : undefined;
    yield encodeTarHeader(headerOf(entry, first, epoch));
    if (entry.type === 'directory' && entry.opaque)
      yield encodeTarHeader(marker(joinPath(entry.path, OPAQUE)));
    if (entry.type !== 'file' || first !== undefined) continue;
    if (entry.link !== undefined) firstOfLink.set(entry.link, entry.path);
    yield entry;
    yield tarPadding(entry.size);
  }
  yield TAR_END;
}

function refuseReserved({ path }: Entry): void {
  if (!path.split('/').some((component) => component.startsWith(WHITEOUT))) return;
  throw new DecantError(
    'COPY_FAILED',
    `"/${path}" cannot be kept in an image: its name would remove a file`,
    {
      hint: `names that start with "${WHITEOUT}" stand for removed files in layers; leave it out, for example with .dockerignore`,
    },
  );
}

/** The time that an entry has once packed, in whole seconds. */
export function packedTime(entry: Entry, epoch: number | undefined): number {
  if (entry.clock) return epoch ?? 0;
  return Math.floor(epoch === undefined ? entry.mtime : Math.min(entry.mtime, epoch));
}

function headerOf(entry: Entry, firstLink: string | undefined, epoch: number | undefined): TarHeaderInput {
  if (entry.type === 'whiteout')
    return marker(joinPath(parentOf(entry.path), `${WHITEOUT}${baseName(entry.path)}`));
  const { path, mode, uid, gid, xattrs } = entry;
  const header: TarHeaderInput = {
    path: path === '' ? './' : path,
    type: firstLink === undefined ? entry.type : 'link',
    mode,
    uid,
    gid,
    size: entry.type === 'file' && firstLink === undefined ? entry.size : 0,
    mtime: packedTime(entry, epoch),
    linkname: entry.type === 'symlink' ? entry.target : (firstLink ?? ''),
  };
  if (entry.type === 'char' || entry.type === 'block')
    return { ...header, major: entry.major, minor: entry.minor, ...(xattrs ? { xattrs } : {}) };
  return xattrs && firstLink === undefined ? { ...header, xattrs } : header;
}

function marker(path: string): TarHeaderInput {
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0 };
}

async function* exactly(content: AsyncIterable<Uint8Array>, entry: FileEntry): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > entry.size) break;
    yield chunk;
  }
  if (size !== entry.size) throw changedWhileRead(entry, size);
}

function changedWhileRead(entry: FileEntry, size: number): DecantError {
  return new DecantError(
    'COPY_FAILED',
    `"/${entry.path}" changed while it was read: ${entry.size} bytes became ${size}`,
    {
      hint: 'nothing may write to the build context during a build; run the command again',
    },
  );
}
