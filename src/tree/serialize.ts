/**
 * A layer's entries as JSON, for the store to keep beside an unpacked layer or a blob: rows, because parsing
 * these costs a fraction of walking a directory or reading a tar stream again. Not an interchange format; a version
 * that is not this one is no index.
 */
import type { Content, Entry, FileEntry, Layer } from './entry.ts';
import { joinPath } from './path.ts';

const VERSION = 1;
const CLOCK = 1;
const OPAQUE = 2;

/** type, path, mode, uid, gid, mtime, flags, xattrs, then what the type needs */
type Row = [string, string, number, number, number, number, number, Record<string, string> | 0, ...unknown[]];

const LETTERS = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
} as const;

/** A layer as a JSON value. */
export interface LayerRows {
  readonly version: number;
  readonly rows: readonly Row[];
}

/** @param directory Files below it are written relative to it, so that the layer can be moved with its index. */
export function layerRows(layer: Layer, directory?: string): LayerRows {
  return { version: VERSION, rows: layer.entries.map((entry) => rowOf(entry, directory)) };
}

export interface LayerPlace {
  /** Where the layer's files are on disk, if its index refers to such. */
  readonly directory?: string;
  /** Makes hard link groups of different layers different. */
  readonly id: string;
}

/** The layer, or undefined where the value is no index of this version. */
export function layerFromRows(value: unknown, place: LayerPlace): Layer | undefined {
  try {
    const { version, rows } = value as LayerRows;
    return version === VERSION ? { entries: rows.map((row) => entryOf(row, place)) } : undefined;
  } catch {
    return undefined;
  }
}

function rowOf(entry: Entry, directory: string | undefined): Row {
  const flags = (entry.clock ? CLOCK : 0) | (entry.type === 'directory' && entry.opaque ? OPAQUE : 0);
  const xattrs = entry.xattrs
    ? Object.fromEntries(
        Object.entries(entry.xattrs).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      )
    : 0;
  const row: Row = [
    LETTERS[entry.type],
    entry.path,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.mtime,
    flags,
    xattrs,
  ];
  if (entry.type === 'file')
    row.push(entry.size, contentRow(entry, directory), entry.link ?? 0, entry.digest ?? 0);
  else if (entry.type === 'symlink') row.push(entry.target);
  else if (entry.type === 'char' || entry.type === 'block') row.push(entry.major, entry.minor);
  return row;
}

function contentRow({ path, content }: FileEntry, directory: string | undefined): unknown {
  if (content.kind === 'blob') return [content.blob, content.offset];
  if (content.kind === 'inline') return Buffer.from(content.bytes).toString('base64');
  if (directory !== undefined && content.offset === undefined && content.path === joinPath(directory, path))
    return 0;
  return { path: content.path, offset: content.offset };
}

function entryOf(row: Row, place: LayerPlace): Entry {
  const [letter, path, mode, uid, gid, mtime, flags, xattrRow, ...rest] = row;
  const base = {
    path,
    mode,
    uid,
    gid,
    mtime,
    ...(flags & CLOCK ? { clock: true } : {}),
    ...(xattrRow ? { xattrs: decodeXattrs(xattrRow) } : {}),
  };
  switch (letter) {
    case 'f': {
      const [size, content, link, digest] = rest as [number, unknown, string | 0, string | 0];
      return {
        ...base,
        type: 'file',
        size,
        content: contentOf(content, path, place),
        ...(link ? { link: `${place.id}:${link}` } : {}),
        ...(digest ? { digest } : {}),
      };
    }
    case 'd':
      return { ...base, type: 'directory', ...(flags & OPAQUE ? { opaque: true } : {}) };
    case 'l':
      return { ...base, type: 'symlink', target: rest[0] as string };
    case 'c':
    case 'b':
      return {
        ...base,
        type: letter === 'c' ? 'char' : 'block',
        major: rest[0] as number,
        minor: rest[1] as number,
      };
    case 'p':
      return { ...base, type: 'fifo' };
    case 'w':
      return { ...base, type: 'whiteout' };
    default:
      throw new TypeError(`no entry type ${letter}`);
  }
}

function contentOf(row: unknown, path: string, place: LayerPlace): Content {
  if (Array.isArray(row)) return { kind: 'blob', blob: row[0] as string, offset: row[1] as number };
  if (typeof row === 'string') return { kind: 'inline', bytes: Buffer.from(row, 'base64') };
  if (row === 0) {
    if (place.directory === undefined) throw new TypeError(`no directory for ${path}`);
    return { kind: 'file', path: joinPath(place.directory, path) };
  }
  const { path: file, offset } = row as { path: string; offset?: number };
  return { kind: 'file', path: file, ...(offset === undefined ? {} : { offset }) };
}

function decodeXattrs(row: Record<string, string>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}
