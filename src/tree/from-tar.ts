/**
 * A tar stream read as a layer: entries with references into the stream, nothing unpacked. What comes in is hostile;
 * names that lead out of the tree end the reading (OCI image-spec, layer.md, for whiteouts and hard links).
 */
import { randomUUID } from 'node:crypto';
import { collect } from '../codec/stream.ts';
import { readTar } from '../codec/tar/tar.ts';
import type { TarHeader, TarMember } from '../codec/tar/tar.ts';
import { DecantError } from '../errors.ts';
import type { Content, FileEntry, Layer, Node } from './entry.ts';
import { makeLayer } from './layer.ts';
import { baseName, joinPath, parentOf } from './path.ts';
import type { Unpacking } from './unpacking.ts';
import { unpacking } from './unpacking.ts';

export interface TarOptions {
  /** The archive's name for messages. */
  readonly what: string;
  /** A reference to `size` bytes at an offset of the (uncompressed) stream. */
  readonly content: (offset: number, size: number) => Content;
  /** Whether `.wh.` names remove things (image layers) or are names like others (archives that people make). */
  readonly whiteouts: boolean;
  /** A leading slash is refused in archives that people make and means the root in layers, as builders write both. */
  readonly absolute: 'refuse' | 'root';
}

/** More members than this is no root file system. */
const MAX_MEMBERS = 4_000_000;
/** PATH_MAX of Linux, in bytes; what is longer could not be unpacked anywhere. */
const MAX_PATH_BYTES = 4096;
/** NAME_MAX, of one component. */
const MAX_NAME_BYTES = 255;
/** Characters that cannot make more bytes than that. */
const SHORT = MAX_NAME_BYTES / 3;
/** Sparse files cannot be referred to and are held in memory, all of an archive's together up to this. */
const MAX_SPARSE_BYTES = 64 * 1024 * 1024;
const WHITEOUT = '.wh.';
/** Of the names that AUFS reserved for itself, only this one has a meaning in layers. */
const RESERVED = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';

/** @throws DecantError ARCHIVE_UNSAFE, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE */
export async function layerFromTar(source: AsyncIterable<Uint8Array>, options: TarOptions): Promise<Layer> {
  const tree = unpacking(options.what);
  let members = 0;
  let sparseLeft = MAX_SPARSE_BYTES;
  for await (const member of readTar(source, { name: options.what })) {
    if (++members > MAX_MEMBERS) {
      throw new DecantError('ARCHIVE_TOO_LARGE', `${options.what} has more than ${MAX_MEMBERS} members`);
    }
    const path = safePath(member.header.path, options);
    if (options.whiteouts && path.includes(WHITEOUT) && removes(path, tree, options)) continue;
    if (member.sparse) sparseLeft -= member.size;
    if (sparseLeft < 0) {
      throw new DecantError('ARCHIVE_TOO_LARGE', `${options.what}: the sparse file "${path}" is too large`, {
        hint: 'make the archive again without sparse files (GNU tar makes them when told --sparse)',
      });
    }
    const bytes = member.sparse ? await collect(member.body()) : undefined;
    tree.set(nodeOf(member, path, bytes, tree, options));
  }
  return makeLayer(tree.finish());
}

/** Whether a member is a whiteout, and if so, its effect. */
function removes(path: string, tree: Unpacking, { what }: TarOptions): boolean {
  const name = baseName(path);
  if (name === OPAQUE) tree.makeOpaque(parentOf(path));
  else if (!path.split('/').some((component) => component.startsWith(RESERVED))) {
    if (!name.startsWith(WHITEOUT)) return false;
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === '' || hidden === '.' || hidden === '..')
      throw unsafe(what, `the whiteout "${path}", which names no entry of its directory`);
    tree.hide(joinPath(parentOf(path), hidden));
  }
  return true;
}

function safePath(raw: string, { what, absolute }: TarOptions): string {
  if (absolute === 'refuse' && raw.startsWith('/')) {
    throw unsafe(
      what,
      `the absolute name "${raw}"`,
      'make it with relative names (GNU tar does unless told -P)',
    );
  }
  if (raw.length > SHORT && isTooLong(raw)) throw unsafe(what, `a name of ${raw.length} characters`);
  if (isClean(raw)) return raw;
  const components = raw.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) throw unsafe(what, `the name "${raw}", which leads out of it`);
  return components.join('/');
}

/** No file system of Linux takes such a name. */
function isTooLong(path: string): boolean {
  return (
    Buffer.byteLength(path) > MAX_PATH_BYTES ||
    path.split('/').some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)
  );
}

/** Nearly all names are in tree form as they come, perhaps with a slash or `./` that is taken off here. */
function isClean(raw: string): boolean {
  return raw !== '' && !/(?:^|\/)\.{0,2}(?:\/|$)/.test(raw);
}

/** @param bytes Of a sparse file, which cannot be referred to: its content. */
function nodeOf(
  member: TarMember,
  path: string,
  bytes: Uint8Array | undefined,
  tree: Unpacking,
  options: TarOptions,
): Node {
  const { header } = member;
  if (path === '' && header.type !== 'directory')
    throw unsafe(options.what, `a ${header.type} in the place of its root`);
  switch (header.type) {
    case 'directory':
    case 'fifo':
      return { ...attributes(header, path), type: header.type };
    case 'symlink':
      if (header.linkname === '') throw invalid(options, `"${path}" is a symbolic link to nothing`);
      // Some writers apply their umask; on Linux a link has this mode and no other (symlink(7)).
      return { ...attributes(header, path), mode: 0o777, type: 'symlink', target: header.linkname };
    case 'char':
    case 'block':
      return { ...attributes(header, path), type: header.type, major: header.major, minor: header.minor };
    case 'link':
      return linkTo(safePath(header.linkname, { ...options, absolute: 'root' }), path, tree, options);
    case 'file': {
      const { type, mode, uid, gid, mtime, xattrs } = header;
      const content = bytes
        ? { kind: 'inline' as const, bytes }
        : options.content(member.offset, member.size);
      // Written out, for the many that there are: an object spread into another costs more than all else here.
      const file = { type, path, mode, uid, gid, mtime, size: member.size, content };
      return xattrs ? { ...file, xattrs } : file;
    }
  }
}

/** A hard link takes everything from what it links to. Only between files do others see that they are one. */
function linkTo(target: string, path: string, tree: Unpacking, options: TarOptions): Node {
  const node = tree.get(target);
  if (!node || node.type === 'directory')
    throw invalid(options, `"${path}" is a hard link to "${target}", which is no file before it`);
  if (node.type !== 'file') return { ...node, path };
  const link = node.link ?? birthplace(node, options);
  // The first of the links gets its mark only now that it turns out to have others.
  if (node.link === undefined) tree.set({ ...node, link });
  return { ...node, path, link };
}

/** A name for a group of hard links that no other group has, in this layer or another. */
function birthplace({ path, content }: FileEntry, { what }: TarOptions): string {
  if (content.kind === 'blob') return `${content.blob}@${content.offset}`;
  return content.kind === 'file'
    ? `${content.path}@${content.offset ?? 0}`
    : `${what}@${randomUUID()}:${path}`;
}

function attributes({ mode, uid, gid, mtime, xattrs }: TarHeader, path: string) {
  const plain = { path, mode, uid, gid, mtime };
  return xattrs ? { ...plain, xattrs } : plain;
}

function unsafe(what: string, contains: string, hint?: string): DecantError {
  return new DecantError('ARCHIVE_UNSAFE', `${what} contains ${contains}`, { hint });
}

function invalid({ what }: TarOptions, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${what}: ${why}`);
}
