/**
 * Unpacks a layer to a directory that an overlay can be mounted from: `tar -x` reads an archive that is made here from
 * the layer's entries, so that owners, attributes, times and hard links are set by a program that has done nothing
 * else for decades, while every path in the archive is one that decant has checked. Whiteouts become what overlayfs
 * takes for them: a character device 0:0, and an attribute on opaque directories.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { collect } from '../codec/stream.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '../codec/tar/tar.ts';
import type { TarHeaderInput } from '../codec/tar/tar.ts';
import { DecantError, fromSystemError } from '../errors.ts';
import type { Entry, FileEntry } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import { findTool, toolEnvironment } from './tools.ts';
import { exactContent, ownerCheck, withParents } from './unpack-entries.ts';
import type { UnpackOptions } from './unpack-entries.ts';
import { isPlain, MAX_PLAIN_ENTRIES, unpackPlain } from './unpack-plain.ts';

/**
 * The entries (sorted by path; '' sets the directory's own attributes) as files below `directory`, which is made, or
 * empty. Devices are left out in a user namespace, where nobody may make them.
 */
export async function unpackLayer(
  entries: Iterable<Entry>,
  open: OpenContent,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const { first, all } = begun(entries, MAX_PLAIN_ENTRIES + 1);
  if (isPlain(first)) await unpackPlain(first, open, directory, options);
  else await unpackByTar(all, open, directory, options);
}

/** The first of the entries as a list, and all of them one by one: there may be more than memory should hold. */
function begun(
  entries: Iterable<Entry>,
  count: number,
): { readonly first: readonly Entry[]; readonly all: Iterable<Entry> } {
  const first: Entry[] = [];
  const rest = entries[Symbol.iterator]();
  while (first.length < count) {
    const next = rest.next();
    if (next.done) break;
    first.push(next.value);
  }
  return {
    first,
    all: (function* () {
      yield* first;
      yield* { [Symbol.iterator]: () => rest };
    })(),
  };
}

async function unpackByTar(
  entries: Iterable<Entry>,
  open: OpenContent,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  const tar = spawn(findTool('tar'), TAR_ARGUMENTS, {
    cwd: directory,
    env: toolEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(options.signal ? { signal: options.signal, killSignal: 'SIGKILL' as const } : {}),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', resolve);
  });
  const messages = collect(tar.stderr);
  // An archive that cannot be made ends here; a tar that gives up is told by its own message, not by a broken pipe.
  const source = Readable.from(inLargeChunks(archive(entries, open, options)), { objectMode: false });
  const [sent, status] = await Promise.allSettled([pipeline(source, tar.stdin), ended]);
  const text = (await messages).toString();
  options.signal?.throwIfAborted();
  if (status.status === 'rejected') throw status.reason;
  if (status.value !== 0 && (sent.status === 'fulfilled' || isBrokenPipe(sent.reason)))
    throw tarFailure(text, directory);
  if (sent.status === 'rejected') throw sent.reason;
}

const TAR_ARGUMENTS = [
  [
    '--extract',
    '--file=-',
    '--blocking-factor=128',
    '--numeric-owner',
    '--same-owner',
    '--preserve-permissions',
  ],
  // Sorted entries leave a directory and come back to it (`a`, `a-b`, `a/b`): its time can only be set at the end.
  ['--delay-directory-restore', '--xattrs', '--xattrs-include=*', '--warning=no-timestamp'],
].flat();

async function* archive(
  entries: Iterable<Entry>,
  open: OpenContent,
  options: UnpackOptions,
): AsyncGenerator<Uint8Array> {
  const links = new Map<string, string>();
  const checkOwner = ownerCheck();
  for (const entry of withParents(entries, options)) {
    if (isLeftOut(entry, options)) continue;
    checkOwner(entry);
    if (entry.type !== 'file') {
      yield header(entry, options);
      continue;
    }
    const first = entry.link === undefined ? undefined : links.get(entry.link);
    if (first !== undefined) {
      yield encodeTarHeader({ ...attributes(entry, options), type: 'link', linkname: first });
      continue;
    }
    if (entry.link !== undefined) links.set(entry.link, entry.path);
    yield encodeTarHeader(
      { ...attributes(entry, options), type: 'file', size: entry.size },
      { fractions: true },
    );
    yield* exactContent(entry, open);
    yield tarPadding(entry.size);
  }
  yield TAR_END;
}

function isLeftOut(entry: Entry, options: UnpackOptions): boolean {
  if (entry.type === 'block') return options.userNamespace;
  // A device 0:0 of the image's own would be a whiteout.
  return entry.type === 'char' && (options.userNamespace || (entry.major === 0 && entry.minor === 0));
}

function header(entry: Exclude<Entry, FileEntry>, options: UnpackOptions): Buffer {
  const base = attributes(entry, options);
  const fractions = { fractions: true };
  switch (entry.type) {
    case 'directory': {
      const opaque = {
        [options.userNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque']: Buffer.from('y'),
      };
      const xattrs = entry.opaque ? { ...base.xattrs, ...opaque } : (base.xattrs ?? {});
      return encodeTarHeader(
        { ...base, path: entry.path === '' ? '.' : entry.path, type: 'directory', xattrs },
        fractions,
      );
    }
    case 'symlink':
      return encodeTarHeader({ ...base, type: 'symlink', linkname: entry.target }, fractions);
    case 'char':
    case 'block':
      return encodeTarHeader(
        { ...base, type: entry.type, major: entry.major, minor: entry.minor },
        fractions,
      );
    case 'fifo':
      return encodeTarHeader({ ...base, type: 'fifo' }, fractions);
    case 'whiteout':
      return encodeTarHeader({
        path: entry.path,
        type: 'char',
        mode: 0,
        uid: 0,
        gid: 0,
        mtime: 0,
        major: 0,
        minor: 0,
      });
  }
}

function attributes(entry: Entry, options: UnpackOptions): Omit<TarHeaderInput, 'type'> {
  const { path, mode, uid, gid, mtime } = entry;
  const base = { path, mode, uid, gid, mtime };
  const kept = Object.entries(entry.xattrs ?? {}).filter(([name]) => isUnpacked(name, options));
  return kept.length > 0 ? { ...base, xattrs: Object.fromEntries(kept) } : base;
}

/** An image must not speak to the overlay (`overlay.redirect` would show it another directory), nor bring labels. */
function isUnpacked(name: string, options: UnpackOptions): boolean {
  if (name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')) return false;
  if (name.startsWith('security.')) return name === 'security.capability';
  return !(options.userNamespace && name.startsWith('trusted.'));
}

/** A write for each header and each small file would cost more than their bytes. */
async function* inLargeChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  yield Buffer.concat(parts, size);
}

const CHUNK_BYTES = 256 * 1024;

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}

function tarFailure(text: string, directory: string): unknown {
  if (text.includes('No space left on device')) {
    return fromSystemError(
      Object.assign(new Error(text), { code: 'ENOSPC' }),
      `unpacking a layer to ${directory}`,
    );
  }
  const lines = text.trim().split('\n');
  return new DecantError('FILE_UNWRITABLE', `cannot unpack a layer to ${directory}: ${lines[0] ?? ''}`, {
    output: lines.slice(-10),
  });
}
