/**
 * A tar stream read as a layer: entries with references into the stream, nothing unpacked. What comes in is hostile;
 * names that lead out of the tree end the reading (OCI image-spec, layer.md, for whiteouts and hard links).
 */
import { readTar } from '../codec/tar/tar.ts';
import type { TarHeader, TarMember } from '../codec/tar/tar.ts';
import { DecantError } from '../errors.ts';
import type { Content, Entry, Layer } from './entry.ts';
import { makeLayer } from './layer.ts';
import { baseName, joinPath, parentOf } from './path.ts';

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
const MAX_ENTRIES = 4_000_000;
/** PATH_MAX of Linux, in bytes; what is longer could not be unpacked anywhere. */
const MAX_PATH = 4096;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** @throws DecantError ARCHIVE_UNSAFE, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE */
export async function layerFromTar(source: AsyncIterable<Uint8Array>, options: TarOptions): Promise<Layer> {
  const entries = new Map<string, Entry>();
  const opaque: string[] = [];
  for await (const member of readTar(source)) {
    if (entries.size >= MAX_ENTRIES) {
      throw new DecantError('ARCHIVE_TOO_LARGE', `${options.what} has more than ${MAX_ENTRIES} entries`);
    }
    const path = safePath(member.header.path, options);
    const name = baseName(path);
    if (options.whiteouts && name === OPAQUE) opaque.push(parentOf(path));
    else if (options.whiteouts && name.startsWith(WHITEOUT)) {
      const hidden = joinPath(parentOf(path), name.slice(WHITEOUT.length));
      entries.set(hidden, { type: 'whiteout', path: hidden, mode: 0, uid: 0, gid: 0, mtime: 0 });
    } else entries.set(path, await entryOf(member, path, entries, options));
  }
  for (const path of opaque) {
    const directory = entries.get(path) ?? { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    if (directory.type === 'directory') entries.set(path, { ...directory, opaque: true });
  }
  return makeLayer(entries.values());
}

function safePath(raw: string, { what, absolute }: TarOptions): string {
  if (absolute === 'refuse' && raw.startsWith('/')) {
    throw unsafe(
      what,
      `the absolute name "${raw}"`,
      'make it with relative names (GNU tar does unless told -P)',
    );
  }
  if (raw.length > MAX_PATH || raw.includes('\0')) throw unsafe(what, `a name of ${raw.length} characters`);
  const components = raw.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) throw unsafe(what, `the name "${raw}", which leads out of it`);
  return components.join('/');
}

async function entryOf(
  member: TarMember,
  path: string,
  entries: Map<string, Entry>,
  options: TarOptions,
): Promise<Entry> {
  const { header } = member;
  const base = attributes(header, path);
  switch (header.type) {
    case 'directory':
    case 'fifo':
      return { ...base, type: header.type };
    case 'symlink':
      return { ...base, type: 'symlink', target: header.linkname };
    case 'char':
    case 'block':
      return { ...base, type: header.type, major: header.major, minor: header.minor };
    case 'link': {
      const target = safePath(header.linkname, { ...options, absolute: 'root' });
      const file = entries.get(target);
      if (file?.type !== 'file') {
        throw new DecantError(
          'ARCHIVE_INVALID',
          `${options.what}: "${path}" is a hard link to "${target}", which is no file before it`,
        );
      }
      const link = file.link ?? target;
      // The first of the links gets its mark only now that it turns out to have others.
      if (!file.link) entries.set(target, { ...file, link });
      return { ...file, path, link };
    }
    case 'file':
      if (member.sparse) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of member.body()) chunks.push(Buffer.from(chunk));
        const bytes = Buffer.concat(chunks);
        return { ...base, type: 'file', size: bytes.length, content: { kind: 'inline', bytes } };
      }
      return {
        ...base,
        type: 'file',
        size: member.size,
        content: options.content(member.offset, member.size),
      };
  }
}

function attributes(header: TarHeader, path: string) {
  const { mode, uid, gid, mtime, xattrs } = header;
  return { path, mode: mode & 0o7777, uid, gid, mtime, ...(xattrs ? { xattrs } : {}) };
}

function unsafe(what: string, contains: string, hint?: string): DecantError {
  return new DecantError('ARCHIVE_UNSAFE', `${what} contains ${contains}`, { hint });
}
